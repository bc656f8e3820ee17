"""Linkage error carried through files: the linkages that could as well be true stand beside what was made of one.

``kyoto link`` writes ``persons.csv`` and beside it ``persons.plausible.parquet``: the persons of each record in twenty
linkages that could as well be true. What is made of linked records (a cohort, cases through the stages) is made of each
of them and written beside the table as ``NAME.plausible.zip``. Whoever reads the table computes every figure once more
for each, and gives limits that hold the error of linkage too.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from kyoto.core.archives import UNREADABLE_ARCHIVE
from kyoto.core.errors import KyotoError, Where, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

    from kyoto.statistics.linkage.result import Linkage

__all__ = ["Carried", "Linked", "carried_files", "draws_of", "read_linked", "write_carried", "write_linked"]

_MARK = "table.sha256"
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Linked:
    """Persons of the records of linked files, in the linkage itself and in those that could as well be true.

    Parameters
    ----------
    frame
        From :func:`.sensitivity.plausible_frame`: ``source``, ``identifier``, ``linked``, ``draw_1`` and on.
    file
        Name for messages.
    """

    frame: pd.DataFrame
    file: str

    @property
    def sources(self) -> list[str]:
        """Names of the files that were linked."""
        return sorted({str(source) for source in self.frame["source"]})

    @property
    def labels(self) -> list[str]:
        """``linked``, the names of the draws, and those of the linkages with more links missed."""
        return ["linked", *draws_of(self.frame), *draws_of(self.frame, "thin_")]

    def require(self, *sources: str) -> None:
        """Raise for a file that was not linked.

        Raises
        ------
        KyotoError
            ``linkage.unknown-source``.
        """
        known = self.sources
        for name in sources:
            if name not in known:
                raise KyotoError(
                    f"The linkage has no source {name!r}",
                    code="linkage.unknown-source",
                    where=Where(file=self.file),
                    expected=", ".join(known),
                    hint=did_you_mean(name, known) or "A source is named after its file, without the ending.",
                )

    def people(self, source: str, label: str = "linked") -> pd.DataFrame:
        """``identifier`` and ``person`` of the records of a source in one linkage."""
        own = self.frame[self.frame["source"].astype(str) == source]
        return own[["identifier", label]].rename(columns={label: "person"})


Made = TypeVar("Made")
Other = TypeVar("Other")


@dataclass(frozen=True, slots=True)
class Carried(Generic[Made]):
    """What is made of each of the linkages beside the one that is published.

    Parameters
    ----------
    draws
        Of linkages that could as well be true; none where records were not linked.
    thinned
        Of linkages with as many links missed again as were never found.
    """

    draws: tuple[Made, ...] = ()
    thinned: tuple[Made, ...] = ()

    @classmethod
    def of(cls, made: Mapping[str, Made]) -> Carried[Made]:
        """From what was made of each linkage, by its label."""
        parts = ([each for name, each in made.items() if name.startswith(kind)] for kind in ("draw_", "thin_"))
        return cls(*map(tuple, parts))

    def each(self, change: Callable[[Made], Other]) -> Carried[Other]:
        """The same of something made from each."""
        return Carried(tuple(map(change, self.draws)), tuple(map(change, self.thinned)))

    def __bool__(self) -> bool:
        return bool(self.draws)


def draws_of(frame: pd.DataFrame, kind: str = "draw_") -> list[str]:
    """Names of the columns of a frame that are linkages that could as well be true (or of another ``kind``)."""
    return [str(name) for name in frame.columns if str(name).startswith(kind)]


def write_linked(found: Linkage, path: Path, *, draws: int = 20) -> Path:
    """Write the persons of a linkage as CSV, and beside it the linkages that could as well be true.

    Returns
    -------
    pathlib.Path
        The file beside it.
    """
    from kyoto.core.files import write_whole, writing
    from kyoto.statistics.linkage.sensitivity import plausible_frame

    beside = path.with_suffix(".plausible.parquet")
    with writing(beside) as part:
        plausible_frame(found, draws=draws).to_parquet(part, index=False)
    write_whole(path, found.records.to_csv(index=False))
    return beside


def read_linked(path: str | Path) -> Linked:
    """Read what a linkage wrote.

    Parameters
    ----------
    path
        The CSV of persons that ``kyoto link --output`` wrote, or the folder ``build/link`` of a project.

    Raises
    ------
    KyotoError
        ``linkage.no-plausible``: the linkages that could as well be true are not there. ``linkage.other-linkage``: they
        are those of another linkage than the persons.
    """
    given = Path(path)
    persons, beside = (
        (given / "persons.parquet", given / "plausible.parquet")
        if given.is_dir()
        else (given, given.with_suffix(".plausible.parquet"))
    )
    for file in (persons, beside):
        if not file.is_file():
            raise KyotoError(
                "The persons of a linkage are not there whole",
                code="linkage.no-plausible",
                where=Where(file=str(file)),
                expected="FILE.csv of `kyoto link --output FILE.csv` with FILE.plausible.parquet beside it, or the "
                "folder build/link of a project",
                hint="Without the linkages that could as well be true no figure could say how far to trust the links.",
            )
    linked = Linked(_read_plausible(beside), str(beside))
    _require_same(linked.frame, persons)
    return linked


def _read_plausible(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise KyotoError(
            "Cannot read the linkages", code="linkage.no-plausible", where=Where(file=str(path)), detail=str(error)
        ) from error
    missing = {"source", "identifier", "linked"} - set(frame.columns)
    if missing or len(draws_of(frame)) < 2:
        raise KyotoError(
            "The file holds no linkages",
            code="linkage.no-plausible",
            where=Where(file=str(path)),
            expected="columns source, identifier, linked, draw_1, draw_2 and on",
        )
    return frame


def _require_same(frame: pd.DataFrame, persons: Path) -> None:
    """Raise where the persons are not those that the plausible linkages belong to."""
    import pandas as pd

    columns = ["source", "identifier", "person_id"]
    known = pd.read_parquet(persons) if persons.suffix == ".parquet" else pd.read_csv(persons, dtype=str)
    same = set(columns) <= set(known.columns) and len(known) == len(frame)
    if same:
        places = ["source", "identifier"]
        same = bool((known[places].astype(str).to_numpy() == frame[places].astype(str).to_numpy()).all())
        same = same and bool((pd.factorize(known["person_id"])[0] == frame["linked"].to_numpy()).all())
    if not same:
        raise KyotoError(
            "The persons were changed, or belong to another linkage",
            code="linkage.other-linkage",
            where=Where(file=str(persons)),
            hint="Link again. Decisions of a person go into the review file: kyoto link … --reviewed FILE.",
        )


def write_carried(table: Path, drawn: Mapping[str, str]) -> Path:
    """Write the tables made of linkages that could as well be true beside the one made of the linkage itself.

    Parameters
    ----------
    table
        The table, already written.
    drawn
        The same table as CSV, of each of the other linkages, by its label.

    Returns
    -------
    pathlib.Path
        The archive beside it.
    """
    from kyoto.core.files import write_whole

    beside = table.with_suffix(".plausible.zip")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_member(_MARK), hashlib.sha256(table.read_bytes()).hexdigest())
        for label, text in drawn.items():
            archive.writestr(_member(f"{label}.csv"), text)
    write_whole(beside, packed.getvalue())
    return beside


def _member(name: str) -> zipfile.ZipInfo:
    """A member without a date, so that the same tables make the same archive."""
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


@contextmanager
def carried_files(table: str | Path) -> Iterator[Carried[Path]]:
    """Tables of the linkages that could as well be true, beside a table; none where it was not made of linked records.

    Parameters
    ----------
    table
        As the user named it.

    Raises
    ------
    KyotoError
        ``linkage.changed-table``: the table is another than the one they were written for. ``linkage.no-plausible``:
        the archive cannot be read.
    """
    path = Path(table)
    beside = path.with_suffix(".plausible.zip")
    if not (path.is_file() and beside.is_file()):
        yield Carried()
        return
    with tempfile.TemporaryDirectory(prefix="kyoto-") as folder:
        yield _unpacked(path, beside, Path(folder))


def _unpacked(table: Path, beside: Path, folder: Path) -> Carried[Path]:
    try:
        with zipfile.ZipFile(beside) as archive:
            mark = archive.read(_MARK).decode()
            names = [name for name in archive.namelist() if name != _MARK and "/" not in name]
            for name in names:
                (folder / name).write_bytes(archive.read(name))
    except (*UNREADABLE_ARCHIVE, OSError, KeyError, ValueError) as error:
        raise KyotoError(
            "Cannot read the linkages beside the table",
            code="linkage.no-plausible",
            where=Where(file=str(beside)),
            detail=str(error),
            hint="Write the table again.",
        ) from error
    if mark != hashlib.sha256(table.read_bytes()).hexdigest():
        raise KyotoError(
            "The table was changed after it was made of linked records",
            code="linkage.changed-table",
            where=Where(file=str(table)),
            detail=f"{beside.name} holds the same table for other linkages; with this one they do not go together.",
            hint=f"Write the table again, or move {beside.name} away: figures are then without linkage error.",
        )
    return Carried.of({name: folder / name for name in names})

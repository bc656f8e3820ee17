"""The review file: suggestions go out, decisions of a person come back, and only those become a table."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from kyoto.core.errors import KyotoError, Problems, Where, did_you_mean
from kyoto.core.files import neutral_cell, write_whole
from kyoto.statistics.classification.coder.result import Suggestions
from kyoto.statistics.classification.iccs import iccs
from kyoto.statistics.classification.model import MATCHES, Link

__all__ = ["Decisions", "apply_review", "read_review", "review_columns", "write_review"]

_TABLE_COLUMNS = ("national_code", "national_title", "iccs_code", "match", "weight", "condition", "note", "source")
_SOURCE = "suggested by kyoto iccs code, accepted by a person"
_NONE = "none"


@dataclass(frozen=True, slots=True)
class Decisions:
    """What a person decided.

    Parameters
    ----------
    links
        One link for each accepted row.
    undecided
        Number of rows left empty: they are not in the table.
    """

    links: tuple[Link, ...]
    undecided: int


def review_columns(top: int) -> tuple[str, ...]:
    """Columns of a review file with so many suggestions a title."""
    suggested = (
        f"{name}_{rank}" for rank in range(1, top + 1) for name in ("iccs_code", "iccs_title", "score", "reason")
    )
    return ("title", "count", "accepted", *suggested)


def write_review(path: Path, found: Suggestions, counts: Sequence[int]) -> None:
    """Write suggestions for a person to accept.

    Parameters
    ----------
    path
        Where to write; replaced whole.
    found
        Suggestions for distinct titles.
    counts
        How often each title occurs in the user's file.

    Raises
    ------
    KyotoError
        ``files.cannot-write``.
    """
    top = found.classes.shape[1]
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(review_columns(top))
    for row, (title, count) in enumerate(zip(found.titles, counts, strict=True)):
        cells: list[object] = [neutral_cell(title), count, ""]
        for one in found[row]:
            cells += [one.code, one.title, f"{one.score:.2f}", neutral_cell(one.reason)]
        writer.writerow([*cells, *[""] * (len(review_columns(top)) - len(cells))])
    write_whole(path, text.getvalue())


def read_review(path: Path) -> Decisions:
    """Decisions of a person.

    ``accepted`` holds the number of a suggestion (1, 2, 3), an ICCS code, ``none`` for a title outside ICCS, or
    nothing where no decision was made. A code may have lost its leading zero in a spreadsheet only where a single
    class can be meant and the number is not that of a suggestion. A column ``match`` may say how well the class fits
    (``exact``, ``narrower``, ``broader``, ``partial``).

    Parameters
    ----------
    path
        A review file, as :func:`write_review` makes it and a person completed it.

    Returns
    -------
    Decisions
        Links in the order of the file.

    Raises
    ------
    KyotoError
        Everything that is wrong, in one pass: ``coder.not-a-review``, ``coder.unknown-code``,
        ``coder.no-such-suggestion``, ``coder.decided-twice``, ``coder.nothing-accepted``, ``coder.missing-file``,
        ``coder.encoding``.
    """
    rows = _read(path)
    problems = Problems()
    links: list[Link] = []
    decided: dict[str, int] = {}
    undecided = 0
    for line, row in rows:
        if not row["accepted"].strip():
            undecided += 1
            continue
        title = _unprotected(row["title"].strip())
        try:
            code = _code(row, Where(file=str(path), line=line, column="accepted"))
            _once(title, line, decided, path)
        except KyotoError as error:
            problems.add(error)
            continue
        links.append(_link(title, code, row))
    if not links and not len(problems):
        problems.add(_nothing_accepted(path))
    problems.raise_if_any()
    return Decisions(tuple(links), undecided)


def apply_review(path: Path, target: Path) -> Decisions:
    """Write a correspondence table of what a person accepted, and of nothing else.

    Parameters
    ----------
    path
        The completed review file.
    target
        Where the table goes; it is in the documented CSV form and can be named in a project file.

    Returns
    -------
    Decisions
        What was written, and how many rows were left undecided.

    Raises
    ------
    KyotoError
        See :func:`read_review`; nothing is written then.
    """
    decisions = read_review(path)
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_TABLE_COLUMNS)
    for link in decisions.links:
        shown = neutral_cell(link.national_code)
        writer.writerow([shown, shown, link.iccs_code, link.match, "", "", link.note, link.source])
    write_whole(target, text.getvalue())
    return decisions


def _read(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise KyotoError(
            "No such review file",
            code="coder.missing-file",
            where=Where(file=str(path)),
            hint="Write one with: kyoto iccs code FILE --column C --out review.csv",
        ) from None
    except UnicodeDecodeError as error:
        raise KyotoError(
            "The review file is not UTF-8",
            code="coder.encoding",
            where=Where(file=str(path)),
            got=f"byte {error.start + 1} cannot be read",
            hint="Save it as CSV UTF-8.",
        ) from None
    first = text.split("\n", 1)[0]
    reader = csv.DictReader(StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), restval="")
    header = list(reader.fieldnames or ())
    problems = Problems()
    for name in ("title", "accepted"):
        if name not in header:
            problems.add(
                KyotoError(
                    f"The review file has no column {name!r}",
                    code="coder.not-a-review",
                    where=Where(file=str(path), line=1),
                    hint=did_you_mean(name, header) or "Write a review file with: kyoto iccs code",
                )
            )
    problems.raise_if_any()
    return _lines(reader)


def _lines(reader: csv.DictReader[str]) -> Iterator[tuple[int, Mapping[str, str]]]:
    end = reader.line_num
    for row in reader:
        line, end = end + 1, reader.line_num
        yield line, {name: value or "" for name, value in row.items() if isinstance(name, str)}


def _code(row: Mapping[str, str], where: Where) -> str:
    """Code that a cell of ``accepted`` stands for; empty for none."""
    said = row["accepted"].strip()
    if said.casefold() == _NONE:
        return ""
    if said.isdigit() and len(said) == 1:
        return _suggested(row, said, where)
    for code in (said, f"0{said}"):
        if code in iccs():
            return iccs().get(code).code
    hint = did_you_mean(said, [category.code for category in iccs()], limit=0)
    raise KyotoError(
        "The accepted code is not in ICCS",
        code="coder.unknown-code",
        where=where,
        expected="an ICCS code, the number of a suggestion, or none",
        got=repr(said),
        hint=hint or "Look it up with: kyoto iccs search",
    )


def _suggested(row: Mapping[str, str], said: str, where: Where) -> str:
    code = row.get(f"iccs_code_{said}", "").strip()
    for candidate in (code, f"0{code}"):  # spreadsheets drop leading zeros
        if code and candidate in iccs():
            return iccs().get(candidate).code
    raise KyotoError(
        "There is no suggestion of that number in this row",
        code="coder.no-such-suggestion",
        where=where,
        got=repr(said),
        hint="Write the ICCS code itself, or none.",
    )


def _once(title: str, line: int, decided: dict[str, int], path: Path) -> None:
    if not title:
        raise KyotoError(
            "A decision without a title",
            code="coder.no-title",
            where=Where(file=str(path), line=line, column="title"),
            hint="Put the title back, or clear the decision.",
        )
    if title in decided:
        raise KyotoError(
            "The title is decided twice",
            code="coder.decided-twice",
            where=Where(file=str(path), line=line, column="title"),
            got=f"{title!r}, decided in line {decided[title]} already",
            hint="Keep one of the two rows.",
        )
    decided[title] = line


def _link(title: str, code: str, row: Mapping[str, str]) -> Link:
    suggested = {row.get(f"iccs_code_{rank}", "").strip().lstrip("0"): rank for rank in (3, 2, 1)}
    rank = suggested.get(code.lstrip("0"))
    note = "" if not code else f"suggestion {rank}" if rank else "chosen by the person, not among the suggestions"
    stated = row.get("match", "").strip().casefold()
    match = _NONE if not code else stated if stated in MATCHES and stated != _NONE else "unstated"
    return Link(title, title, "", code, match, note=note, source=_SOURCE)


def _unprotected(title: str) -> str:
    """Title as it stands in the records: without the apostrophe that keeps spreadsheets from running it."""
    return title[1:] if title.startswith("'") and neutral_cell(title[1:]) == title else title


def _nothing_accepted(path: Path) -> KyotoError:
    return KyotoError(
        "Nothing is accepted in the review file",
        code="coder.nothing-accepted",
        where=Where(file=str(path), column="accepted"),
        expected="an ICCS code, the number of a suggestion, or none",
        hint="Complete the column accepted; rows left empty are never applied.",
    )

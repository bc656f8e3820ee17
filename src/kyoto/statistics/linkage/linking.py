"""Linking files: from records without a common identifier to persons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kyoto.core.errors import KyotoError, Where
from kyoto.statistics.linkage.assembling import assembled
from kyoto.statistics.linkage.comparisons import build_model
from kyoto.statistics.linkage.hashing import HASHED_MARK, is_hashed
from kyoto.statistics.linkage.model import LinkFile, LinkOptions
from kyoto.statistics.linkage.preparing import IDENTITY_COLUMNS, Prepared, prepare_file, stack_files
from kyoto.statistics.linkage.result import Linkage
from kyoto.statistics.linkage.review import Decisions, decided_pairs, doubtful, position_of
from kyoto.statistics.linkage.training import compared_pairs, score_pairs, trained_linker

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["link_files", "link_frames", "link_prepared", "prepared_files"]

LEAST = 0.01
"""Pairs less probable than this are not kept."""


def link_files(
    files: Sequence[LinkFile],
    options: LinkOptions | None = None,
    *,
    reviewed: Decisions | None = None,
    labels: Decisions | None = None,
    explain: Sequence[tuple[tuple[str, str], tuple[str, str]]] = (),
) -> Linkage:
    """Link the records of files.

    Parameters
    ----------
    files
        One or more.
    options
        How; :class:`.model.LinkOptions` as it stands by default.
    reviewed
        What reviewers decided (:func:`.review.read_decisions`): links and refusals that nothing overrides.
    labels
        Pairs whose truth is known, to measure the linkage; they change nothing.
    explain
        Pairs of (source, identifier) to weigh step by step.

    Returns
    -------
    Linkage
        With a person for every record.

    Raises
    ------
    KyotoError
        What reading, preparing and training raise; ``linkage.mixed-hashing``, ``linkage.unknown-record``.
    """
    chosen = options or LinkOptions()
    prepared, hashed = prepared_files(files, chosen.exact)
    once = {file.name for file in files if file.unique}
    return link_prepared(prepared, chosen, once=once, hashed=hashed, reviewed=reviewed, labels=labels, explain=explain)


def link_frames(frames: Mapping[str, Any], options: LinkOptions | None = None, **settings: Any) -> Linkage:
    """Link dataframes instead of files; columns are found by their names.

    Parameters
    ----------
    frames
        By source: any dataframe that Narwhals knows.
    options
        How.
    settings
        As in :func:`link_prepared`.

    Examples
    --------
    >>> from kyoto.statistics.linkage.synthetic import simulate_agencies
    >>> files = simulate_agencies(300, seed=2)
    >>> linkage = link_frames({"police": files["police"], "prisons": files["prisons"]}, once={"prisons"})
    >>> 280 < linkage.persons < 330
    True
    """
    chosen = options or LinkOptions()
    parts = []
    for name, frame in frames.items():
        from kyoto.statistics.linkage.reading import found_columns

        table = _as_text(frame)
        found = found_columns(table.column_names, {})
        records = table.select([*found.values(), *chosen.exact]).rename_columns([*found, *chosen.exact])
        parts.append(prepare_file(records, LinkFile(name, name), exact=chosen.exact))  # type: ignore[arg-type]
    return link_prepared(stack_files(parts), chosen, **settings)


def _as_text(frame: Any) -> pa.Table:
    import narwhals as nw
    import pyarrow as pa
    import pyarrow.compute as pc

    table = nw.from_native(frame, eager_only=True).to_arrow()
    columns = []
    for name in table.column_names:
        text = table[name].cast(pa.string())
        columns.append(pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text))
    return pa.table(columns, names=table.column_names)


def prepared_files(files: Sequence[LinkFile], exact: Sequence[str] = ()) -> tuple[Prepared, bool]:
    """Records of all files, ready for comparison, and whether their values are hashed.

    Raises
    ------
    KyotoError
        ``linkage.mixed-hashing``: some files are hashed and some are not.
    """
    from kyoto.statistics.linkage.reading import read_link_file, read_text_table

    parts, kinds = [], []
    for file in files:
        table = read_text_table(file.path) if file.path.is_file() else None
        hashed = table is not None and is_hashed(table.column_names)
        kinds.append(hashed)
        if table is not None and hashed:
            parts.append(_hashed_file(table, file, exact))
        else:
            parts.append(prepare_file(read_link_file(file, exact), file, exact=exact))
    if len(set(kinds)) > 1:
        raise KyotoError(
            "Hashed files and files in the clear cannot be linked with each other",
            code="linkage.mixed-hashing",
            where=Where(file=str(files[kinds.index(False)].path)),
            hint="Hash it with the same key: kyoto linkage hash FILE --key KEYFILE.",
        )
    return stack_files(parts), any(kinds)


def _hashed_file(table: pa.Table, file: LinkFile, exact: Sequence[str]) -> Prepared:
    import pyarrow as pa

    for name in exact:
        if HASHED_MARK + name not in table.column_names:
            raise KyotoError(
                "The hashed file lacks a column that is to be compared",
                code="linkage.not-hashed",
                where=Where(file=str(file.path), column=HASHED_MARK + name),
                hint=f"Hash it again with --exact {name}.",
            )

    rows = table.num_rows
    columns = {"source": pa.array([file.name] * rows), "identifier": table["id"].combine_chunks()}
    for name in (*IDENTITY_COLUMNS, *exact):
        present = HASHED_MARK + name in table.column_names
        columns[name] = table[HASHED_MARK + name].combine_chunks() if present else pa.nulls(rows, pa.string())
    return Prepared(pa.table(columns), ())


def link_prepared(
    prepared: Prepared,
    options: LinkOptions,
    *,
    once: set[str] | None = None,
    hashed: bool = False,
    reviewed: Decisions | None = None,
    labels: Decisions | None = None,
    explain: Sequence[tuple[tuple[str, str], tuple[str, str]]] = (),
) -> Linkage:
    """Link prepared records; parameters as in :func:`link_files`.

    ``once`` names the sources in which a person stands once.
    """
    table = prepared.table
    model = build_model(table, exact=options.exact, hashed=hashed, within=options.within)
    decided = decided_pairs(table, reviewed)
    known = decided_pairs(table, labels)
    asked = [_ordered(position_of(table, left), position_of(table, right)) for left, right in explain]
    with trained_linker(table, model, options) as linker:
        scored = score_pairs(linker, model, min(LEAST, options.review[0]))
        doubts = doubtful(scored.pairs, options, decided)
        comparisons = compared_pairs(linker, model, table, [*doubts, *asked])
    return assembled(prepared, options, scored, comparisons, once=once or set(), decided=decided, known=known)


def _ordered(left: int, right: int) -> tuple[int, int]:
    return (left, right) if left < right else (right, left)

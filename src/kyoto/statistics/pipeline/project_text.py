"""The text of a new ``kyoto.toml``: commented, so that it can be read and changed without the reference beside it."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterable
from pathlib import Path

from kyoto.statistics.pipeline.proposal import Proposal
from kyoto.statistics.sources.concepts import CONCEPTS
from kyoto.statistics.sources.model import UNITS

__all__ = ["project_text", "quoted"]

_COLUMN = 41
"""Column in which comments stand, so that they read as a column of their own."""


def project_text(folder: Path, proposal: Proposal | None = None, *, title: str = "", area: str = "") -> str:
    """Text of a project file.

    Parameters
    ----------
    folder
        Folder that the file will stand in; paths in it start from there.
    proposal
        What the user's data seem to hold; None for a file with places to fill in.
    title, area
        Of the project; empty to leave them to the user.

    Returns
    -------
    str
        TOML that ``kyoto build`` reads.
    """
    parts = [
        "# Run `kyoto build` in this folder. Every key is explained in the reference page on kyoto.toml.",
        "",
        *_head(title or _title(proposal.file.stem if proposal else folder.resolve().name), area),
        *(_source(folder, proposal) if proposal else _empty_source()),
        *_tables(proposal),
        *_disclosure(),
    ]
    return "\n".join(parts)


def quoted(text: str) -> str:
    r"""Text as a TOML string.

    Examples
    --------
    >>> print(quoted('a "b" \\ ü'))
    "a \"b\" \\ ü"
    """
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _commented(line: str, comment: str) -> str:
    return f"{line:<{_COLUMN - 1}} # {comment}"


def _title(name: str) -> str:
    """Name of a file or folder as words."""
    words = name.replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _head(title: str, area: str) -> list[str]:
    shown = area or "XX"
    return [
        "[project]",
        f"title = {quoted(title)}",
        _commented(
            f"{'' if area else '# '}area = {quoted(shown)}", "ISO 3166 code of your country or region, or your own code"
        ),
        _commented('# population = "population.csv"', "columns area, period, sex, age, value: makes rates possible"),
        "",
    ]


def _source(folder: Path, proposal: Proposal) -> list[str]:
    path = Path(os.path.relpath(proposal.file.resolve(), folder.resolve())).as_posix()
    name = "records"
    lines = [
        f"[sources.{name}]",
        f"file = {quoted(path)}",
        _commented(f"unit = {quoted(proposal.unit)}", "what one row is: " + ", ".join(UNITS)),
        "",
        f"[sources.{name}.columns]",
        "# standard concept = column of the file; the reference page lists all concepts",
    ]
    for concept, column in proposal.concepts.items():
        lines += _column(concept, column, proposal)
    if "offence" not in proposal.concepts and "iccs" not in proposal.concepts:
        lines += [
            "# No column was recognised as the offence. Name it, and the table that leads to ICCS:",
            '# offence = { column = "…", correspondence = "…" }    # tables there are: kyoto iccs map',
        ]
    if proposal.unrecognised:
        lines += [
            "",
            "# Not recognised. Take away the # of those you want to count by; a concept may be your own name:",
        ]
        names = _own_names(proposal)
        lines += [
            f'# {own} = {{ column = {quoted(column)}, kind = "code" }}'
            for own, column in zip(names, proposal.unrecognised, strict=True)
        ]
    return [*lines, ""]


def _column(concept: str, column: str, proposal: Proposal) -> list[str]:
    if concept != "offence":
        return [_commented(f"{concept} = {quoted(column)}", CONCEPTS[concept].description)]
    fit = proposal.fit
    if fit is None:
        return [
            "# No table that comes with Kyoto knows these offences. Write one (kyoto iccs check FILE checks it):",
            _commented(f"offence = {quoted(column)}", 'then { column = …, correspondence = "mine.csv" }'),
        ]
    lines = [
        f"# {fit.correspondence} knows {fit.known:,} of {fit.rows:,} rows"
        + (f"; not: {'; '.join(map(_one_line, fit.unknown[:3]))}" if fit.unknown else ""),
        f"offence = {{ column = {quoted(column)}, correspondence = {quoted(fit.correspondence)} }}",
    ]
    if proposal.others:
        others = ", ".join(f"{other.correspondence} ({other.share:.0%})" for other in proposal.others)
        lines.insert(1, f"# also possible: {others}")
    return lines


def _one_line(value: str) -> str:
    """Value of the data as it may stand in a comment."""
    flat = " ".join(value.split())
    return quoted(flat if len(flat) <= 40 else flat[:39] + "…")


def _own_names(proposal: Proposal) -> list[str]:
    """A different own name for each column that was not recognised."""
    from kyoto.statistics.pipeline.column_words import plain_words
    from kyoto.statistics.sources.concepts import RESERVED

    taken = {*CONCEPTS, *RESERVED}
    names = []
    for column in proposal.unrecognised:
        base = "_".join(plain_words(column)) or "variable"
        base = base if re.match(r"[a-z]", base) else f"column_{base}"
        name, number = base, 2
        while name in taken:
            name, number = f"{base}_{number}", number + 1
        taken.add(name)
        names.append(name)
    return names


def _empty_source() -> list[str]:
    return [
        "[sources.records]",
        _commented('file = "data/*.csv"', "CSV, XLSX or Parquet; * stands for any name"),
        _commented('unit = "offence"', "what one row is: " + ", ".join(UNITS)),
        "",
        "[sources.records.columns]",
        "# standard concept = column of your file; the reference page lists all concepts",
        _commented('recorded = "Date recorded"', CONCEPTS["recorded"].description),
        _commented('offence = { column = "Offence", correspondence = "us-nibrs" }', "tables there are: kyoto iccs map"),
        _commented('# region = "District"', CONCEPTS["region"].description),
        _commented('# victim_sex = "Sex of victim"', CONCEPTS["victim_sex"].description),
        "",
    ]


def _tables(proposal: Proposal | None) -> list[str]:
    concepts = dict(proposal.concepts) if proposal else {"offence": "", "recorded": ""}
    coded = bool({"offence", "iccs"} & set(concepts)) and (proposal is None or proposal.fit or "iccs" in concepts)
    dated = _dated(concepts)
    lines = []
    by = [*(["iccs"] if coded else []), *(["period:year"] if dated else [])]
    if "region" in concepts:
        by.append("region")
    if by:
        lines += _table("by_offence" if coded else "by_year", "What was recorded, and how did it change?", by)
    if dated and dated != "period":
        lines += _table("by_month", "How many each month?", ["iccs:1", "period:month"] if coded else ["period:month"])
    for sex, age in (("victim_sex", "victim_age"), ("sex", "age")):
        if sex in concepts:
            persons = [
                *(["iccs"] if coded else []),
                sex,
                *([] if age == "victim_age" or age not in concepts else [age]),
            ]
            lines += _table(f"by_{sex}", "Who were they?", persons)
    return lines


def _table(name: str, title: str, by: Iterable[str]) -> list[str]:
    listed = ", ".join(quoted(item) for item in by)
    return [f"[tables.{name}]", f"title = {quoted(title)}", 'source = "records"', f"by = [{listed}]", ""]


def _dated(concepts: Iterable[str]) -> str:
    from kyoto.statistics.tables.model import DATE_CONCEPTS

    return next((name for name in DATE_CONCEPTS if name in concepts), "")


def _disclosure() -> list[str]:
    return [
        "[disclosure]",
        _commented('method = "cell-key"', 'small noise that hides individuals; or "suppression", "rounding", "none"'),
        _commented(f"secret = {quoted(secrets.token_hex(16))}", "keep it from release to release, and tell nobody"),
        "",
    ]

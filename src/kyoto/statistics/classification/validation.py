"""What is wrong with a correspondence table: row by row, then code by code, then as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from math import isclose

from kyoto.core.errors import KyotoError, did_you_mean
from kyoto.statistics.classification.iccs import iccs
from kyoto.statistics.classification.lookup import pattern_of
from kyoto.statistics.classification.model import MATCHES, Finding, Link
from kyoto.statistics.classification.reading import Row, number_of
from kyoto.statistics.conditions import parse_condition

__all__ = ["link_findings", "row_findings"]

Numbered = tuple[int, Link]
_TOLERANCE = 0.001  # weights are often written with three decimals: 0.333, 0.333, 0.334


def row_findings(line: int, row: Row) -> Iterator[Finding]:
    """Errors that a row shows by itself."""
    code = row["national_code"]
    if not code:
        yield Finding("error", "correspondence.empty-code", line, "", "The row has no national code")
    match = row.get("match", "").casefold() or "unstated"
    if match not in MATCHES:
        yield Finding(
            "error",
            "correspondence.unknown-match",
            line,
            code,
            f"{row['match']!r} is not a match quality",
            did_you_mean(match, MATCHES),
        )
    yield from _weight_findings(line, code, row.get("weight", ""))
    yield from _target_findings(line, code, row["iccs_code"], match)
    yield from _condition_findings(line, code, row.get("condition", ""))


def link_findings(links: Sequence[Numbered], *, complete: bool = True) -> list[Finding]:
    """Findings about links that are sound by themselves.

    Parameters
    ----------
    links
        Pairs of line number and link.
    complete
        Whether these are all rows of the table: only then its gaps are known.
    """
    groups: dict[str, list[Numbered]] = {}
    for line, link in links:
        groups.setdefault(link.national_code, []).append((line, link))
    findings = [finding for group in groups.values() for finding in _group_findings(group)]
    findings += _wildcard_findings(groups)
    findings += _title_findings(links)
    if complete:
        findings += _part_findings(links, groups)
        findings += _gap_findings(link for _, link in links)
    return findings


def _weight_findings(line: int, code: str, text: str) -> Iterator[Finding]:
    weight = number_of(text)
    if text and (weight is None or not 0 < weight <= 1):
        yield Finding(
            "error",
            "correspondence.bad-weight",
            line,
            code,
            f"{text!r} is not a weight",
            "A weight is a share over 0 up to 1, for example 0.25.",
        )


def _target_findings(line: int, code: str, target: str, match: str) -> Iterator[Finding]:
    if target and match == "none":
        yield Finding(
            "error",
            "correspondence.contradiction",
            line,
            code,
            f"The match is 'none' but the row names the class {target}",
            "Leave iccs_code empty, or say how well it fits.",
        )
    if not target and match in ("exact", "narrower", "unstated"):
        yield Finding(
            "error",
            "correspondence.missing-iccs",
            line,
            code,
            f"The row names no ICCS class, and its match is {match!r}",
            "Write the class, or 'none' (outside ICCS), or 'broader' (too wide for any class).",
        )
    if target:
        try:
            iccs().get(target)
        except KyotoError as error:
            yield Finding("error", "correspondence.unknown-iccs", line, code, error.title, error.hint)


def _condition_findings(line: int, code: str, text: str) -> Iterator[Finding]:
    if not text:
        return
    try:
        condition = parse_condition(text)
    except KyotoError as error:
        hint = f"Expected {error.expected}, got {error.got}."
        yield Finding("error", "correspondence.bad-condition", line, code, f"{error.title}: {text}", hint)
        return
    if "iccs" in condition.names:
        yield Finding(
            "error",
            "correspondence.bad-condition",
            line,
            code,
            f"The condition asks for the ICCS code, which this table is to give: {text}",
            "Use another concept of the record.",
        )


def _group_findings(group: Sequence[Numbered]) -> Iterator[Finding]:
    """Findings about the rows of one national code."""
    alternatives: dict[str, list[Numbered]] = {}
    for line, link in group:
        alternatives.setdefault(link.condition, []).append((line, link))
    for rows in alternatives.values():
        yield from _alternative_findings(rows)
    if "" not in alternatives:
        line, link = group[-1]
        yield Finding(
            "warning",
            "correspondence.no-rest",
            line,
            link.national_code,
            "Records for which no condition holds are not mapped",
            "Add a row without a condition for the rest.",
        )


def _alternative_findings(rows: Sequence[Numbered]) -> Iterator[Finding]:
    line, link = rows[-1]
    if len(rows) > 1 and any(row.weight is None for _, row in rows):
        wildcard = link.wildcard
        yield Finding(
            "error",
            "correspondence.duplicate-wildcard" if wildcard else "correspondence.overlap",
            line,
            link.national_code,
            f"The {'wildcard' if wildcard else 'code'} {link.national_code!r} stands at lines "
            + " and ".join(str(number) for number, _ in rows)
            + " without a weight or a condition that tells them apart",
            "Give every row a weight (they sum to 1), or different conditions.",
        )
        return
    weights = [row.weight for _, row in rows if row.weight is not None]
    if weights and not isclose(sum(weights), 1, abs_tol=_TOLERANCE):
        yield Finding(
            "error",
            "correspondence.weights",
            line,
            link.national_code,
            f"The weights of {link.national_code!r} sum to {sum(weights):g}",
            "They must sum to 1.",
        )


def _wildcard_findings(groups: dict[str, list[Numbered]]) -> Iterator[Finding]:
    """Wildcards that are equally specific, can fit the same code and lead elsewhere."""
    targets = {code: _targets(groups[code]) for code in groups if "*" in code}
    literals = {code: pattern_of(code).literals for code in targets}
    for first, second in combinations(targets, 2):
        if literals[first] == literals[second] and targets[first] != targets[second] and _meet(first, second):
            yield Finding(
                "warning",
                "correspondence.ambiguous-wildcards",
                groups[second][0][0],
                second,
                f"{first!r} and {second!r} can fit the same code and are equally specific; the first one wins",
                "Make one of them more specific.",
            )


def _targets(group: Sequence[Numbered]) -> list[tuple[str, str]]:
    return [(link.observed, link.condition) for _, link in group]


def _meet(first: str, second: str) -> bool:
    """Whether some code fits both wildcards."""
    open_first, open_second = first.endswith("*"), second.endswith("*")
    body_first, body_second = first.removesuffix("*"), second.removesuffix("*")
    if not open_first and not open_second and len(first) != len(second):
        return False
    if (len(body_first) > len(body_second) and not open_second) or (
        len(body_second) > len(body_first) and not open_first
    ):
        return False
    return all(a == b or "*" in (a, b) for a, b in zip(body_first, body_second, strict=False))


def _title_findings(links: Sequence[Numbered]) -> Iterator[Finding]:
    """Titles that lead to two codes: records must hold the code."""
    codes: dict[str, list[str]] = {}
    lines: dict[str, int] = {}
    for line, link in links:
        for title in link.titles:
            folded = re.sub(r"\s+", " ", title).casefold()
            codes.setdefault(folded, []).append(link.national_code)
            lines[folded] = line
    for title, found in codes.items():
        distinct = list(dict.fromkeys(found))
        if len(distinct) > 1:
            yield Finding(
                "note",
                "correspondence.ambiguous-title",
                lines[title],
                distinct[-1],
                f"The title {title!r} stands for the codes {', '.join(distinct)}: only the codes are recognised",
            )


def _part_findings(links: Sequence[Numbered], groups: dict[str, list[Numbered]]) -> Iterator[Finding]:
    for line, link in links:
        if link.part_of and link.part_of not in groups:
            yield Finding(
                "error",
                "correspondence.unknown-total",
                line,
                link.national_code,
                f"part_of names {link.part_of!r}, which is no code of this table",
                did_you_mean(link.part_of, groups),
            )


def _gap_findings(links: Iterable[Link]) -> Iterator[Finding]:
    """Level-2 classes that no national code leads to, at any depth."""
    reached = {above for link in links if link.iccs_code for above in iccs().path(link.iccs_code)}
    unreached = [category.code for category in iccs() if category.level == 2 and category.code not in reached]
    if unreached:
        yield Finding(
            "note",
            "correspondence.gap",
            None,
            "",
            f"No national code leads to {len(unreached)} of 63 classes of level 2: {', '.join(unreached)}",
            "Figures for these classes will be absent, which is not the same as zero.",
        )

"""What changed since the last build, from the facts of both manifests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kyoto.statistics.quality.model import Finding, percent, several
from kyoto.statistics.quality.settings import QualitySettings

__all__ = ["changes"]

_POINTS = 0.01


def changes(
    source: str, facts: Mapping[str, Any], before: Mapping[str, Any], settings: QualitySettings
) -> Iterator[Finding]:
    """Compare the facts of a source with those of the last build.

    Parameters
    ----------
    source
        Its name.
    facts, before
        Facts of its step in this manifest and in the last one.
    settings
        Thresholds.
    """
    yield from _rows(source, facts, before, settings)
    yield from _rejected(source, facts, before)
    yield from _columns(source, facts, before)
    yield from _uncoded(source, facts, before)


def _rows(
    source: str, facts: Mapping[str, Any], before: Mapping[str, Any], settings: QualitySettings
) -> Iterator[Finding]:
    now, then = int(facts.get("rows_in", 0)), int(before.get("rows_in", 0))
    if then and abs(now - then) / then >= settings.change:
        word = "more" if now > then else "fewer"
        yield Finding(
            "warning",
            "change.rows",
            source,
            f"{now:,} rows, {abs(now - then):,} {word} than in the last build ({percent(abs(now - then), then)}).",
            "See whether files were added, removed or cut off.",
            count=abs(now - then),
            share=abs(now - then) / then,
            examples=tuple({"file": path, "what": what} for path, what in _files(facts, before)[:5]),
        )


def _files(facts: Mapping[str, Any], before: Mapping[str, Any]) -> list[tuple[str, str]]:
    now = {str(file["path"]) for file in facts.get("files", ())}
    then = {str(file["path"]) for file in before.get("files", ())}
    return [(path, "new") for path in sorted(now - then)] + [(path, "gone") for path in sorted(then - now)]


def _rejected(source: str, facts: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[Finding]:
    now, then = _share(facts), _share(before)
    if now - then >= _POINTS:
        yield Finding(
            "warning",
            "change.rejected",
            source,
            f"{percent(now, 1)} of the rows are rejected; in the last build it was {percent(then, 1)}.",
            "A format or a code list of the provider may have changed.",
            count=int(facts.get("rows_rejected", 0)),
            share=now,
        )


def _share(facts: Mapping[str, Any]) -> float:
    rows = int(facts.get("rows_in", 0))
    return int(facts.get("rows_rejected", 0)) / rows if rows else 0.0


def _columns(source: str, facts: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[Finding]:
    now, then = ({str(column["concept"]) for column in side.get("columns", ())} for side in (facts, before))
    if then - now:
        gone = sorted(then - now)
        yield Finding(
            "note",
            "change.columns",
            source,
            f"{', '.join(gone)} {'was' if len(gone) == 1 else 'were'} mapped in the last build and no longer.",
            "Tables by them cannot be compared with earlier ones.",
            count=len(gone),
            examples=tuple({"variable": name} for name in gone),
        )


def _uncoded(source: str, facts: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[Finding]:
    known = {str(row["value"]) for row in before.get("uncoded", ())}
    fresh = [row for row in facts.get("uncoded", ()) if str(row["value"]) not in known]
    if "uncoded" in before and fresh:
        rows = sum(int(row["rows"]) for row in fresh)
        yield Finding(
            "warning",
            "change.uncoded",
            source,
            f"{several(len(fresh), 'national offence code')} without ICCS code {'is' if len(fresh) == 1 else 'are'} new"
            f" since the last build ({several(rows, 'row')}).",
            "Add them to the correspondence table.",
            variable="offence",
            count=rows,
            examples=tuple({"value": row["value"], "rows": row["rows"]} for row in fresh[:5]),
        )

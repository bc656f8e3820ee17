"""Finding records: words and filters, as functions that the portal and the command line share."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

from kyoto.analysis.evaluation.register.model import Evidence
from kyoto.analysis.evaluation.synthesis.effect_sizes import from_interval
from kyoto.analysis.evaluation.synthesis.result import Synthesis
from kyoto.analysis.evaluation.synthesis.synthesize import synthesize
from kyoto.core.errors import KyotoError

__all__ = ["facets", "pool_records", "search_register"]

_TEXTS = ("title", "programme", "setting", "population", "outcome", "transfer", "harm")
_WEIGHTS = {"title": 3.0, "programme": 2.0}


def search_register(
    records: Iterable[Evidence],
    words: str = "",
    *,
    iccs: str = "",
    sdg: str = "",
    area: str = "",
    kind: str = "",
    least_grade: int = 0,
    direction: str = "",
) -> tuple[Evidence, ...]:
    """Records that fit, the best fit of words first; without words the newest first.

    Parameters
    ----------
    records
        The register.
    words
        All must occur (in any form of accents and capitals) in the texts of a record; beginnings of words suffice.
    iccs
        Offence: records on it, on what lies below it and on what lies above it.
    sdg
        Target or goal: ``16`` finds ``16.1`` and ``16.1.1``.
    area, kind, direction
        Exactly this.
    least_grade
        At least this level on the Maryland scale; records without a grade are then left out.

    Examples
    --------
    >>> one = Evidence("1", "Street lighting", 2010, "evaluation", "Lamps", iccs=("0401",))
    >>> len(search_register([one], "light")), len(search_register([one], iccs="04"))
    (1, 1)
    """
    wanted = _words(words)
    found = []
    for record in records:
        score = _score(record, wanted)
        fits = (
            score is not None
            and (not iccs or any(code.startswith(iccs) or iccs.startswith(code) for code in record.iccs))
            and (not sdg or any(code == sdg or code.startswith(f"{sdg}.") for code in record.sdg))
            and (not area or record.area == area)
            and (not kind or record.kind == kind)
            and (not direction or record.direction == direction)
            and (least_grade <= 0 or (record.grade.level or 0) >= least_grade)
        )
        if fits:
            found.append((-(score or 0.0), -(record.year or 0), record.id, record))
    return tuple(record for *_, record in sorted(found, key=lambda item: item[:3]))


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _words(text: str) -> list[str]:
    return "".join(letter if letter.isalnum() else " " for letter in _fold(text)).split()


def _score(record: Evidence, wanted: list[str]) -> float | None:
    """How well the words fit; None where one of them is missing."""
    texts = {name: _words(str(getattr(record, name))) for name in _TEXTS}
    total = 0.0
    for word in wanted:
        best = 0.0
        for name, there in texts.items():
            if any(other.startswith(word) for other in there):
                best = max(best, _WEIGHTS.get(name, 1.0))
        if best == 0:
            return None
        total += best
    return total


def facets(records: Iterable[Evidence]) -> Mapping[str, Mapping[str, int]]:
    """How many records there are by kind, area, grade, direction and ICCS section, for filters.

    Examples
    --------
    >>> one = Evidence("1", "Street lighting", 2010, "evaluation", "Lamps", iccs=("0401",), area="GB")
    >>> facets([one])["iccs"]
    {'04': 1}
    """
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("kind", "area", "grade", "direction", "iccs")}
    for record in records:
        counts["kind"][record.kind] += 1
        counts["area"][record.area or "_U"] += 1
        counts["grade"][str(record.grade.level or "_U")] += 1
        counts["direction"][record.direction] += 1
        for section in {code[:2] for code in record.iccs}:
            counts["iccs"][section] += 1
    return {name: dict(sorted(counter.items())) for name, counter in counts.items()}


def pool_records(records: Iterable[Evidence], *, model: str = "reml", hksj: bool = True) -> Synthesis:
    """Pool the effects of records that share one measure.

    Parameters
    ----------
    records
        Evaluations; those without an effect are left out and counted.
    model, hksj
        As in :func:`~kyoto.analysis.evaluation.synthesis.synthesize.synthesize`.

    Raises
    ------
    KyotoError
        ``evaluation.mixed-measures`` where effects are not on one scale, or better means other directions.
    """
    from dataclasses import replace

    given = list(records)
    kept = [record for record in given if record.effect is not None and record.kind == "evaluation"]
    scales = {(record.measure, record.better) for record in kept}
    if len(scales) > 1:
        raise KyotoError(
            "The effects are not on one scale",
            code="evaluation.mixed-measures",
            got="; ".join(sorted(f"{measure} ({better} is better)" for measure, better in scales)),
            expected="one measure and one direction",
            hint="Filter the register first.",
        )
    if not kept:
        raise KyotoError("No record has an effect", code="evaluation.no-effects")
    ratio = kept[0].measure in {"odds ratio", "risk ratio", "rate ratio"}
    sizes = [
        from_interval(record.effect or 0.0, record.lower or 0.0, record.upper or 0.0, level=record.level, ratio=ratio)
        for record in kept
    ]
    found = synthesize(
        [float(size.effect[0]) for size in sizes],
        [float(size.variance[0]) for size in sizes],
        labels=[f"{record.title} ({record.year})" if record.year else record.title for record in kept],
        model=model if len(kept) > 1 else "fixed",
        hksj=hksj and len(kept) > 1,
        exponentiate=ratio,
    )
    studies = replace(found.studies, left_out=len(given) - len(kept))
    return replace(found, measure=kept[0].measure, studies=studies)

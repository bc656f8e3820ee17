"""Finding records: words and filters, as functions that the portal and the command line share."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kyoto.analysis.evaluation.register.model import Evidence

__all__ = ["RegisterIndex", "facets", "index_register", "search_register"]

_WEIGHTS = {"title": 3.0, "programme": 2.0}
_TEXTS = ("title", "programme", "setting", "population", "outcome", "transfer", "harm", "area", "id")


@dataclass(frozen=True, slots=True)
class RegisterIndex:
    """A register whose words were taken apart once, for many searches.

    Parameters
    ----------
    records
        The register.
    words
        Of each record: its words, folded, with the weight of the field that holds them.
    """

    records: tuple[Evidence, ...]
    words: tuple[tuple[tuple[str, float], ...], ...]


def index_register(records: Iterable[Evidence]) -> RegisterIndex:
    """Take the words of a register apart; the titles of the ICCS classes count as words, in English and Spanish.

    Parameters
    ----------
    records
        The register.
    """
    kept = tuple(records)
    return RegisterIndex(kept, tuple(_indexed(record) for record in kept))


def _indexed(record: Evidence) -> tuple[tuple[str, float], ...]:
    found: dict[str, float] = {}
    fields = [(str(getattr(record, name)), _WEIGHTS.get(name, 1.0)) for name in _TEXTS]
    fields += [(title, 0.5) for title in _titles(record)]
    for text, weight in fields:
        for word in _words(text):
            found[word] = max(found.get(word, 0.0), weight)
    return tuple(found.items())


def _titles(record: Evidence) -> list[str]:
    """Titles of the classes that a record bears on."""
    if not record.iccs:
        return []
    from kyoto.statistics.classification import iccs

    classes = [iccs().get(code) for code in record.iccs if code in iccs()]
    return [title for each in classes for title in (each.title, each.title_es)]


def search_register(
    records: Iterable[Evidence] | RegisterIndex,
    words: str = "",
    *,
    iccs: str = "",
    sdg: str = "",
    area: str = "",
    kind: str = "",
    programme: str = "",
    setting: str = "",
    outcome: str = "",
    measure: str = "",
    least_grade: int = 0,
    direction: str = "",
) -> tuple[Evidence, ...]:
    """Records that fit, the best fit of words first; without words the newest first.

    Parameters
    ----------
    records
        The register, or its index where it is searched more than once.
    words
        All must occur (in any form of accents and capitals) in the texts of a record or in the titles of its ICCS
        classes; beginnings of words suffice.
    iccs
        Offence: records on it, on what lies below it and on what lies above it.
    sdg
        Target or goal: ``16`` finds ``16.1`` and ``16.1.1``.
    area, kind, programme, setting, outcome, measure, direction
        Exactly this.
    least_grade
        At least this level on the Maryland scale; records without a grade are then left out.

    Examples
    --------
    >>> one = Evidence("1", "Street lighting", 2010, "evaluation", "Lamps", iccs=("0401",))
    >>> len(search_register([one], "light")), len(search_register([one], iccs="04"))
    (1, 1)
    """
    index = records if isinstance(records, RegisterIndex) else index_register(records)
    exact = {
        name: value
        for name, value in (
            ("area", area),
            ("kind", kind),
            ("programme", programme),
            ("setting", setting),
            ("outcome", outcome),
            ("measure", measure),
            ("direction", direction),
        )
        if value
    }
    wanted = _words(words)
    found = []
    for record, there in zip(index.records, index.words, strict=True):
        if not _fits(record, exact, iccs, sdg, least_grade):
            continue
        score = _score(there, wanted)
        if score is not None:
            found.append((-score, -(record.year or 0), record.id, record))
    return tuple(record for *_, record in sorted(found, key=lambda item: item[:3]))


def _fits(record: Evidence, exact: Mapping[str, str], iccs: str, sdg: str, least_grade: int) -> bool:
    return (
        all(getattr(record, name) == value for name, value in exact.items())
        and (not iccs or any(code.startswith(iccs) or iccs.startswith(code) for code in record.iccs))
        and (not sdg or any(code == sdg or code.startswith(f"{sdg}.") for code in record.sdg))
        and (least_grade <= 0 or (record.grade.level or 0) >= least_grade)
    )


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _words(text: str) -> list[str]:
    return "".join(letter if letter.isalnum() else " " for letter in _fold(text)).split()


def _score(there: Iterable[tuple[str, float]], wanted: Iterable[str]) -> float | None:
    """How well the words fit; None where one of them is missing."""
    total = 0.0
    for word in wanted:
        best = max((weight for other, weight in there if other.startswith(word)), default=0.0)
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

"""Evaluations of a register that bear on topics: found by the thesaurus's words, by ICCS class and by SDG target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kyoto.cooperation.mandates.links.topics import Topic, known_topics

__all__ = ["Evaluation", "evaluations_on"]

_TEXTS = ("title", "programme", "setting", "population", "outcome")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """An evaluation, review or practice that bears on a topic.

    Parameters
    ----------
    id, title, year, kind
        Which, and what it is.
    grade
        Strength of the design on the Maryland scale, 1 to 5; None where it is not described.
    direction
        ``works``, ``harms``, ``unclear`` or ``not measured``.
    source
        Reference or address.
    topics
        Ids of the topics on which it bears.
    found_by
        Why it is here: ``words``, ``iccs``, ``sdg``.
    """

    id: str
    title: str
    year: int | None
    kind: str
    grade: int | None
    direction: str
    source: str
    topics: tuple[str, ...]
    found_by: tuple[str, ...] = ()


def evaluations_on(topics: Iterable[str], records: Iterable[Mapping[str, Any]]) -> tuple[Evaluation, ...]:
    """Find what a register holds on topics, the strongest designs first.

    Parameters
    ----------
    topics
        Ids of topics of the thesaurus.
    records
        Rows of an evidence register: ``id, title, year, kind, programme, setting, population, outcome, iccs`` (a list
        of codes), ``sdg`` (a list of targets), ``grade, direction, source``; what a row does not have counts as empty.

    Returns
    -------
    tuple of Evaluation
        Those whose words speak of a topic, whose offences lie in, above or below its ICCS classes, or whose SDG
        targets (or indicators of them) are its own. A whole Goal is too wide to say what an evaluation is about.

    Examples
    --------
    >>> record = {"id": "1", "title": "Education in prison", "kind": "evaluation", "grade": 3, "iccs": []}
    >>> [found.topics for found in evaluations_on(["prisons", "terrorism"], [record])]
    [('prisons',)]
    """
    wanted = [known_topics()[topic] for topic in topics]
    found = []
    for record in records:
        why = {topic.id: _reasons(record, topic) for topic in wanted}
        bears = tuple(topic for topic, reasons in why.items() if reasons)
        if bears:
            found_by = tuple(name for name in _REASONS if any(name in why[topic] for topic in bears))
            found.append(_evaluation(record, bears, found_by))
    return tuple(sorted(found, key=lambda one: (-(one.grade or 0), -(one.year or 0), one.id)))


_REASONS = ("words", "iccs", "sdg")


def _reasons(record: Mapping[str, Any], topic: Topic) -> tuple[str, ...]:
    """Why an evaluation bears on a topic; empty if it does not."""
    text = ". ".join(str(record.get(name) or "") for name in _TEXTS)
    codes = [str(code) for code in record.get("iccs") or ()]
    targets = [str(code) for code in record.get("sdg") or ()]
    holds = (
        topic.pattern.search(text) is not None,
        any(code.startswith(other) or other.startswith(code) for code in codes for other in topic.iccs),
        any(code == target or code.startswith(f"{target}.") for code in targets for target in topic.targets),
    )
    return tuple(name for name, held in zip(_REASONS, holds, strict=True) if held)


def _evaluation(record: Mapping[str, Any], topics: tuple[str, ...], found_by: tuple[str, ...]) -> Evaluation:
    year, grade = record.get("year"), record.get("grade")
    return Evaluation(
        id=str(record.get("id") or ""),
        title=str(record.get("title") or ""),
        year=int(year) if year is not None else None,
        kind=str(record.get("kind") or "evaluation"),
        grade=int(grade) if grade is not None else None,
        direction=str(record.get("direction") or "not measured"),
        source=str(record.get("source") or ""),
        topics=topics,
        found_by=found_by,
    )

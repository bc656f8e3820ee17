"""From a question or agenda item to what Kyoto holds: indicators, figures, evaluations, and data that are missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kyoto.cooperation.mandates.cleantext import clean_node
from kyoto.cooperation.mandates.links.citations import citations
from kyoto.cooperation.mandates.links.evaluations import Evaluation, evaluations_on
from kyoto.cooperation.mandates.links.figures import Held
from kyoto.cooperation.mandates.links.topics import Topic, known_topics, topics_of
from kyoto.cooperation.mandates.model import Document, Node
from kyoto.core.errors import KyotoError, did_you_mean

__all__ = ["FIGURES_ON", "Answer", "Evidence", "Question", "evidence_brief"]

FIGURES_ON = "figures on"
"""How data that no project holds are named, before the code and the title of the indicator."""

_ITEMS = ("item", "workshop", "resolution", "decision", "chapter", "section")


@dataclass(frozen=True, slots=True)
class Answer:
    """An indicator that can answer part of a question.

    ``computed`` tells whether Kyoto computes it from records; ``needs`` what it takes otherwise; ``topics`` why it is
    here; ``held`` what the project that was asked holds on it.
    """

    code: str
    title: str
    unit: str
    computed: bool
    needs: str
    topics: tuple[str, ...]
    held: Held | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A question or operative paragraph with its topics, indicators, evaluations (ids) and what is missing."""

    id: str
    number: str
    text: str
    topics: tuple[str, ...]
    indicators: tuple[str, ...]
    missing: tuple[str, ...]
    evaluations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """An evidence brief.

    Parameters
    ----------
    document, item, title
        The document, the id of the item and its title.
    questions
        Its questions (or operative paragraphs).
    answers
        Indicators, each once.
    missing
        Data that no indicator holds, with the topics that need them; evaluations where a register was searched and
        holds none; figures where a project was asked and holds none.
    goals
        SDG targets of its topics, and those that it cites.
    iccs
        ICCS classes of its topics.
    evaluations, searched
        Evaluations that bear on its topics, and whether a register was searched.
    asked
        Whether a project was asked for figures.
    """

    document: str
    item: str
    title: str
    questions: tuple[Question, ...]
    answers: tuple[Answer, ...]
    missing: tuple[tuple[str, str], ...]
    goals: tuple[str, ...]
    iccs: tuple[str, ...]
    evaluations: tuple[Evaluation, ...] = ()
    searched: bool = False
    asked: bool = False

    @property
    def unanswered(self) -> tuple[Question, ...]:
        """Questions to which neither an indicator nor an evaluation is known."""
        return tuple(question for question in self.questions if not question.indicators and not question.evaluations)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able form."""
        from dataclasses import asdict

        return {**asdict(self), "unanswered": [question.id for question in self.unanswered]}


def evidence_brief(
    document: Document,
    item: str,
    *,
    evaluations: Iterable[Mapping[str, Any]] | None = None,
    held: Mapping[str, Held] | None = None,
) -> Evidence:
    """Set an item beside what Kyoto holds.

    Topics of a question are those of its words; if it has none, those of the item's title. Indicators are those that
    the thesaurus names for its topics.

    Parameters
    ----------
    document
        A document as read.
    item
        Id of an agenda item, workshop, resolution, section or single question.
    evaluations
        Rows of an evidence register; None if none is at hand.
    held
        What a project holds, from :func:`~kyoto.cooperation.mandates.links.read_held_figures`.

    Returns
    -------
    Evidence

    Raises
    ------
    KyotoError
        ``mandates.unknown-item``.
    """
    node = document.find(item)
    if node is None:
        known = [entry.id for entry in document.walk() if entry.kind in _ITEMS]
        raise KyotoError("No such item", code="mandates.unknown-item", got=item, hint=did_you_mean(item, known))
    title = _title(document, node)
    records = list(evaluations) if evaluations is not None else []
    questions = tuple(_question(document, entry, title, records) for entry in _asked(node))
    named = tuple(dict.fromkeys(topic for question in questions for topic in question.topics))
    topics = [known_topics()[topic] for topic in named]
    cited = [one.target for one in citations(_whole(document, node)) if one.kind in ("goal", "target")]
    found = evaluations_on(named, records)
    answers = _answers(named, held or {})
    targets = dict.fromkeys([f"target-{target}" for topic in topics for target in topic.targets])
    return Evidence(
        document=document.symbol or document.name,
        item=item,
        title=title,
        questions=questions,
        answers=answers,
        missing=tuple(
            [(lack, topic.name) for topic in topics for lack in topic.missing]
            + (_without_evaluation(topics, found) if evaluations is not None else [])
            + (_without_figures(answers) if held is not None else [])
        ),
        goals=tuple(dict.fromkeys([*targets, *cited])),
        iccs=tuple(dict.fromkeys(code for topic in topics for code in topic.iccs)),
        evaluations=found,
        searched=evaluations is not None,
        asked=held is not None,
    )


def _without_evaluation(topics: list[Topic], found: tuple[Evaluation, ...]) -> list[tuple[str, str]]:
    """Topics on which the register holds nothing."""
    covered = {topic for one in found for topic in one.topics}
    return [("an evaluation in the register", topic.name) for topic in topics if topic.id not in covered]


def _without_figures(answers: tuple[Answer, ...]) -> list[tuple[str, str]]:
    """Indicators on which the project holds nothing."""
    return [(f"{FIGURES_ON} {one.code}, {one.title}", ", ".join(one.topics)) for one in answers if one.held is None]


def _title(document: Document, node: Node) -> str:
    child = node.child("title")
    return clean_node(document, child if child is not None else node).text


def _asked(node: Node) -> list[Node]:
    questions = [entry for entry in node.walk() if entry.kind == "question"]
    return questions or [entry for entry in node.walk() if entry.kind == "operative"] or [node]


def _whole(document: Document, node: Node) -> str:
    return " ".join(clean_node(document, entry).text for entry in node.walk())


def _question(document: Document, node: Node, title: str, records: list[Mapping[str, Any]]) -> Question:
    text = _whole(document, node)
    topics = tuple(topics_of(text)) or tuple(topics_of(title))
    found = [known_topics()[topic] for topic in topics]
    return Question(
        id=node.id,
        number=node.number,
        text=text,
        topics=topics,
        indicators=tuple(dict.fromkeys(code for topic in found for code in topic.indicators)),
        missing=tuple(dict.fromkeys(lack for topic in found for lack in topic.missing)),
        evaluations=tuple(one.id for one in evaluations_on(topics, records)),
    )


def _answers(topics: tuple[str, ...], held: Mapping[str, Held]) -> tuple[Answer, ...]:
    from kyoto.statistics.indicators import registry

    known = registry()
    why: dict[str, list[str]] = {}
    for topic in topics:
        for code in known_topics()[topic].indicators:
            why.setdefault(code, []).append(known_topics()[topic].name)
    return tuple(
        Answer(
            code=code,
            title=known[code].title,
            unit=known[code].unit,
            computed=known[code].computed,
            needs=known[code].needs,
            topics=tuple(names),
            held=held.get(code),
        )
        for code, names in why.items()
    )

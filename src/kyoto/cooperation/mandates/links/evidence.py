"""From a question or agenda item to what Kyoto holds: indicators that can answer it, and data that are missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kyoto.cooperation.mandates.cleantext import clean_node
from kyoto.cooperation.mandates.links.citations import citations
from kyoto.cooperation.mandates.links.topics import known_topics, topics_of
from kyoto.cooperation.mandates.model import Document, Node
from kyoto.core.errors import KyotoError, did_you_mean

__all__ = ["Answer", "Evidence", "Question", "evidence_brief"]

_ITEMS = ("item", "workshop", "resolution", "decision", "chapter", "section")


@dataclass(frozen=True, slots=True)
class Answer:
    """An indicator that can answer part of a question.

    ``computed`` tells whether Kyoto computes it from records; ``needs`` what it takes otherwise; ``topics`` why it is
    here.
    """

    code: str
    title: str
    unit: str
    computed: bool
    needs: str
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A question or operative paragraph with its topics, indicators and what is missing."""

    id: str
    number: str
    text: str
    topics: tuple[str, ...]
    indicators: tuple[str, ...]
    missing: tuple[str, ...]


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
        Data that no indicator holds, with the topics that need them.
    goals
        SDG targets of its topics, and those that it cites.
    iccs
        ICCS classes of its topics.
    """

    document: str
    item: str
    title: str
    questions: tuple[Question, ...]
    answers: tuple[Answer, ...]
    missing: tuple[tuple[str, str], ...]
    goals: tuple[str, ...]
    iccs: tuple[str, ...]

    @property
    def unanswered(self) -> tuple[Question, ...]:
        """Questions to which no indicator is known."""
        return tuple(question for question in self.questions if not question.indicators)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able form."""
        from dataclasses import asdict

        return {**asdict(self), "unanswered": [question.id for question in self.unanswered]}


def evidence_brief(document: Document, item: str) -> Evidence:
    """Set an item beside what Kyoto holds.

    Topics of a question are those of its words; if it has none, those of the item's title. Indicators are those that
    the
    thesaurus names for its topics.

    Parameters
    ----------
    document
        A document as read.
    item
        Id of an agenda item, workshop, resolution, section or single question.

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
    questions = tuple(_question(document, entry, title) for entry in _asked(node))
    named = tuple(dict.fromkeys(topic for question in questions for topic in question.topics))
    topics = [known_topics()[topic] for topic in named]
    cited = [found.target for found in citations(_whole(document, node)) if found.kind in ("goal", "target")]
    targets = dict.fromkeys([f"target-{target}" for topic in topics for target in topic.targets])
    return Evidence(
        document=document.symbol or document.name,
        item=item,
        title=title,
        questions=questions,
        answers=_answers(named),
        missing=tuple((lack, topic.name) for topic in topics for lack in topic.missing),
        goals=tuple(dict.fromkeys([*targets, *cited])),
        iccs=tuple(dict.fromkeys(code for topic in topics for code in topic.iccs)),
    )


def _title(document: Document, node: Node) -> str:
    child = node.child("title")
    return clean_node(document, child if child is not None else node).text


def _asked(node: Node) -> list[Node]:
    questions = [entry for entry in node.walk() if entry.kind == "question"]
    return questions or [entry for entry in node.walk() if entry.kind == "operative"] or [node]


def _whole(document: Document, node: Node) -> str:
    return " ".join(clean_node(document, entry).text for entry in node.walk())


def _question(document: Document, node: Node, title: str) -> Question:
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
    )


def _answers(topics: tuple[str, ...]) -> tuple[Answer, ...]:
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
        )
        for code, names in why.items()
    )

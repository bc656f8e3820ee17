"""One record of the evidence register, and its card: one page in plain language that a mayor can read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from kyoto.portal.answer import Answer, NotFound
from kyoto.portal.book import Book
from kyoto.portal.evidence import Choice, Register, read_register_of
from kyoto.portal.pages.evidence import summary_of, value_name
from kyoto.portal.pages.rendering import Ask, render
from kyoto.statistics.classification import iccs

if TYPE_CHECKING:
    from kyoto.analysis.evaluation.register.model import Evidence
    from kyoto.analysis.evaluation.register.storage import Entry

__all__ = ["evidence_card", "evidence_record"]


def evidence_record(book: Book, ask: Ask, name: str) -> Answer:
    """Everything the register says about one record.

    Raises
    ------
    NotFound
        There is no such record.
    """
    register, entry = _entry(book, name)
    record = entry.record
    context = {
        "title": record.title,
        "record": summary_of(register, record, ask),
        "facts": _facts(book, record, ask),
        "classes": [
            (code, ask.words.value("iccs", code), ask.to(f"classification/{code}"))
            for code in record.iccs
            if code in iccs()
        ],
        "targets": [
            (ask.words("evidence.target", code=code), _address(ask, Choice("", {"sdg": _target(code)})))
            for code in record.sdg
        ],
        "grade": record.grade.level,
        "reasons": record.grade.said(ask.words.language),
        "others": [
            summary_of(register, other, ask)
            for other in register.index.records
            if other.programme == record.programme and other.id != record.id
        ][:20],
        "source": record.source,
        "source_href": record.source if record.source.startswith(("https://", "http://")) else "",
        "permalink": ask.to(f"evidence/records/{name}"),
    }
    return render("evidence_record", ask, book, context)


def _entry(book: Book, name: str) -> tuple[Register, Entry]:
    register = read_register_of(book)
    if register is None or name not in register.entries:
        raise NotFound(name)
    return register, register.entries[name]


def _target(code: str) -> str:
    return ".".join(code.split(".")[:2])


def _address(ask: Ask, choice: Choice) -> str:
    """Address of a list; empty between files where it is not prepared."""
    query = choice.query()
    return ask.to("evidence", query) if ask.has("evidence", query) else ""


def _facts(book: Book, record: Evidence, ask: Ask) -> list[tuple[str, str, str]]:
    """Label and text of what the record says; what it does not say is told so where a reader must know."""
    from kyoto.analysis.evaluation.phrases import phrases

    words, say = ask.words, phrases(ask.words.language)
    yes_no = {True: words("methods.yes"), False: words("methods.no"), None: words("evidence.not_told")}
    cost = f"{say.figure(record.cost)} {record.currency}".strip() if record.cost is not None else ""
    design = (
        [(key, yes_no[getattr(record, key)]) for key in ("randomised", "comparison", "before", "adjusted")]
        if record.kind == "evaluation"
        else []
    )
    pairs: list[tuple[str, str]] = [
        ("programme", record.programme),
        ("setting", record.setting),
        ("area", value_name(book, "area", record.area, words) if record.area else ""),
        ("population", record.population),
        ("outcome", record.outcome),
        *design,
        ("units", words.number(record.units) if record.units is not None else ""),
        ("cost", cost or words("evidence.not_told")),
        ("transfer", record.transfer or words("evidence.not_told")),
        ("harm", record.harm or words("evidence.no_harm")),
    ]
    return [(words(f"evidence.fact_{key}"), text, "") for key, text in pairs if text]


def evidence_card(book: Book, ask: Ask, name: str) -> Answer:
    """The card of a record, made from its figures and from nothing that was typed for it.

    Raises
    ------
    NotFound
        There is no such record.
    """
    from kyoto.analysis.evaluation.card import card_of_evidence, effect_svg
    from kyoto.analysis.evaluation.phrases import phrases

    _, entry = _entry(book, name)
    language = ask.words.language
    card = entry.cards.get(language) or card_of_evidence(entry.record, language=language)
    say = phrases(language)
    context: dict[str, Any] = {
        "title": card.title,
        "card": card,
        "say": say,
        "word": say(f"certainty.level{card.certainty}"),
        "drawing": Markup(effect_svg(card)),  # noqa: S704 - made of numbers and of escaped text
        "record": ask.to(f"evidence/records/{name}"),
    }
    return render("evidence_card", ask, book, context)

"""The evidence brief as a page, a word-processor document or Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kyoto.cooperation.mandates.links.evaluations import Evaluation
from kyoto.cooperation.mandates.links.evidence import Answer, Evidence, Question
from kyoto.cooperation.mandates.links.topics import known_topics
from kyoto.cooperation.mandates.output.pages import write_page
from kyoto.cooperation.mandates.output.word import Word

__all__ = ["brief_html", "brief_markdown", "write_brief"]

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --accent: #0b5cad; --paper: #fff }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --soft: #9aa5b1; --line: #3d444d; --accent: #6cb6ff; --paper: #0d1117 }
}
body { font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 50rem; margin:
2.5rem auto; padding: 0 1.25rem }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .4rem } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem }
p.lead, small { color: var(--soft) } .wide { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-
nums }
th, td { text-align: left; vertical-align: top; padding: .45rem .8rem .45rem 0; border-bottom: 1px solid var(--line) }
th { font-weight: 600; color: var(--soft); font-size: .85rem } li { margin: .35rem 0 } .code { white-space: nowrap;
font-weight: 600 }
section.question { border-left: 3px solid var(--accent); padding-left: .9rem; margin: 1.1rem 0 } .gap { border-color:
var(--line) }
@media print { body { margin: 0; max-width: none; font-size: 10.5pt } section.question { break-inside: avoid } }
"""


def _lead(brief: Evidence) -> str:
    answered = len(brief.questions) - len(brief.unanswered)
    computed = sum(answer.computed for answer in brief.answers)
    return (
        f"{len(brief.questions)} questions; on {answered} of them Kyoto knows something that answers a part. "
        f"{len(brief.answers)} indicators in all, {computed} of them computed from records;"
        f"{f' {len(brief.evaluations)} evaluations bear on them;' if brief.searched else ''}"
        f" {len(brief.missing)} kinds of data are missing."
    )


_NO_EVALUATION = "The register that was searched holds none on these topics."


def _source(answer: Answer) -> str:
    """Where an indicator comes from, and what is held on it."""
    words = "computed from records" if answer.computed else answer.needs
    held = answer.held
    if held is None:
        return words
    value = f"{held.latest:,.4g} {held.unit} ({held.area}, {held.last})" if held.latest is not None else ""
    counted = f"held: {held.figures:,} figures, {held.first} to {held.last}"
    return f"{words}; {counted}{'; latest: ' if value else ''}{value}"


def _evaluation_words(found: Evaluation) -> str:
    grade = f"grade {found.grade} of 5" if found.grade is not None else "design not graded"
    year = f" ({found.year})" if found.year is not None else ""
    return f"{found.title}{year}: {found.direction}, {grade}{f'. {found.source}' if found.source else ''}"


def _facts(brief: Evidence, question: Question) -> list[tuple[str, str]]:
    """Labelled facts of a question, in the order of reading."""
    titles = {found.id: found.title for found in brief.evaluations}
    facts = [
        ("Topics", _names(question) or "none recognized"),
        ("Indicators", ", ".join(question.indicators) or "none"),
    ]
    if brief.searched:
        facts.append(("Evaluations", "; ".join(titles[one] for one in question.evaluations) or "none in the register"))
    facts.append(("Missing", "; ".join(question.missing) or "nothing known"))
    return facts


def _names(question: Question) -> str:
    return ", ".join(known_topics()[topic].name for topic in question.topics)


def brief_markdown(brief: Evidence) -> str:
    """Write the brief as Markdown."""
    return "\n".join(_markdown(brief)) + "\n"


def _markdown(brief: Evidence) -> Iterator[str]:
    yield f"# {brief.title}\n\n{_lead(brief)}\n\nSource: {brief.document}, {brief.item}.\n"
    yield "## Indicators that can answer a part\n"
    if not brief.answers:
        yield "None of Kyoto's registry.\n"
    else:
        yield "| code | indicator | unit | source | topics |\n|---|---|---|---|---|"
        for answer in brief.answers:
            yield (
                f"| {answer.code} | {answer.title} | {answer.unit} | {_source(answer)} | {', '.join(answer.topics)} |"
            )
    if brief.searched:
        yield "\n## Evaluations that bear on it\n"
        yield "\n".join(f"- {_evaluation_words(found)}" for found in brief.evaluations) or _NO_EVALUATION
    yield "\n## Data that are missing\n"
    yield "\n".join(f"- {lack} ({topic})" for lack, topic in brief.missing) or "None is known."
    yield "\n## Question by question\n"
    for question in brief.questions:
        yield f"**({question.number})** {question.text}\n"
        yield "\n".join(f"- {label.lower()}: {words}" for label, words in _facts(brief, question)) + "\n"
    yield f"SDG: {', '.join(brief.goals) or 'none'}. ICCS: {', '.join(brief.iccs) or 'none'}."


def brief_html(brief: Evidence) -> str:
    """Write the brief as one HTML file that needs no server; all text is escaped."""
    from jinja2 import Environment

    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(_PAGE)
    return template.render(
        brief=brief,
        lead=_lead(brief),
        style=_STYLE,
        facts=_facts,
        source=_source,
        words=_evaluation_words,
        no_evaluation=_NO_EVALUATION,
    )


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Evidence brief: {{ brief.title }}</title><style>{{ style | safe }}</style></head><body><main>
<h1>{{ brief.title }}</h1><p class="lead">{{ lead }}<br>Source: {{ brief.document }}, {{ brief.item }}.</p>
<h2>Which indicators can answer a part?</h2>
{% if brief.answers %}<div class="wide" tabindex="0" role="group" aria-label="Table">
<table><thead><tr><th scope="col">Code</th><th scope="col">Indicator</th><th
scope="col">Source</th></tr></thead><tbody>
{% for answer in brief.answers %}
<tr><td class="code">{{ answer.code }}</td><td>{{ answer.title }}<br><small>{{ answer.unit }} · {{ answer.topics |
join(", ") }}</small></td>
<td>{{ source(answer) }}</td></tr>
{% endfor %}</tbody></table></div>{% else %}<p>None of Kyoto's registry.</p>{% endif %}
{% if brief.searched %}<h2>Which evaluations bear on it?</h2>
{% if brief.evaluations %}<ul>{% for found in brief.evaluations %}<li>{{ words(found) }}</li>{% endfor %}</ul>
{% else %}<p>{{ no_evaluation }}</p>{% endif %}{% endif %}
<h2>Which data are missing?</h2>
{% if brief.missing %}<ul>{% for lack, topic in brief.missing %}<li>{{ lack }} <small>{{ topic }}</small></li>{%
endfor %}</ul>
{% else %}<p>None is known.</p>{% endif %}
<h2>Question by question</h2>
{% for question in brief.questions %}
<section class="question{{ "" if question.indicators or question.evaluations else " gap" }}">
<p><strong>({{ question.number }})</strong> {{ question.text }}</p>
<p><small>{% for label, text in facts(brief, question) %}{{ label }}: {{ text }}{% if not loop.last %}<br>
{% endif %}{% endfor %}</small></p></section>
{% endfor %}
<p class="lead">Sustainable Development Goals and targets: {{ brief.goals | join(", ") or "none" }}. ICCS: {{
brief.iccs | join(", ") or "none" }}.
Topics are recognized by words; a person should read the brief before it is used.</p>
</main></body></html>
"""


def write_brief(brief: Evidence, path: Path) -> None:
    """Write the brief in the format that the suffix names.

    Parameters
    ----------
    brief
        The evidence brief.
    path
        ``.html``, ``.docx``, ``.pdf``, ``.md`` or ``.json``.

    Raises
    ------
    KyotoError
        ``mandates.unknown-format``.
    """
    import json

    texts = {
        ".md": lambda: brief_markdown(brief),
        ".json": lambda: json.dumps(brief.to_dict(), ensure_ascii=False, indent=1),
    }
    write_page(path, lambda: brief_html(brief), lambda: _word(brief), texts)


def _word(brief: Evidence) -> Word:
    document = Word()
    document.heading(brief.title, 1)
    document.paragraph(f"{_lead(brief)} Source: {brief.document}, {brief.item}.")
    document.heading("Which indicators can answer a part?", 2)
    document.table(
        ("Code", "Indicator", "Source"),
        [(answer.code, f"{answer.title} ({answer.unit})", _source(answer)) for answer in brief.answers],
    )
    if brief.searched:
        document.heading("Which evaluations bear on it?", 2)
        for found in brief.evaluations:
            document.paragraph(_evaluation_words(found), style="List Bullet")
        if not brief.evaluations:
            document.paragraph(_NO_EVALUATION)
    document.heading("Which data are missing?", 2)
    for lack, topic in brief.missing:
        document.paragraph(f"{lack} ({topic})", style="List Bullet")
    document.heading("Question by question", 2)
    for question in brief.questions:
        document.paragraph(f"({question.number}) {question.text}")
        document.paragraph(". ".join(f"{label}: {words}" for label, words in _facts(brief, question)) + ".")
    return document

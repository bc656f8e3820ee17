"""The evidence brief as a page, a word-processor document or Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kyoto.cooperation.mandates.links.evidence import Evidence, Question
from kyoto.cooperation.mandates.links.topics import known_topics
from kyoto.cooperation.mandates.output.pages import write_page

__all__ = ["brief_html", "brief_markdown", "write_brief"]

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --accent: #0b5cad; --paper: #fff }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --soft: #9aa5b1; --line: #3d444d; --accent: #6cb6ff; --paper: #0d1117 }
}
body { font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 50rem; margin:
2.5rem auto; padding: 0 1.25rem }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .4rem } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem }
p.lead, small { color: var(--soft) } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-
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
        f"{len(brief.questions)} questions; on {answered} of them Kyoto knows indicators that answer a part. "
        f"{len(brief.answers)} indicators in all, {computed} of them computed from records;"
        f" {len(brief.missing)} kinds of data are missing."
    )


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
            source = "computed from records" if answer.computed else answer.needs
            yield f"| {answer.code} | {answer.title} | {answer.unit} | {source} | {', '.join(answer.topics)} |"
    yield "\n## Data that are missing\n"
    yield "\n".join(f"- {lack} ({topic})" for lack, topic in brief.missing) or "None is known."
    yield "\n## Question by question\n"
    for question in brief.questions:
        yield f"**({question.number})** {question.text}\n"
        yield f"- topics: {_names(question) or 'none recognized'}"
        yield f"- indicators: {', '.join(question.indicators) or 'none'}"
        yield f"- missing: {'; '.join(question.missing) or 'nothing known'}\n"
    yield f"SDG: {', '.join(brief.goals) or 'none'}. ICCS: {', '.join(brief.iccs) or 'none'}."


def brief_html(brief: Evidence) -> str:
    """Write the brief as one HTML file that needs no server; all text is escaped."""
    from jinja2 import Environment

    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(_PAGE)
    return template.render(brief=brief, lead=_lead(brief), style=_STYLE, names=_names)


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Evidence brief: {{ brief.title }}</title><style>{{ style | safe }}</style></head><body><main>
<h1>{{ brief.title }}</h1><p class="lead">{{ lead }}<br>Source: {{ brief.document }}, {{ brief.item }}.</p>
<h2>Which indicators can answer a part?</h2>
{% if brief.answers %}<table><thead><tr><th scope="col">Code</th><th scope="col">Indicator</th><th
scope="col">Source</th></tr></thead><tbody>
{% for answer in brief.answers %}
<tr><td class="code">{{ answer.code }}</td><td>{{ answer.title }}<br><small>{{ answer.unit }} · {{ answer.topics |
join(", ") }}</small></td>
<td>{{ "computed from records" if answer.computed else answer.needs }}</td></tr>
{% endfor %}</tbody></table>{% else %}<p>None of Kyoto's registry.</p>{% endif %}
<h2>Which data are missing?</h2>
{% if brief.missing %}<ul>{% for lack, topic in brief.missing %}<li>{{ lack }} <small>{{ topic }}</small></li>{%
endfor %}</ul>
{% else %}<p>None is known.</p>{% endif %}
<h2>Question by question</h2>
{% for question in brief.questions %}
<section class="question{{ "" if question.indicators else " gap" }}"><p><strong>({{ question.number }})</strong> {{
question.text }}</p>
<p><small>Topics: {{ names(question) or "none recognized" }}<br>Indicators: {{ question.indicators | join(", ") or
"none" }}<br>
Missing: {{ question.missing | join("; ") or "nothing known" }}</small></p></section>
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
    write_page(path, lambda: brief_html(brief), lambda: _docx(brief), texts)


def _docx(brief: Evidence) -> Any:
    import docx

    document = docx.Document()
    document.add_heading(brief.title, 1)
    document.add_paragraph(f"{_lead(brief)} Source: {brief.document}, {brief.item}.")
    document.add_heading("Which indicators can answer a part?", 2)
    table = document.add_table(rows=1, cols=3, style="Light Grid Accent 1")
    for cell, name in zip(table.rows[0].cells, ("Code", "Indicator", "Source"), strict=True):
        cell.text = name
    for answer in brief.answers:
        cells = table.add_row().cells
        cells[0].text, cells[1].text = answer.code, f"{answer.title} ({answer.unit})"
        cells[2].text = "computed from records" if answer.computed else answer.needs
    document.add_heading("Which data are missing?", 2)
    for lack, topic in brief.missing:
        document.add_paragraph(f"{lack} ({topic})", style="List Bullet")
    document.add_heading("Question by question", 2)
    for question in brief.questions:
        document.add_paragraph(f"({question.number}) {question.text}")
        document.add_paragraph(
            f"Topics: {_names(question) or 'none recognized'}. Indicators: {', '.join(question.indicators) or 'none'}. "
            f"Missing: {'; '.join(question.missing) or 'nothing known'}."
        )
    return document

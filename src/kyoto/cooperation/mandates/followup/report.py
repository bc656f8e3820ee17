"""The report on implementation, paragraph by paragraph: HTML, PDF, DOCX."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from kyoto.cooperation.mandates.followup.calendar import Calendar
from kyoto.cooperation.mandates.followup.register import STATUSES, Entry, Register
from kyoto.cooperation.mandates.followup.views import DueEntry, act_label, due_entries, occasion, without_report
from kyoto.cooperation.mandates.obligations.lexicon import known_parties, meaning_of_condition
from kyoto.cooperation.mandates.output.pages import write_page

__all__ = ["Report", "build_report", "report_html", "write_report"]

_WORDS = {
    "not-started": "Not started",
    "under-way": "Under way",
    "reported": "Reported",
    "done": "Done",
    "lapsed": "Lapsed",
    "superseded": "Superseded",
}


@dataclass(frozen=True, slots=True)
class Report:
    """What the report says: acts with their entries, counts, what is late, what nobody has to report on."""

    title: str
    day: date
    acts: tuple[tuple[str, str, tuple[Entry, ...]], ...]
    counts: dict[str, int]
    suggested: int
    due: tuple[DueEntry, ...]
    silent: tuple[Entry, ...]

    @property
    def late(self) -> tuple[DueEntry, ...]:
        """Due entries behind their day."""
        return tuple(one for one in self.due if one.late)


def build_report(
    register: Register, calendar: Calendar, *, today: date, title: str, accepted_only: bool = False
) -> Report:
    """Gather the report.

    Parameters
    ----------
    register, calendar
        The entries and the days of sessions.
    today
        Day of the report.
    title
        Its heading.
    accepted_only
        Leave out suggestions that nobody accepted yet.
    """
    kept = [
        entry
        for entry in register.entries
        if entry.state != "rejected" and (not accepted_only or entry.state in ("accepted", "edited"))
    ]
    acts: dict[tuple[str, str], list[Entry]] = {}
    for entry in kept:
        acts.setdefault((entry.document, entry.act), []).append(entry)
    counts = Counter(entry.status for entry in kept)
    part = Register(tuple(kept))
    return Report(
        title=title,
        day=today,
        acts=tuple(
            (f"{act_label(act)}, {document}", entries[0].title, tuple(entries))
            for (document, act), entries in acts.items()
        ),
        counts={status: counts[status] for status in STATUSES},
        suggested=sum(entry.state == "suggested" for entry in kept),
        due=tuple(due_entries(part, calendar, today=today)),
        silent=tuple(without_report(part)),
    )


def _who(entry: Entry) -> str:
    names = known_parties().names
    return ", ".join(names.get(party, party) for party in entry.addressees) or "the body itself"


def _number(entry: Entry) -> str:
    return "paragraph " + entry.paragraph.split("/", 1)[-1].replace("/", " ")


def _days(report: Report) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for one in report.due:
        words = occasion(one.due)
        day = f" ({one.day:%d %B %Y}{', late' if one.late else ''})" if one.day is not None else ""
        found.setdefault(one.entry.id, []).append(f"{words}{day}")
    return {identifier: "; ".join(words) for identifier, words in found.items()}


def report_html(report: Report) -> str:
    """Write the report as one HTML file that needs no server; all text is escaped."""
    from importlib import resources

    from jinja2 import Environment

    source = (resources.files("kyoto.cooperation.mandates") / "data" / "report.html").read_text(encoding="utf-8")
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(source)
    return template.render(
        report=report,
        who=_who,
        occasion=occasion,
        act_label=act_label,
        number=_number,
        days=_days(report),
        words=_WORDS,
        meaning=meaning_of_condition,
        names=known_parties().names,
    )


def write_report(report: Report, path: Path) -> None:
    """Write the report in the format that the suffix names: ``.html``, ``.pdf`` or ``.docx``.

    Raises
    ------
    KyotoError
        ``mandates.unknown-format``.
    """
    write_page(path, lambda: report_html(report), lambda: _docx(report))


def _docx(report: Report) -> Any:
    import docx

    document = docx.Document()
    document.add_heading(report.title, 0)
    document.add_paragraph(_summary(report))
    days = _days(report)
    for label, title, entries in report.acts:
        document.add_heading(title or label, 1)
        document.add_paragraph(label)
        for entry in entries:
            document.add_heading(f"{_number(entry)[0].upper()}{_number(entry)[1:]}: {_WORDS[entry.status]}", 2)
            document.add_paragraph(entry.clause)
            facts = [f"Addressed to: {_who(entry)}"]
            facts += [f"Due: {days[entry.id]}"] if entry.id in days else []
            facts += [f"Responsible: {', '.join(entry.units)}"] if entry.units else []
            facts += ["Only a suggestion of the rules"] if entry.state == "suggested" else []
            document.add_paragraph(". ".join(facts) + ".")
            for event in entry.evidence:
                document.add_paragraph(f"{event.evidence} ({event.by}, {event.day})", style="List Bullet")
    return document


def _summary(report: Report) -> str:
    parts = [f"{count} {_WORDS[status].lower()}" for status, count in report.counts.items() if count]
    return (
        f"As of {report.day:%d %B %Y}: {sum(report.counts.values())} obligations in {len(report.acts)}"
        f" resolutions and decisions; "
        f"{', '.join(parts) or 'none'}. {len(report.late)} late. On {len(report.silent)} nobody has to report. "
        f"{report.suggested} are suggestions of the rules that no person has accepted yet."
    )

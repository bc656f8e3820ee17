"""The report on implementation, paragraph by paragraph: HTML, PDF, DOCX."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from kyoto.cooperation.mandates.events import Event
from kyoto.cooperation.mandates.followup.calendar import Calendar
from kyoto.cooperation.mandates.followup.register import STATUSES, Entry, Register
from kyoto.cooperation.mandates.followup.views import DueEntry, act_label, due_entries, occasion, without_report
from kyoto.cooperation.mandates.mechanisms.views import recommendation_rows, recommendations_of
from kyoto.cooperation.mandates.obligations.lexicon import known_parties, meaning_of_condition
from kyoto.cooperation.mandates.output.pages import write_page
from kyoto.cooperation.mandates.output.word import Word

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
    """What the report says: acts with their entries, counts, what is late, what nobody has to report on.

    ``reviews`` holds the recommendations of review mechanisms as ((mechanism, cycle, State), rows of
    :func:`~kyoto.cooperation.mandates.mechanisms.recommendation_rows`). ``changes`` are what persons changed since
    ``since``, the latest first: ``day, by, what, evidence, id, label``.
    """

    title: str
    day: date
    acts: tuple[tuple[str, str, tuple[Entry, ...]], ...]
    counts: dict[str, int]
    suggested: int
    due: tuple[DueEntry, ...]
    silent: tuple[Entry, ...]
    reviews: tuple[tuple[tuple[str, str, str], tuple[dict[str, Any], ...]], ...] = ()

    since: date | None = None
    changes: tuple[dict[str, str], ...] = ()

    @property
    def recommendations(self) -> list[dict[str, Any]]:
        """Rows of all recommendations."""
        return [row for _, rows in self.reviews for row in rows]

    @property
    def late(self) -> tuple[DueEntry, ...]:
        """Due entries behind their day."""
        return tuple(one for one in self.due if one.late)


def build_report(
    register: Register,
    calendar: Calendar,
    *,
    today: date,
    title: str,
    accepted_only: bool = False,
    since: date | None = None,
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
    since
        Beginning of the year (or other period) that is reported on: what changed from then on is listed.
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
        reviews=_reviews(register, calendar, today),
        since=since,
        changes=_changes(part, register, since, today) if since is not None else (),
    )


_MADE = ("suggested by rules", "read from a table")
"""What stands in a history when something came into the register."""


def _changes(part: Register, register: Register, since: date, today: date) -> tuple[dict[str, str], ...]:
    """What persons changed from a day to another, the latest first."""
    labels = {one.id: f"{act_label(one.act)}, {_number(one)}" for one in part.entries}
    histories: list[tuple[str, tuple[Event, ...]]] = [(one.id, one.history) for one in part.entries]
    histories += [(one.id, one.history) for one in register.recommendations]
    found = [
        {**asdict(event), "id": identifier, "label": labels.get(identifier, identifier)}
        for identifier, history in histories
        for event in history
        if since.isoformat() <= event.day <= today.isoformat() and event.what not in _MADE
    ]
    return tuple(sorted(found, key=lambda row: row["day"], reverse=True))


def _reviews(
    register: Register, calendar: Calendar, today: date
) -> tuple[tuple[tuple[str, str, str], tuple[dict[str, Any], ...]], ...]:
    """Recommendations by mechanism, cycle and State."""
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in recommendation_rows(recommendations_of(register), calendar, today=today, topics=False):
        groups.setdefault((row["mechanism_name"], row["cycle"], row["state_name"]), []).append(row)
    return tuple((group, tuple(rows)) for group, rows in groups.items())


def _who(entry: Entry) -> str:
    names = known_parties().names
    return ", ".join(names.get(party, party) for party in entry.addressees) or "the body itself"


def _number(entry: Entry) -> str:
    return "paragraph " + entry.paragraph.split("/", 1)[-1].replace("/", " ")


def _days(report: Report) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for one in report.due:
        found.setdefault(one.entry.id, []).append(_when(one.due, one.day, one.confirmed, one.late))
    return {identifier: "; ".join(words) for identifier, words in found.items()}


def _when(due: str, day: date | None, confirmed: bool, late: bool) -> str:
    """Occasion in words, with its day, whether that is certain, and whether it passed."""
    facts = [f"{day:%d %B %Y}".lstrip("0")] if day is not None and not due.startswith("date:") else []
    facts += ["date not confirmed"] if day is not None and not confirmed else []
    facts += ["late"] if late else []
    return f"{occasion(due)} ({', '.join(facts)})" if facts else occasion(due)


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
        due_words=_due_words,
        label=_label,
    )


def write_report(report: Report, path: Path) -> None:
    """Write the report in the format that the suffix names: ``.html``, ``.pdf`` or ``.docx``.

    Raises
    ------
    KyotoError
        ``mandates.unknown-format``.
    """
    write_page(path, lambda: report_html(report), lambda: _word(report))


def _word(report: Report) -> Word:
    document = Word()
    document.heading(report.title, 0)
    document.paragraph(_summary(report))
    if report.since is not None:
        document.heading(f"What changed since {report.since:%d %B %Y}?", 1)
        for row in report.changes:
            document.paragraph(_change_words(row), style="List Bullet")
        if not report.changes:
            document.paragraph("Nothing.")
    days = _days(report)
    for label, title, entries in report.acts:
        document.heading(title or label, 1)
        document.paragraph(label)
        for entry in entries:
            document.heading(f"{_number(entry)[0].upper()}{_number(entry)[1:]}: {_WORDS[entry.status]}", 2)
            document.paragraph(entry.clause)
            facts = [f"Addressed to: {_who(entry)}"]
            facts += [f"Due: {days[entry.id]}"] if entry.id in days else []
            facts += [f"Responsible: {', '.join(entry.units)}"] if entry.units else []
            facts += ["Only a suggestion of the rules"] if entry.state == "suggested" else []
            document.paragraph(". ".join(facts) + ".")
            for event in entry.evidence:
                document.paragraph(f"{event.evidence} ({event.by}, {event.day})", style="List Bullet")
    if report.reviews:
        document.heading("Recommendations of review mechanisms", 1)
    for (mechanism, cycle, state), rows in report.reviews:
        document.heading(f"{state}: {mechanism}, cycle {cycle}", 2)
        for row in rows:
            _add_recommendation(document, row)
    return document


def _change_words(row: dict[str, str]) -> str:
    evidence = f" ({row['evidence']})" if row["evidence"] else ""
    return f"{row['day']}, {row['label']}: {row['what']}{evidence}, by {row['by']}"


def _label(row: dict[str, Any]) -> str:
    """Number and provision of a recommendation, as far as it has them."""
    return ", ".join(part for part in (f"No. {row['number']}" if row["number"] else "", row["provision"]) if part)


def _add_recommendation(document: Word, row: dict[str, Any]) -> None:
    label = _label(row)
    document.paragraph(f"{label}: {row['text']}" if label else row["text"])
    facts = [f"Response of the State: {row['response'].replace('-', ' ')}", _WORDS[row["status"]]]
    facts += [f"Due: {_due_words(row)}"] if row["due"] else []
    facts += [f"Responsible: {', '.join(row['units'])}"] if row["units"] else []
    document.paragraph(". ".join(facts) + ".")
    for evidence in row["evidence"]:
        document.paragraph(evidence, style="List Bullet")


def _due_words(row: dict[str, Any]) -> str:
    """When a recommendation is due, in words; the day is that of the earliest."""
    day = date.fromisoformat(row["day"]) if row["day"] is not None else None
    first, *others = row["due"]
    return "; ".join([_when(first, day, row["confirmed"], row["late"]), *map(occasion, others)])


def _summary(report: Report) -> str:
    parts = [f"{count} {_WORDS[status].lower()}" for status, count in report.counts.items() if count]
    return (
        f"As of {report.day:%d %B %Y}: {sum(report.counts.values())} obligations in {len(report.acts)}"
        f" resolutions and decisions; "
        f"{', '.join(parts) or 'none'}. {len(report.late)} late. On {len(report.silent)} nobody has to report. "
        f"{report.suggested} are suggestions of the rules that no person has accepted yet."
        f"{_review_summary(report)}"
    )


def _review_summary(report: Report) -> str:
    rows = report.recommendations
    late = sum(row["late"] for row in rows)
    return f" {len(rows)} recommendations of review mechanisms, {late} late." if rows else ""

"""One row of a table of recommendations: its words to the ones that Kyoto keeps."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

from kyoto.cooperation.mandates.dues import checked_due, last_day
from kyoto.cooperation.mandates.events import STATUSES, Event
from kyoto.cooperation.mandates.mechanisms.known import known_mechanisms, mechanism_of
from kyoto.cooperation.mandates.mechanisms.model import RESPONSES, Recommendation
from kyoto.core.errors import KyotoError, Problems, Where, did_you_mean, nearest

__all__ = ["COLUMNS", "Row", "recommendation_of"]

COLUMNS: dict[str, tuple[str, ...]] = {
    "mechanism": ("review mechanism",),
    "cycle": ("round", "review cycle"),
    "state": ("state under review", "country", "reviewed state", "country under review"),
    "number": ("no", "no.", "recommendation number", "paragraph"),
    "provision": ("article", "articles", "provisions", "treaty article"),
    "recommendation": ("text", "recommendation text", "recommendations"),
    "made by": ("recommending state", "recommending states", "recommended by", "reviewing states"),
    "made on": ("date", "date of review", "review date"),
    "response": ("position", "answer", "accepted or noted", "accepted/noted"),
    "status": ("implementation status", "implementation"),
    "due": ("due date", "deadline"),
    "units": ("unit", "responsible", "responsible unit", "responsible units"),
    "evidence": ("measures taken", "action taken"),
    "id": ("identifier",),
}
"""Columns of the table, with the other names under which they are understood."""

_RESPONSES = {
    "supported": "accepted", "enjoys support": "accepted", "agreed": "accepted", "yes": "accepted",
    "partially accepted": "partly-accepted", "accepted in part": "partly-accepted",
    "not accepted": "rejected", "no": "rejected", "not supported": "noted", "under consideration": "pending",
}  # fmt: skip
_STATUSES = {
    "not implemented": "not-started", "not started": "not-started", "open": "not-started",
    "partly implemented": "under-way", "partially implemented": "under-way", "in progress": "under-way",
    "ongoing": "under-way", "under way": "under-way", "implemented": "done", "fully implemented": "done",
    "completed": "done",
}  # fmt: skip
_CYCLE = re.compile(r"(?:(?:review )?(?:cycle|round|phase)\s*)?(\d{1,2}(?:\.\d)?)(?:st|nd|rd|th)?(?: (?:cycle|round))?")
_DAY = re.compile(r"\d{4}(?:-\d{2}){2}")
_ID = re.compile(r"[^\s,;]{1,120}")


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row by the names of :data:`COLUMNS`; ``given`` holds what was said for all rows."""

    cells: dict[str, str]
    given: dict[str, str]
    file: str
    line: int
    problems: Problems

    def text(self, name: str) -> str:
        """Text of a cell, blanks as one; what was said for all rows where the cell is empty."""
        return " ".join((self.cells.get(name) or self.given.get(name, "")).split())

    def several(self, name: str) -> tuple[str, ...]:
        """Parts of a cell between semicolons."""
        return tuple(part.strip() for part in self.text(name).split(";") if part.strip())

    def where(self, name: str) -> Where:
        """Place of a cell."""
        return Where(file=self.file, line=self.line, column=name)

    def wrong(self, name: str, title: str, *, expected: str = "", hint: str = "") -> None:
        """Report a cell."""
        self.problems.add(
            KyotoError(
                title,
                code="mandates.wrong-row",
                where=self.where(name),
                got=self.text(name) or "an empty cell",
                expected=expected,
                hint=hint,
            )
        )


def recommendation_of(row: Row) -> Recommendation:
    """Make a recommendation of a row; what is wrong goes to its ``problems``."""
    text = row.text("recommendation")
    if not text:
        row.wrong("recommendation", "A recommendation has no text", hint="Give its text, or remove the row.")
    one = Recommendation(
        id="",
        mechanism=_mechanism(row),
        cycle=_cycle(row),
        state=_state(row),
        text=text,
        provision=row.text("provision"),
        number=row.text("number"),
        made_by=row.several("made by"),
        made_on=_day(row),
        response=_word(row, "response", RESPONSES, _RESPONSES, "pending"),
        status=_word(row, "status", STATUSES, _STATUSES, "not-started"),
        due=_due(row),
        units=row.several("units"),
    )
    evidence = row.text("evidence")
    if one.status in ("reported", "done") and not evidence:
        row.wrong(
            "status",
            f"Status “{one.status}” needs evidence",
            expected="a document symbol, an address or a sentence in the column evidence",
            hint="Say what shows it, or set the status to under-way.",
        )
    history = (Event("", "", "", evidence),) if evidence else ()
    return replace(one, id=_identifier(row, one), history=history, fingerprint=_fingerprint(one, evidence))


def _mechanism(row: Row) -> str:
    found = mechanism_of(row.text("mechanism"))
    if found is None:
        known = [*known_mechanisms(), *(name for one in known_mechanisms().values() for name in one.aliases)]
        hint = did_you_mean(row.text("mechanism"), known) if row.text("mechanism") else ""
        row.wrong(
            "mechanism",
            "Unknown review mechanism",
            expected=f"one of {', '.join(known_mechanisms())}, or other:name",
            hint=f"{hint} Write one that Kyoto does not know as other:name, with small letters and hyphens.".strip(),
        )
    return found or ""


def _cycle(row: Row) -> str:
    found = _CYCLE.fullmatch(row.text("cycle").casefold())
    if found is None:
        row.wrong("cycle", "Not a cycle", expected="its number, such as 2; a phase after a dot: 1.2")
    return found[1] if found is not None else ""


def _state(row: Row) -> str:
    from kyoto.statistics.exchange.series.areas import area_named, country_names

    found = area_named(row.text("state"))
    if found is None:
        best = nearest(row.text("state"), country_names())
        row.wrong(
            "state",
            "Unknown State",
            expected="ISO 3166 code or English name, such as AUT, AT or Austria",
            hint=f"Did you mean {best!r}?" if best else "Write its three-letter code.",
        )
    return found.code if found is not None else ""


def _day(row: Row) -> str:
    text = row.text("made on")
    if text and (_DAY.fullmatch(text) is None or last_day(text) is None):
        row.wrong("made on", "Not a day", expected="year-month-day, such as 2027-05-14")
        return ""
    return text


def _word(row: Row, name: str, known: tuple[str, ...], others: dict[str, str], nothing: str) -> str:
    text = row.text(name).casefold()
    found = others.get(text, text.replace(" ", "-")) or nothing
    if found not in known:
        row.wrong(
            name, "Unknown value", expected=f"one of {', '.join(known)}", hint=did_you_mean(text, [*known, *others])
        )
        return nothing
    return found


def _due(row: Row) -> tuple[str, ...]:
    found = []
    for part in row.several("due"):
        try:
            found.append(checked_due(part, row.where("due")))
        except KyotoError as error:
            row.problems.add(error)
    return tuple(found)


def _identifier(row: Row, one: Recommendation) -> str:
    """The given id, or one of mechanism, cycle, State and number; without a number, of the words and who says them."""
    given = row.text("id")
    if given and _ID.fullmatch(given) is None:
        row.wrong("id", "Not an identifier", expected="at most 120 signs without blanks, commas and semicolons")
        return ""
    if given:
        return given
    said = f"{one.provision}\n{'; '.join(one.made_by)}\n{one.text}"
    words = hashlib.sha256(said.encode()).hexdigest()[:8]
    last = re.sub(r"[^\w.]+", "-", one.number).strip("-")[:40] or words
    return f"{one.mechanism.replace(':', '-')}-{one.cycle}-{one.state}-{last}"


def _fingerprint(one: Recommendation, evidence: str) -> str:
    said: Iterable[object] = (asdict(one), evidence)
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()[:16]

"""Sessions with their dates, from an editable file; and when an obligation falls due."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from kyoto.cooperation.mandates.dues import last_day
from kyoto.cooperation.mandates.events import Event
from kyoto.core.errors import KyotoError, Problems, Where

__all__ = ["DAYS", "Calendar", "Session", "read_calendar", "session_dict", "session_of"]

DAYS = ("start", "end", "note", "source", "verified")
"""Fields of a session that an office sets."""

_ID = re.compile(r"[a-z][\w-]*-\d+")


@dataclass(frozen=True, slots=True)
class Session:
    """A session of a body, or an event.

    Parameters
    ----------
    id
        Body and number, as ``ccpcj-27``.
    start, end
        First and last day.
    note
        What a reader should know, such as that it moved.
    source
        Where the days are published.
    verified
        False for days that are only announced, or that nobody has checked; where they show, it is said.
    history
        Changes by the office, the oldest first; none of a session that comes with Kyoto or from a file.
    """

    id: str
    start: date
    end: date
    note: str = ""
    source: str = ""
    verified: bool = True
    history: tuple[Event, ...] = ()

    @property
    def body(self) -> str:
        """Body without the number."""
        return self.id.rsplit("-", 1)[0]

    def row(self) -> dict[str, Any]:
        """Row of plain values."""
        return {
            "id": self.id,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "confirmed": self.verified,
            "note": self.note,
            "source": self.source,
        }

    @staticmethod
    def from_dict(row: dict[str, Any]) -> Session:
        """Make a session of what :func:`session_dict` gave."""
        days = {name: date.fromisoformat(row[name]) for name in ("start", "end")}
        return Session(**{**row, **days, "history": tuple(Event(**event) for event in row.get("history", ()))})


def session_dict(session: Session) -> dict[str, Any]:
    """JSON-able form of a session."""
    return {**asdict(session), "start": session.start.isoformat(), "end": session.end.isoformat()}


@dataclass(frozen=True, slots=True)
class Calendar:
    """Sessions by id."""

    sessions: dict[str, Session]

    def session(self, due: str, *, after: date | None = None) -> Session | None:
        """Return the session or event at which something is due; None if it names none that is known."""
        kind, _, value = due.partition(":")
        if value.endswith("-next"):
            body = value[: -len("-next")]
            later = [entry for entry in self.sessions.values() if entry.body == body and after and entry.start > after]
            return min(later, key=lambda entry: entry.start, default=None)
        return self.sessions.get(value) if kind in ("session", "event") else None

    def day(self, due: str, *, after: date | None = None) -> date | None:
        """Return the day on which something is due.

        Parameters
        ----------
        due
            ``session:ccpcj-27``, ``session:ccpcj-next``, ``event:congress-14``, ``date:2019`` or ``date:2019-06-30``.
        after
            Day of the act, from which “next” counts.

        Returns
        -------
        datetime.date or None
            First day of the session or event; last day of a month or year; None if the calendar does not know it, and
            for recurrences.

        Examples
        --------
        >>> read_calendar().day("session:ccpcj-27"), read_calendar().day("date:2019")
        (datetime.date(2018, 5, 14), datetime.date(2019, 12, 31))
        """
        kind, _, value = due.partition(":")
        if kind == "date":
            return last_day(value)
        found = self.session(due, after=after)
        return found.start if found is not None else None

    def confirmed(self, due: str, *, after: date | None = None) -> bool:
        """Return whether the day is certain: False for a session whose days are only announced or not checked.

        Examples
        --------
        >>> read_calendar().confirmed("session:ccpcj-27"), read_calendar().confirmed("event:congress-15")
        (True, False)
        """
        found = self.session(due, after=after)
        return found is None or found.verified

    def with_sessions(self, sessions: Iterable[Session]) -> Calendar:
        """Return a calendar in which these sessions replace those of the same id."""
        return Calendar({**self.sessions, **{session.id: session for session in sessions}})


def read_calendar(path: Path | None = None, *, alone: bool = False) -> Calendar:
    """Read a calendar of sessions.

    Parameters
    ----------
    path
        TOML with ``[[session]]`` tables: ``id``, ``start``, ``end``, ``note``, ``source``, ``verified``. The one that
        comes with Kyoto if not given; a session of the file replaces one of the same id.
    alone
        Without those that come with Kyoto.

    Returns
    -------
    Calendar

    Raises
    ------
    KyotoError
        ``mandates.broken-calendar``, for every wrong session in one pass.
    """
    found = {} if alone else dict(_own())
    if path is not None:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise _broken(str(path), str(error)) from error
        found |= _sessions(text, str(path))
    return Calendar(found)


@cache
def _own() -> dict[str, Session]:
    """Those that come with Kyoto."""
    own = (resources.files("kyoto.cooperation.mandates") / "data" / "sessions.toml").read_text(encoding="utf-8")
    return _sessions(own, "sessions.toml")


def session_of(
    identifier: str, start: str, end: str = "", *, note: str = "", source: str = "", verified: bool = True
) -> Session:
    """Make a session of what a person typed.

    Parameters
    ----------
    identifier
        Body and number, as ``ccpcj-41``.
    start, end
        Year-month-day; a session of one day needs no end.
    note, source, verified
        See :class:`Session`.

    Raises
    ------
    KyotoError
        ``mandates.wrong-session``.

    Examples
    --------
    >>> session_of("ccpcj-41", "2032-05-17", "2032-05-21").end
    datetime.date(2032, 5, 21)
    """
    try:
        first, last = date.fromisoformat(start), date.fromisoformat(end or start)
    except ValueError:
        first, last = date.max, date.min
    if not _ID.fullmatch(identifier) or last < first:
        raise KyotoError(
            "Not a session",
            code="mandates.wrong-session",
            got=" ".join(part for part in (identifier, start, end) if part),
            expected="a body with the number of the session, its first and last day: ccpcj-41 2032-05-17 2032-05-21",
        )
    return Session(identifier, first, last, note, source, verified)


def _sessions(text: str, name: str) -> dict[str, Session]:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _broken(name, str(error)) from error
    problems = Problems()
    found: dict[str, Session] = {}
    rows = table.get("session", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _broken(name, "session must be a list of tables: write [[session]]")
    for place, entry in enumerate(rows, 1):
        identifier, start, end = entry.get("id"), entry.get("start"), entry.get("end", entry.get("start"))
        if not isinstance(identifier, str) or not _ID.fullmatch(identifier):
            problems.add(_broken(name, f"session {place}: id must be a body and a number, such as ccpcj-27"))
        elif not _is_day(start) or not _is_day(end) or end < start:
            problems.add(_broken(name, f"{identifier}: start and end must be dates, such as 2018-05-14, in this order"))
        elif not isinstance(entry.get("verified", True), bool):
            problems.add(_broken(name, f"{identifier}: verified must be true or false"))
        else:
            note, source = str(entry.get("note", "")), str(entry.get("source", ""))
            found[identifier] = Session(identifier, start, end, note, source, entry.get("verified", True))
    problems.raise_if_any()
    return found


def _is_day(value: object) -> bool:
    """A date without a time: the two do not compare."""
    return isinstance(value, date) and not isinstance(value, datetime)


def _broken(name: str, detail: str) -> KyotoError:
    return KyotoError(
        "The calendar of sessions cannot be read",
        code="mandates.broken-calendar",
        where=Where(file=name),
        detail=detail,
        expected='[[session]] with id = "ccpcj-27", start = 2018-05-14, end = 2018-05-18',
    )

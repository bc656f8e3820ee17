"""Sessions with their dates, from an editable file; and when an obligation falls due."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources
from pathlib import Path

from kyoto.core.errors import KyotoError, Problems, Where

__all__ = ["Calendar", "Session", "read_calendar"]


@dataclass(frozen=True, slots=True)
class Session:
    """A session of a body, or an event: its id (``ccpcj-27``), first and last day, and a note."""

    id: str
    start: date
    end: date
    note: str = ""

    @property
    def body(self) -> str:
        """Body without the number."""
        return self.id.rsplit("-", 1)[0]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Sessions by id."""

    sessions: dict[str, Session]

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
            for
            recurrences.

        Examples
        --------
        >>> read_calendar().day("session:ccpcj-27"), read_calendar().day("date:2019")
        (datetime.date(2018, 5, 14), datetime.date(2019, 12, 31))
        """
        kind, _, value = due.partition(":")
        if kind == "date":
            return _last_day(value)
        if value.endswith("-next"):
            body = value[: -len("-next")]
            later = [entry for entry in self.sessions.values() if entry.body == body and after and entry.start > after]
            return min((entry.start for entry in later), default=None)
        found = self.sessions.get(value)
        return found.start if found is not None and kind in ("session", "event") else None


def _last_day(value: str) -> date | None:
    parts = [int(part) for part in value.split("-") if part.isdigit()]
    if len(parts) == 3:
        return date(parts[0], parts[1], parts[2])
    if len(parts) == 2:
        return date(parts[0] + parts[1] // 12, parts[1] % 12 + 1, 1) - timedelta(days=1)
    return date(parts[0], 12, 31) if parts else None


def read_calendar(path: Path | None = None) -> Calendar:
    """Read a calendar of sessions.

    Parameters
    ----------
    path
        TOML with ``[[session]]`` tables: ``id``, ``start``, ``end``, ``note``. The one that comes with Kyoto if not
        given; a
        session of the file replaces one of the same id.

    Returns
    -------
    Calendar

    Raises
    ------
    KyotoError
        ``mandates.broken-calendar``, for every wrong session in one pass.
    """
    own = (resources.files("kyoto.cooperation.mandates") / "data" / "sessions.toml").read_text(encoding="utf-8")
    found = _sessions(own, "sessions.toml")
    if path is not None:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise _broken(str(path), str(error)) from error
        found |= _sessions(text, str(path))
    return Calendar(found)


def _sessions(text: str, name: str) -> dict[str, Session]:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _broken(name, str(error)) from error
    problems = Problems()
    found: dict[str, Session] = {}
    for place, entry in enumerate(table.get("session", []), 1):
        identifier, start, end = entry.get("id"), entry.get("start"), entry.get("end", entry.get("start"))
        if not isinstance(identifier, str) or not re.fullmatch(r"[a-z][\w-]*-\d+", identifier):
            problems.add(_broken(name, f"session {place}: id must be a body and a number, such as ccpcj-27"))
        elif not isinstance(start, date) or not isinstance(end, date) or end < start:
            problems.add(_broken(name, f"{identifier}: start and end must be dates, such as 2018-05-14, in this order"))
        else:
            found[identifier] = Session(identifier, start, end, str(entry.get("note", "")))
    problems.raise_if_any()
    return found


def _broken(name: str, detail: str) -> KyotoError:
    return KyotoError(
        "The calendar of sessions cannot be read",
        code="mandates.broken-calendar",
        where=Where(file=name),
        detail=detail,
        expected='[[session]] with id = "ccpcj-27", start = 2018-05-14, end = 2018-05-18',
    )

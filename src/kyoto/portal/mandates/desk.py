"""What the pages of the desk share: the database, how the site is reached, who visits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from kyoto.cooperation.mandates.followup import Calendar, DueEntry, Register, calendar_for, due_entries
from kyoto.core.database.accounts import Actor, account_named
from kyoto.core.database.openid import Provider
from kyoto.core.database.opening import Database
from kyoto.core.database.permissions import Role, allowed
from kyoto.core.database.sessions import csrf_token
from kyoto.core.database.tables import Account
from kyoto.core.database.work import Work, working
from kyoto.portal.mandates.evidence import EvidenceSource
from kyoto.portal.mandates.shelf import Shelf
from kyoto.portal.wording import Words

__all__ = ["Desk", "Reply", "Settings", "Upload", "Visit"]

_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class Settings:
    """How the site is reached, and what it allows.

    Parameters
    ----------
    address
        As readers reach it, without a slash at its end. With ``https``, cookies go over encrypted connections alone.
    public
        Whether somebody without an account may read what a reader may.
    calendar
        File of sessions, added to those that come with Kyoto.
    provider
        OpenID Connect provider; None for passwords alone.
    upload
        Most bytes of a document.
    project, evaluations
        Folder of a built project and file of an evidence register, beside which briefs set a question.
    """

    address: str = "http://127.0.0.1:8010"
    public: bool = False
    calendar: Path | None = None
    provider: Provider | None = None
    upload: int = 20_000_000
    project: Path | None = None
    evaluations: Path | None = None

    @property
    def secure(self) -> bool:
        """Whether readers come over an encrypted connection."""
        return self.address.startswith("https://")

    @property
    def root(self) -> str:
        """Path under which the site stands behind another server; empty at the top."""
        return urlsplit(self.address).path.rstrip("/")


class Desk:
    """The database with what pages read from it, and the settings.

    Parameters
    ----------
    database
        Initialised and current.
    settings
        How the site is reached.
    """

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.settings = settings
        self.shelf = Shelf()
        self._made: tuple[object, dict[str, Any]] = (None, {})
        self.evidence = EvidenceSource(settings.project, settings.evaluations)

    def close(self) -> None:
        """Forget what was read."""
        self.shelf.close()

    def calendar(self, register: Register) -> Calendar:
        """Sessions with their days, those of the register too; read anew, so that an edited file counts at once."""
        return calendar_for(register, self.settings.calendar)

    def remembered(self, name: str, register: Register, today: date, make: Callable[[Calendar], _Made]) -> _Made:
        """Return what follows from the register, the calendar and the day alone, made once until one of them changes.

        Parameters
        ----------
        name
            What it is.
        register, today
            What it follows from; the calendar is that of the register.
        make
            Makes it.
        """
        calendar = self.calendar(register)
        made_of, made = self._made
        if not (isinstance(made_of, tuple) and made_of[0] is register and made_of[1:] == (today, calendar)):
            made = {}
            self._made = ((register, today, calendar), made)
        if name not in made:
            made[name] = make(calendar)
        found: _Made = made[name]
        return found

    def due(self, register: Register, today: date) -> list[DueEntry]:
        """What is due, the earliest first, of the whole register."""
        return self.remembered("due", register, today, lambda calendar: due_entries(register, calendar, today=today))


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a form sent."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer.

    Parameters
    ----------
    body
        Content.
    media
        Media type.
    status
        HTTP status.
    headers
        Further headers, in pairs: a cookie a pair.
    name
        File name to save it under; empty to show it.
    """

    body: bytes = b""
    media: str = "text/html; charset=utf-8"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    name: str = ""

    def adding(self, *headers: tuple[str, str]) -> Reply:
        """Return the same with further headers."""
        return replace(self, headers=(*self.headers, *headers))


@dataclass(frozen=True, slots=True)
class Visit:
    """One request, by whom, in which language.

    Parameters
    ----------
    desk
        What the pages share.
    words
        Language of the page.
    path
        Behind the language.
    query, form
        Parameters of the address, and fields of the form; a name may come several times.
    files
        Files that the form sent.
    actor
        Who signed in; None for nobody.
    token
        Secret of this browser, from which tokens of forms are made.
    client
        Network address that the request came from.
    ended
        Whether the browser showed a session that is over.
    waiting
        What the browser keeps of a sign-in that waits for the provider.
    """

    desk: Desk
    words: Words
    path: str
    query: Mapping[str, list[str]] = field(default_factory=dict)
    form: Mapping[str, list[str]] = field(default_factory=dict)
    files: Mapping[str, Upload] = field(default_factory=dict)
    actor: Actor | None = None
    token: str = ""
    client: str = ""
    ended: bool = False
    waiting: str = ""

    @property
    def name(self) -> str:
        """Name for the audit log."""
        return self.actor.name if self.actor is not None else "anonymous"

    @property
    def csrf(self) -> str:
        """Token that forms carry."""
        return csrf_token(self.token)

    @property
    def today(self) -> date:
        """Day where the server stands."""
        return datetime.now().astimezone().date()

    def asked(self, name: str, default: str = "") -> str:
        """First value of a parameter of the address."""
        return next(iter(self.query.get(name, ())), default)

    def sent(self, name: str, default: str = "") -> str:
        """First value of a field of the form, without blanks at its ends."""
        return next(iter(self.form.get(name, ())), default).strip()

    def to(self, path: str, **query: object) -> str:
        """Address of a page in the same language; parameters that are empty are left out."""
        return self.address(f"{self.words.language}/{path}", **query)

    def address(self, path: str, **query: object) -> str:
        """Address from the root of the host."""
        pairs = [
            (name, str(one))
            for name, value in query.items()
            for one in (value if isinstance(value, list | tuple) else [value])
            if one not in ("", None)
        ]
        return f"{self.desk.settings.root}/{path}" + (f"?{urlencode(pairs)}" if pairs else "")

    def may(self, role: Role) -> bool:
        """Whether who visits has a role for everything."""
        return self.actor is not None and self.actor.role.covers(role)

    def may_for(self, work: Work, role: Role, kind: str, record: str) -> bool:
        """Whether who visits has a role for one record."""
        return self.actor is not None and allowed(work, self.account(work), role, kind, record)

    def account(self, work: Work) -> Account:
        """Account of who visits."""
        return account_named(work, self.name)

    @contextmanager
    def work(self) -> Iterator[Work]:
        """One transaction by who visits."""
        with working(self.desk.database, self.name) as work:
            yield work

    def log_reading(self, work: Work, kind: str, record: str, detail: Mapping[str, Any] | None = None) -> None:
        """Write into the audit log who read what; what anybody may read without an account is not logged."""
        if self.actor is not None:
            work.log("read", kind, record[:200], detail)

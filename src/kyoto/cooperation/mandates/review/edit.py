"""What a person wants an obligation to say, applied to an entry of the register; and what that changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, TypeVar

from kyoto.cooperation.mandates.dues import checked_due
from kyoto.cooperation.mandates.events import changed
from kyoto.cooperation.mandates.followup.register import Entry, require_followable
from kyoto.cooperation.mandates.obligations.lexicon import known_conditions
from kyoto.core.errors import KyotoError, Problems, did_you_mean

__all__ = [
    "FIELDS",
    "AnyEdit",
    "Difference",
    "Edit",
    "apply_edit",
    "checked_dues",
    "differences",
    "edit_of",
    "nothing_to_change",
    "too_long",
]

EXTRACTED = ("addressees", "conditions", "due", "report_to")
FIELDS = ("state", "status", *EXTRACTED, "units")
"""Fields of an entry that a person decides."""

_SHOWN = ("title", "adopted", "force", "clause")
_LONGEST, _NAME, _MOST = 4000, 200, 60

_Any = TypeVar("_Any", bound="AnyEdit")


@dataclass(frozen=True, slots=True)
class AnyEdit:
    """What a person wants a record to say: everything that a person decides about it, as it shall be."""

    def plain(self) -> dict[str, Any]:
        """As values that JSON can hold."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def of(cls: type[_Any], plain: Mapping[str, Any]) -> _Any:
        """Return the edit of its plain values."""
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()})


@dataclass(frozen=True, slots=True)
class Edit(AnyEdit):
    """Everything that a person decides about an obligation, as it shall be.

    Parameters
    ----------
    addressees, conditions, due, report_to, units
        Identifiers, or names that a person typed; empty for none.
    state
        ``accepted``, ``rejected``, or what it is.
    status
        Where the obligation stands.
    evidence
        What shows it: a symbol, an address, a sentence.
    """

    addressees: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    due: tuple[str, ...] = ()
    report_to: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    state: str = ""
    status: str = "not-started"
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that differs: its name, and what it held before and after."""

    field: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def edit_of(entry: Entry) -> Edit:
    """Return the edit that changes nothing."""
    fields: dict[str, Any] = {name: getattr(entry, name) for name in FIELDS}
    return Edit(**fields)


def apply_edit(entry: Entry, edit: Edit, *, by: str, today: date, approved_by: str = "") -> Entry:
    """Make an entry say what an edit says; who wanted it and who approved it stays in its history.

    An entry whose addressees, conditions, recipients or times a person changed is ``edited``: the person answers for
    it, as with one that was accepted.

    Parameters
    ----------
    entry
        As it stands.
    edit
        As it shall be.
    by, approved_by
        Who wants it, and who agreed if that is another person.
    today
        Day of the change.

    Raises
    ------
    KyotoError
        ``mandates.nothing-to-change``, ``mandates.unknown-condition``, ``mandates.wrong-due``, ``mandates.too-long``,
        and those of
        :func:`~kyoto.cooperation.mandates.followup.change`.
    """
    edit = _checked(edit)
    new = {name: getattr(edit, name) for name in EXTRACTED if getattr(edit, name) != getattr(entry, name)}
    state = "edited" if new and edit.state != "rejected" else edit.state
    decided = {"state": state, "status": edit.status, "units": edit.units}
    new |= {name: value for name, value in decided.items() if value != getattr(entry, name)}
    if not (new or edit.evidence):
        raise nothing_to_change(entry.id)
    moved = {name: str(new.get(name, "")) for name in ("state", "status")}
    require_followable(entry, by=by, **moved, evidence=edit.evidence)
    return changed(entry, new, by=by, today=today, evidence=edit.evidence, approved_by=approved_by)


def nothing_to_change(identifier: str) -> KyotoError:
    """What is told to somebody whose change changes nothing."""
    return KyotoError("Nothing would change", code="mandates.nothing-to-change", got=identifier)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """List the fields in which two forms of an entry differ, those that a person decides first.

    Examples
    --------
    >>> differences({"status": "not-started", "due": ["date:2031"]}, {"status": "done", "due": ["date:2031"]})
    [Difference(field='status', before=('not-started',), after=('done',))]
    """
    known = dict.fromkeys([*FIELDS, "evidence", *_SHOWN])
    names = [*known, *(name for name in after if name not in known and name not in _INNER)]
    found = [Difference(name, _listed(before.get(name)), _listed(after.get(name))) for name in names]
    return [one for one in found if one.before != one.after]


_INNER = frozenset({"id", "document", "act", "paragraph", "place", "asks", "history", "fingerprint"})
"""Fields of records that no person changes."""


def _listed(value: Any) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    if isinstance(value, bool):
        return ("yes" if value else "no",)
    return tuple(str(one) for one in value) if isinstance(value, list | tuple) else (str(value),)


def _checked(edit: Edit) -> Edit:
    """The edit with its times in their one spelling, or all that is wrong with it."""
    problems = Problems()
    known = [name for name, _ in known_conditions()]
    for condition in edit.conditions:
        if condition not in known:
            problems.add(
                KyotoError(
                    "Unknown condition",
                    code="mandates.unknown-condition",
                    got=condition,
                    hint=did_you_mean(condition, known),
                )
            )
    due = checked_dues(edit.due, problems)
    too_long(edit, problems)
    problems.raise_if_any()
    return replace(edit, due=due)


def checked_dues(wanted: tuple[str, ...], problems: Problems) -> tuple[str, ...]:
    """Times in their one spelling, each once; what is no time goes to the problems."""
    due = []
    for one in wanted:
        try:
            due.append(checked_due(one))
        except KyotoError as error:
            problems.add(error)
    return tuple(dict.fromkeys(due))


def too_long(edit: AnyEdit, problems: Problems) -> None:
    """Tell that a text or a list is longer than anybody reads."""
    texts = edit.plain().values()
    lists = [each for each in texts if isinstance(each, list)]
    long = any(isinstance(text, str) and len(text) > _LONGEST for text in texts)
    if long or any(len(each) > _MOST or any(len(name) > _NAME for name in each) for each in lists):
        problems.add(
            KyotoError(
                "The text is too long",
                code="mandates.too-long",
                expected=f"{_LONGEST} characters of text, {_MOST} names of {_NAME} characters at most",
            )
        )

"""What a person wants an obligation to say, applied to an entry of the register; and what that changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from kyoto.cooperation.mandates.dues import checked_due
from kyoto.cooperation.mandates.followup.register import Entry, Event, Register, change
from kyoto.cooperation.mandates.obligations.lexicon import known_conditions
from kyoto.core.errors import KyotoError, Problems, did_you_mean

__all__ = ["FIELDS", "Difference", "Edit", "apply_edit", "differences", "edit_of"]

EXTRACTED = ("addressees", "conditions", "due", "report_to")
FIELDS = ("state", "status", *EXTRACTED, "units")
"""Fields of an entry that a person decides."""

_LONGEST, _NAME, _MOST = 4000, 200, 60


@dataclass(frozen=True, slots=True)
class Edit:
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

    def plain(self) -> dict[str, Any]:
        """As values that JSON can hold."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @staticmethod
    def of(plain: Mapping[str, Any]) -> Edit:
        """Return the edit of its plain values."""
        fields: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()
        }
        return Edit(**fields)


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
    moved = [name for name in EXTRACTED if getattr(edit, name) != getattr(entry, name)]
    state = "edited" if moved and edit.state != "rejected" else edit.state
    state = "" if state == entry.state else state
    status = edit.status if edit.status != entry.status else ""
    units = edit.units != entry.units
    if not (moved or state or status or units or edit.evidence):
        raise KyotoError("Nothing would change", code="mandates.nothing-to-change", got=entry.id)
    # status and evidence are checked where the command line checks them
    changed = change(
        Register((entry,)), entry.id, by=by, today=today, state=state, status=status, evidence=edit.evidence
    ).entries[0]
    what = [f"{name}: {', '.join(getattr(edit, name)) or '–'}" for name in moved]
    what += [f"state: {state}"] if state else []
    what += [f"status: {status}"] if status else []
    what += [f"units: {', '.join(edit.units) or '–'}"] if units else []
    what += ["evidence"] if edit.evidence and not what else []
    what += [f"approved by {approved_by}"] if approved_by else []
    event = Event(today.isoformat(), by, "; ".join(what), edit.evidence)
    fields: dict[str, Any] = {name: getattr(edit, name) for name in (*EXTRACTED, "units")}
    return replace(changed, **fields, history=(*entry.history, event))


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """List the fields in which two forms of an entry differ, those that a person decides first.

    Examples
    --------
    >>> differences({"status": "not-started", "due": ["date:2031"]}, {"status": "done", "due": ["date:2031"]})
    [Difference(field='status', before=('not-started',), after=('done',))]
    """
    names = dict.fromkeys([*FIELDS, "evidence", "force", "clause", "title", "adopted"])
    found = [Difference(name, _listed(before.get(name)), _listed(after.get(name))) for name in names]
    return [one for one in found if one.before != one.after]


def _listed(value: Any) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    return tuple(str(one) for one in value) if isinstance(value, list | tuple) else (str(value),)


def _checked(edit: Edit) -> Edit:
    """The edit with its times in their one spelling, or all that is wrong with it."""
    problems, due = Problems(), []
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
    for one in edit.due:
        try:
            due.append(checked_due(one))
        except KyotoError as error:
            problems.add(error)
    if _too_long(edit):
        problems.add(
            KyotoError(
                "The text is too long",
                code="mandates.too-long",
                expected=f"{_LONGEST} characters of evidence, {_MOST} names of {_NAME} characters at most",
            )
        )
    problems.raise_if_any()
    return replace(edit, due=tuple(dict.fromkeys(due)))


def _too_long(edit: Edit) -> bool:
    lists = (edit.addressees, edit.report_to, edit.units, edit.due)
    return len(edit.evidence) > _LONGEST or any(
        len(each) > _MOST or any(len(name) > _NAME for name in each) for each in lists
    )

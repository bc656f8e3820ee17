"""What the form of each kind of record sends, as the edit that it means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from kyoto.cooperation.mandates.followup import STATUSES
from kyoto.cooperation.mandates.mechanisms import RESPONSES
from kyoto.cooperation.mandates.obligations.lexicon import known_conditions, known_parties, meaning_of_condition
from kyoto.cooperation.mandates.review import AnyEdit, Edit, RecommendationEdit, SessionEdit
from kyoto.portal.mandates.desk import Visit

__all__ = ["choices", "sent_edit"]


def sent_edit(visit: Visit, kind: str) -> AnyEdit:
    """Return what a form asks for."""
    return _EDITS[kind](visit)


def choices(kind: str, one: Any, edit: Any) -> Mapping[str, Any]:
    """Return what the form of a kind offers to choose from."""
    if kind == "obligation":
        chosen = {*edit.addressees, *edit.report_to}
        return {
            "parties": sorted(known_parties().names.items(), key=lambda pair: (pair[0] not in chosen, pair[1].lower())),
            "conditions": [(name, meaning_of_condition(name)) for name, _ in known_conditions()],
            "states": tuple(dict.fromkeys((one.state, "accepted", "rejected"))),
            "statuses": STATUSES,
        }
    return {"responses": RESPONSES, "statuses": STATUSES} if kind == "recommendation" else {}


def _obligation(visit: Visit) -> Edit:
    return Edit(
        addressees=_parties(visit, "addressees"),
        conditions=_several(visit.form.get("conditions", ())),
        due=_several(visit.sent("due").splitlines()),
        report_to=_parties(visit, "report_to"),
        units=_several(visit.sent("units").splitlines()),
        state=visit.sent("state"),
        status=visit.sent("status"),
        evidence=visit.sent("evidence"),
    )


def _recommendation(visit: Visit) -> RecommendationEdit:
    return RecommendationEdit(
        text=" ".join(visit.sent("text").split()),
        provision=visit.sent("provision"),
        number=visit.sent("number"),
        made_by=_several(visit.sent("made_by").splitlines()),
        made_on=visit.sent("made_on"),
        response=visit.sent("response"),
        status=visit.sent("status"),
        due=_several(visit.sent("due").splitlines()),
        units=_several(visit.sent("units").splitlines()),
        evidence=visit.sent("evidence"),
    )


def _session(visit: Visit) -> SessionEdit:
    return SessionEdit(
        start=visit.sent("start"),
        end=visit.sent("end"),
        note=visit.sent("note"),
        source=visit.sent("source"),
        verified=visit.sent("verified") == "1",
    )


_EDITS: Final[Mapping[str, Callable[[Visit], AnyEdit]]] = {
    "obligation": _obligation,
    "recommendation": _recommendation,
    "session": _session,
}


def _parties(visit: Visit, name: str) -> tuple[str, ...]:
    """Parties that were ticked, and those that were typed, one a line."""
    return _several([*visit.form.get(name, ()), *visit.sent(f"{name}_other").splitlines()])


def _several(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value.strip() for value in values if value.strip()))

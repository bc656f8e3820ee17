"""Freezing a design: a copy with its hash and date, against which later changes show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kyoto.analysis.evaluation.phrases import phrases
from kyoto.analysis.evaluation.plan.model import EvaluationDesign, design_hash
from kyoto.core.errors import KyotoError, Where
from kyoto.core.files import sha256_of, write_whole

__all__ = ["FreezeState", "freeze", "freeze_state", "lock_path", "require"]


@dataclass(frozen=True, slots=True)
class FreezeState:
    """How a design stands to its frozen copy.

    Parameters
    ----------
    state
        ``frozen`` (unchanged), ``changed``, or ``none`` (never frozen).
    when
        Time of freezing (UTC, ISO 8601), empty if never.
    sha256
        Hash of the frozen design.
    changes
        Dotted keys that differ, each with what it was and what it is.
    outcomes_known
        Whether the file of outcomes existed when the design was frozen.
    """

    state: str
    when: str = ""
    sha256: str = ""
    changes: tuple[str, ...] = ()
    outcomes_known: bool = False

    def sentence(self, language: str = "en") -> str:
        """What a reader must know of it.

        Parameters
        ----------
        language
            One of :data:`~kyoto.analysis.evaluation.phrases.LANGUAGES`; what changed is told as it was written.
        """
        say = phrases(language)
        if self.state == "none":
            return say("source.exploratory")
        known = f" {say('source.known')}" if self.outcomes_known else ""
        day = self.when[:10]
        if self.state == "frozen":
            return say("source.frozen", day=day, hash=self.sha256[:12]) + known
        return say("source.changed", day=day, changes="; ".join(self.changes)) + known


def lock_path(design: EvaluationDesign) -> Path:
    """File beside the design that holds its frozen copy."""
    if design.file is None:
        raise KyotoError("A design made in Python has no file to freeze beside", code="evaluation.no-file")
    return design.file.with_suffix(".frozen.json")


def freeze(design: EvaluationDesign, *, again: bool = False) -> FreezeState:
    """Write the frozen copy.

    Parameters
    ----------
    design
        A design that was read from its file.
    again
        Whether a copy that differs may be replaced; the earlier ones are kept inside.

    Raises
    ------
    KyotoError
        ``evaluation.already-frozen``: there is a copy, and it differs.
    """
    path = lock_path(design)
    history: list[Any] = []
    if path.exists():
        state = freeze_state(design)
        if state.state == "frozen":
            return state
        if not again:
            raise KyotoError(
                "The design was frozen before, and differs now",
                code="evaluation.already-frozen",
                where=Where(file=str(path)),
                got="; ".join(state.changes),
                hint="Undo the change, or freeze again with --again: the earlier copy stays in the file.",
            )
        earlier = _read(path)
        history = [*earlier.pop("earlier", []), earlier]
    content = {
        "frozen": datetime.now(UTC).isoformat(timespec="seconds"),
        "sha256": design_hash(design),
        "design": design.canonical(),
        "outcomes": sha256_of(design.data) if design.data.exists() else None,
        "earlier": history,
    }
    write_whole(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    return freeze_state(design)


def freeze_state(design: EvaluationDesign) -> FreezeState:
    """Compare a design with its frozen copy.

    Raises
    ------
    KyotoError
        ``evaluation.broken-lock``: the copy does not fit its own hash.
    """
    if design.file is None or not lock_path(design).exists():
        return FreezeState("none")
    lock = _read(lock_path(design))
    changes = tuple(_changes("", lock["design"], design.canonical()))
    return FreezeState(
        "changed" if changes else "frozen", lock["frozen"], lock["sha256"], changes, lock["outcomes"] is not None
    )


def _read(path: Path) -> dict[str, Any]:
    import hashlib

    broken = KyotoError(
        "The frozen copy was tampered with or damaged",
        code="evaluation.broken-lock",
        where=Where(file=str(path)),
        hint="Restore it from version control; its hash no longer fits what it holds.",
    )
    try:
        lock: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        text = json.dumps(lock["design"], sort_keys=True, ensure_ascii=False)
        whole = hashlib.sha256(text.encode()).hexdigest() == lock["sha256"]
    except (ValueError, KeyError, TypeError) as error:
        raise broken from error
    if not whole:
        raise broken
    return lock


def _changes(key: str, old: Any, new: Any) -> list[str]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        found = []
        for name in sorted(set(old) | set(new)):
            found += _changes(f"{key}.{name}".strip("."), old.get(name), new.get(name))
        return found
    return [] if old == new else [f"{key} was {_short(old)}, is {_short(new)}"]


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "…"


def require(design: EvaluationDesign) -> FreezeState:
    """Freeze state of a design that must be frozen and unchanged.

    Raises
    ------
    KyotoError
        ``evaluation.not-frozen``.
    """
    state = freeze_state(design)
    if state.state != "frozen":
        raise KyotoError(
            "The design is not as it was frozen" if state.state == "changed" else "The design was never frozen",
            code="evaluation.not-frozen",
            where=Where(file=str(design.file)),
            got="; ".join(state.changes),
            hint="Run without --require-frozen: the result then says so.",
        )
    return state

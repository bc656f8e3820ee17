"""What a reader of a figure should know beside it: the form that rooms share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Finding"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a reader of a figure should know. It never holds a value of a single record.

    Parameters
    ----------
    severity
        ``warning`` or ``note``.
    code
        Stable identifier, ``room.what-is-so``.
    message
        One sentence.
    count
        Rows, cases, pairs or periods that it concerns.

    Examples
    --------
    >>> Finding("note", "flow.open-cases", "Three cases are open.", 3).row()["count"]
    3
    """

    severity: Literal["warning", "note"]
    code: str
    message: str
    count: int = 0

    def row(self) -> dict[str, object]:
        """Mapping for the command line."""
        return {"severity": self.severity, "code": self.code, "count": self.count, "message": self.message}

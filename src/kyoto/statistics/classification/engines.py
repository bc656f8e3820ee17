"""What engines do differently."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["without_blanks"]


def without_blanks(text: ir.StringValue) -> ir.StringValue:
    """Text without the spaces around it, by the engine's own ``trim``.

    Ibis writes ``strip()`` with escapes for vertical tab and form feed that Spark does not know and reads as the
    letters v and f: there, "vehicle" would become "ehicle".
    """
    return _trim()(text)


@cache
def _trim() -> Callable[[ir.StringValue], ir.StringValue]:
    import ibis
    import ibis.expr.datatypes as dt

    # Ibis needs a function to name a built-in of the engine; its body is never run.
    trim: Callable[[ir.StringValue], ir.StringValue] = ibis.udf.scalar.builtin(
        lambda text: None, name="trim", signature=((dt.string,), dt.string)
    )
    return trim

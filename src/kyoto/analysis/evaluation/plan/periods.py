"""Which periods lie before a date that a design names, whatever way periods are written in the data."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kyoto.core.errors import KyotoError, Where

__all__ = ["against"]


def against(values: pd.Series[Any], moment: Any, *, where: Where) -> NDArray[np.int64]:
    """-1, 0 or 1 for each period that is before, at or after a moment.

    Numbers are compared as numbers. Texts (ISO 8601) are compared up to the length of the shorter one, so that the
    month 2020-07 is not before its own first day.

    Parameters
    ----------
    values
        Periods, shape (rows,).
    moment
        As the design says: a number, or a text such as ``2020-07-01``.
    where
        For the message.

    Returns
    -------
    numpy.ndarray
        Shape (rows,).

    Raises
    ------
    KyotoError
        ``evaluation.wrong-period``: the moment and the periods are not written in the same way.

    Examples
    --------
    >>> against(pd.Series([4, 30, 31]), 30, where=Where()).tolist()
    [-1, 0, 1]
    >>> against(pd.Series(["2020-06", "2020-07"]), "2020-07-01", where=Where()).tolist()
    [-1, 0]
    """
    numbers = pd.to_numeric(values, errors="coerce") if values.dtype == object else values
    if isinstance(moment, (int, float)) and pd.api.types.is_numeric_dtype(numbers) and numbers.notna().all():
        return np.sign(numbers.to_numpy(dtype=np.float64) - float(moment)).astype(np.int64)
    places, texts = pd.factorize(values.astype(str))
    signs = [_sign(str(text), str(moment), where) for text in texts]
    return np.array(signs, dtype=np.int64)[places]


def _sign(text: str, wanted: str, where: Where) -> int:
    length = min(len(text), len(wanted))
    period, border = text[:length], wanted[:length]
    if _shape(period) != _shape(border):
        raise KyotoError(
            "The design and the data do not write periods in the same way",
            code="evaluation.wrong-period",
            where=where,
            got=f"{text!r} in the data, {wanted!r} in the design",
            expected="both as numbers, or both as dates such as 2020-07",
        )
    return (period > border) - (period < border)


def _shape(text: str) -> str:
    return re.sub(r"\d", "0", text)

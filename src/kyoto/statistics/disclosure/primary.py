"""Primary rules: which cells may not be published, and how uncertain they must stay.

Source: Hundepool et al. (2012), *Statistical Disclosure Control*, sections 4.2.1 (threshold, dominance and p%-rule)
and 4.4 (protection levels); Loeve (2001), *Notes on sensitivity measures and protection levels*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kyoto.core.errors import KyotoError, Where, did_you_mean
from kyoto.statistics.disclosure.result import Reason

if TYPE_CHECKING:
    from kyoto.statistics.disclosure.settings import DisclosureSettings

__all__ = ["PrimaryCells", "primary_cells"]

_FEW_CONTRIBUTORS_PERCENT = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class PrimaryCells:
    """Cells that a rule withholds.

    Parameters
    ----------
    reasons
        Code of :class:`~kyoto.statistics.disclosure.result.Reason` for each cell, empty where publishable.
    lowest, highest
        Values that must both stay possible for a reader; the true value where there is no rule.
    """

    reasons: NDArray[np.object_]
    lowest: NDArray[np.float64]
    highest: NDArray[np.float64]


def primary_cells(frame: pd.DataFrame, settings: DisclosureSettings) -> PrimaryCells:
    """Apply the rules to the cells of one table.

    Parameters
    ----------
    frame
        Checked cells. The threshold also applies to ``contributors`` where that column is present; a column
        ``threshold`` asks for a stricter one of single cells; the p%-rule and the dominance rule read ``largest`` and
        ``second_largest``.
    settings
        The rules.

    Returns
    -------
    PrimaryCells
        A count below the threshold must stay possible from zero up to the threshold. A cell under the p%-rule
        or the dominance rule must stay uncertain by the amount that would make it safe.

    Raises
    ------
    KyotoError
        ``disclosure.missing-column``: a rule needs contributions that the cells do not carry.

    Examples
    --------
    >>> from kyoto.statistics.disclosure.settings import DisclosureSettings
    >>> cells = primary_cells(pd.DataFrame({"value": [0, 2, 3]}), DisclosureSettings("suppression"))
    >>> cells.reasons.tolist(), cells.lowest.tolist(), cells.highest.tolist()
    (['', 'A', ''], [0.0, 0.0, 3.0], [0.0, 3.0, 3.0])
    """
    values = frame["value"].to_numpy(dtype=np.float64, na_value=np.nan)
    least = np.full(len(values), float(settings.threshold))
    if "threshold" in frame.columns:
        least = np.fmax(least, _numbers(frame, "threshold"))
    rules = [_small_counts(values, least)]
    if "contributors" in frame.columns:
        rules.append(_few_contributors(values, _numbers(frame, "contributors"), settings))
    if settings.p_percent is not None or settings.dominance_n is not None:
        largest, second = _numbers(frame, "largest"), _numbers(frame, "second_largest")
        rules.append(_p_percent_rule(values, largest, second, settings))
        rules.append(_dominance_rule(values, largest, second, settings))
    if settings.protect_zeros:
        rules.append(_zeros(values, settings))
    reasons = np.full(len(values), "", dtype=object)
    up, down = np.zeros(len(values)), np.zeros(len(values))
    for code, rise, fall in rules:
        broken = (rise > 0) | (fall > 0)
        reasons[broken & (reasons == "")] = code
        up, down = np.fmax(up, rise), np.fmax(down, fall)
    return PrimaryCells(reasons, values - np.minimum(down, values), values + up)


_Rule = tuple[str, NDArray[np.float64], NDArray[np.float64]]
"""Code, needed rise and needed fall of each cell."""


def _where(broken: NDArray[np.bool_], amount: NDArray[np.float64] | float) -> NDArray[np.float64]:
    return np.where(broken, amount, 0.0)


def _small_counts(values: NDArray[np.float64], least: NDArray[np.float64]) -> _Rule:
    small = (values > 0) & (values < least)
    return Reason.SMALL_COUNT, _where(small, least - values), _where(small, values)


def _zeros(values: NDArray[np.float64], settings: DisclosureSettings) -> _Rule:
    zero = values == 0
    return Reason.SMALL_COUNT, _where(zero, float(settings.threshold)), np.zeros(len(values))


def _few_contributors(
    values: NDArray[np.float64], contributors: NDArray[np.float64], settings: DisclosureSettings
) -> _Rule:
    few = (contributors > 0) & (contributors < settings.threshold) & (values > 0)
    percent = settings.p_percent or _FEW_CONTRIBUTORS_PERCENT
    amount = np.maximum(np.ceil(values * percent / 100), settings.threshold)
    return Reason.SMALL_COUNT, _where(few, amount), _where(few, amount)


def _p_percent_rule(
    values: NDArray[np.float64],
    largest: NDArray[np.float64],
    second: NDArray[np.float64],
    settings: DisclosureSettings,
) -> _Rule:
    if settings.p_percent is None:
        return Reason.CONCENTRATION, np.zeros(len(values)), np.zeros(len(values))
    amount = np.ceil(settings.p_percent / 100 * largest - (values - largest - second) - 1e-9)
    broken = (values > 0) & (amount > 0)
    return Reason.CONCENTRATION, _where(broken, amount), _where(broken, amount)


def _dominance_rule(
    values: NDArray[np.float64],
    largest: NDArray[np.float64],
    second: NDArray[np.float64],
    settings: DisclosureSettings,
) -> _Rule:
    code = Reason.DOMINANCE_OF_ONE if settings.dominance_n == 1 else Reason.DOMINANCE_OF_ONE_OR_TWO
    if settings.dominance_n is None or settings.dominance_k is None:
        return code, np.zeros(len(values)), np.zeros(len(values))
    top = largest if settings.dominance_n == 1 else largest + second
    broken = (values > 0) & (top > settings.dominance_k / 100 * values)
    amount = np.ceil(top * 100 / settings.dominance_k - values - 1e-9)
    return code, _where(broken, amount), _where(broken, amount)


def _numbers(frame: pd.DataFrame, name: str) -> NDArray[np.float64]:
    if name not in frame.columns:
        raise KyotoError(
            f"The cells have no column {name!r}",
            code="disclosure.missing-column",
            where=Where(column=name),
            hint=did_you_mean(name, [str(column) for column in frame.columns]),
        )
    numbers: NDArray[np.float64] = frame[name].fillna(0).to_numpy(dtype=np.float64)
    return numbers

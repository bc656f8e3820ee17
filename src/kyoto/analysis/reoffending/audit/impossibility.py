"""Why not all errors can be made equal: arithmetic on the agency's own numbers.

For any score at a cut-off, ``FPR = p / (1 - p) * (1 - PPV) / PPV * (1 - FNR)`` where ``p`` is the base rate. Groups
with different base rates cannot share predictive value, false negative rate and false positive rate, unless the score
never errs.
"""

from __future__ import annotations

from dataclasses import dataclass

from kyoto.analysis.reoffending.audit.misclassification import ErrorRates

__all__ = ["Tension", "false_positive_rate_implied", "tensions"]


@dataclass(frozen=True, slots=True)
class Tension:
    """What equality of two measures would make of the third, in one group.

    Parameters
    ----------
    group
        The group.
    base_rate
        Its share with the outcome.
    false_positive_rate
        As it is.
    if_equal
        As it would be, did the group have the predictive value and the false negative rate of all people.
    n
        Persons of the group.
    """

    group: str
    base_rate: float
    false_positive_rate: float
    if_equal: float
    n: int


def false_positive_rate_implied(base_rate: float, predictive_value: float, false_negative_rate: float) -> float:
    """False positive rate that follows from the other three.

    Notes
    -----
    Chouldechova (2017), *Big Data* 5, equation 2.6.

    Examples
    --------
    >>> round(false_positive_rate_implied(0.5, 0.6, 0.3), 4)
    0.4667
    """
    odds = base_rate / (1 - base_rate)
    return odds * (1 - predictive_value) / predictive_value * (1 - false_negative_rate)


def tensions(whole: ErrorRates, groups: dict[str, ErrorRates]) -> tuple[Tension, ...]:
    """What equal predictive value and equal false negative rate would mean for the false positive rate of each group.

    Parameters
    ----------
    whole
        Errors among all people.
    groups
        Errors in each group at the same cut-off.
    """
    value = whole.measures["positive_predictive_value"].estimate
    missed = whole.measures["false_negative_rate"].estimate
    found = []
    for name, rates in groups.items():
        base, actual = (rates.measures[key].estimate for key in ("base_rate", "false_positive_rate"))
        if None in (base, actual, value, missed) or not value or base == 1:
            continue
        assert base is not None and actual is not None and missed is not None
        implied = false_positive_rate_implied(base, value, missed)
        found.append(Tension(name, base, actual, implied, rates.measures["base_rate"].n))
    return tuple(found)

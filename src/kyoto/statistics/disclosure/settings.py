"""How tables are protected: the ``[disclosure]`` section of the project file."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from kyoto.core.errors import KyotoError, did_you_mean

if TYPE_CHECKING:
    from kyoto.core.project import Section

__all__ = ["METHODS", "ROUNDINGS", "DisclosureSettings"]

METHODS = ("cell-key", "suppression", "rounding", "none")
"""Ways to protect a table."""

ROUNDINGS = ("random", "conventional", "controlled")
"""Ways to round: unbiased by cell key, to the nearest multiple, or so that totals add up."""


@dataclass(frozen=True, slots=True)
class DisclosureSettings:
    """What is done to every table before it leaves.

    Parameters
    ----------
    method
        One of :data:`METHODS`. ``none`` has to be said; every output then states it.
    threshold
        Positive counts below it are not published: cell-key noise moves them to zero or to the threshold and
        above, suppression withholds them.
    max_deviation
        Cell key: largest noise, as a count (D).
    variance
        Cell key: variance of the noise (V), in counts squared.
    base
        Rounding: multiples of this are published.
    rounding
        Rounding: one of :data:`ROUNDINGS`.
    p_percent
        Suppression: withhold a cell where its second largest contributor can estimate the largest within this
        percentage (p%-rule); None for no such rule.
    dominance_n, dominance_k
        Suppression: withhold a cell of which the ``n`` (1 or 2) largest contributors make more than ``k`` percent.
    protect_zeros
        Suppression: withhold zeros too, where a zero tells something (nobody was acquitted).
    exact_cells
        Suppression: up to this many cells, every secondary cell is tried for being published again; above, only the
        largest ones.
        Controlled rounding: parts of up to ten times as many cells are solved as one.
    secret
        Cell key: text that is mixed into the cell keys, so that nobody who can compute record keys knows the
        noise. Keep it the same from release to release; it is never written to an output.

    Raises
    ------
    KyotoError
        ``disclosure.wrong-setting``: values that contradict each other, or that would protect nothing.

    Examples
    --------
    >>> DisclosureSettings().method
    'cell-key'
    >>> DisclosureSettings(method="rounding", base=1)
    Traceback (most recent call last):
    ...
    kyoto.core.errors.KyotoError: Rounding to multiples of 1 protects nothing
      expected: a base of 2 or more
      code: disclosure.wrong-setting
    """

    method: str = "cell-key"
    threshold: int = 3
    max_deviation: int = 5
    variance: float = 3.0
    base: int = 5
    rounding: str = "random"
    p_percent: float | None = None
    dominance_n: int | None = None
    dominance_k: float | None = None
    protect_zeros: bool = False
    exact_cells: int = 500
    secret: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        problem = _first_problem(self)
        if problem is not None:
            title, expected = problem
            raise KyotoError(title, code="disclosure.wrong-setting", expected=expected)

    @classmethod
    def from_section(cls, section: Section) -> DisclosureSettings:
        """Read the ``[disclosure]`` section; an absent one gives cell-key perturbation.

        Parameters
        ----------
        section
            Section of the project file; its problems are recorded there, all in one pass.

        Returns
        -------
        DisclosureSettings
            The settings written there, or the defaults where what is written is wrong (the problems recorded
            on the section keep the build from starting).
        """
        own = cls()
        before = len(section.problems)
        values: dict[str, Any] = {
            "method": section.text("method", own.method, choices=METHODS),
            "threshold": section.whole("threshold", own.threshold, least=1),
            "max_deviation": section.whole("max_deviation", own.max_deviation, least=1),
            "variance": section.number("variance", own.variance),
            "base": section.whole("base", own.base, least=2),
            "rounding": section.text("rounding", own.rounding, choices=ROUNDINGS),
            "p_percent": section.number("p_percent"),
            "dominance_n": section.whole("dominance_n", least=1),
            "dominance_k": section.number("dominance_k"),
            "protect_zeros": section.flag("protect_zeros", own.protect_zeros),
            "exact_cells": section.whole("exact_cells", own.exact_cells, least=10),
            "secret": section.text("secret", own.secret),
        }
        section.finish()
        if len(section.problems) > before:
            return own
        try:
            return cls(**values)
        except KyotoError as error:
            section.problems.add(section.project.problem(error.title, *section.path, expected=error.expected))
            return own

    @property
    def protects(self) -> bool:
        """False for the method ``none``."""
        return self.method != "none"

    @property
    def links_tables(self) -> bool:
        """Whether tables that share cells must be protected together: not where each cell is settled by its key."""
        return self.method == "suppression"

    @property
    def adds_noise(self) -> bool:
        """Whether figures are moved, so that readers are left with a range for each: cell keys and rounding."""
        return self.protects and not self.links_tables

    def facts(self) -> dict[str, Any]:
        """Settings that the chosen method uses, for the manifest and the report; never the secret.

        Examples
        --------
        >>> DisclosureSettings(method="rounding").facts()
        {'method': 'rounding', 'base': 5, 'rounding': 'random'}
        """
        used = {"method", *_USED_BY[self.method]}
        return {name: value for name, value in asdict(self).items() if name in used and value is not None}


_USED_BY = {
    "none": (),
    "cell-key": ("threshold", "max_deviation", "variance"),
    "rounding": ("base", "rounding"),
    "suppression": ("threshold", "p_percent", "dominance_n", "dominance_k", "protect_zeros", "exact_cells"),
}


def _first_problem(settings: DisclosureSettings) -> tuple[str, str] | None:
    """Title and expectation of the first setting that cannot be, or None."""
    if settings.method not in METHODS:
        return f"Unknown method {settings.method!r}", "one of " + ", ".join(METHODS)
    if settings.rounding not in ROUNDINGS:
        return f"Unknown rounding {settings.rounding!r}. {did_you_mean(settings.rounding, ROUNDINGS)}", "a known one"
    checks = {"cell-key": _cell_key_problem, "rounding": _rounding_problem, "suppression": _suppression_problem}
    check = checks.get(settings.method)
    return check(settings) if check else None


def _rounding_problem(settings: DisclosureSettings) -> tuple[str, str] | None:
    if settings.base < 2:
        return f"Rounding to multiples of {settings.base} protects nothing", "a base of 2 or more"
    return None


def _cell_key_problem(settings: DisclosureSettings) -> tuple[str, str] | None:
    if settings.threshold < 1 or settings.max_deviation < 1:
        return "Threshold and max_deviation are counts", "1 or more"
    if settings.max_deviation < settings.threshold:
        # a count at the threshold itself must be able to fall to zero, else its noise cannot be unbiased
        return "max_deviation is smaller than the threshold", f"at least {settings.threshold}"
    largest = largest_variance(settings.max_deviation, settings.threshold)
    if not 0 < settings.variance <= largest:
        return (
            f"No noise of at most {settings.max_deviation} has a variance of {settings.variance:g} for every count",
            f"a variance above 0 and at most {largest:g}",
        )
    return None


def largest_variance(max_deviation: int, threshold: int) -> float:
    """Largest variance that unbiased noise can have for every positive count.

    Unbiased noise between ``-a`` and ``b`` has at most the variance ``a * b``; the count of one has the least room.

    Examples
    --------
    >>> largest_variance(5, 3)
    5.0
    """
    # A count c can fall to 0 (if within reach) or to the nearest value that may be published, and rise by D.
    rooms = []
    for count in range(1, max_deviation + threshold + 1):
        lowest = min(v for v in range(max(0, count - max_deviation), count + 1) if v == 0 or v >= threshold)
        rooms.append(float((count - lowest) * max_deviation))
    return min(rooms)


def _suppression_problem(settings: DisclosureSettings) -> tuple[str, str] | None:
    if settings.p_percent is not None and not 0 < settings.p_percent <= 100:
        return f"p_percent is a percentage, not {settings.p_percent:g}", "above 0 and at most 100"
    if (settings.dominance_n is None) != (settings.dominance_k is None):
        return "dominance_n and dominance_k belong together", "both or neither"
    if settings.dominance_n is not None and settings.dominance_n not in (1, 2):
        return f"dominance_n is {settings.dominance_n}", "1 or 2: cells carry their two largest contributors"
    if settings.dominance_k is not None and not 0 < settings.dominance_k < 100:
        return f"dominance_k is a percentage, not {settings.dominance_k:g}", "above 0 and below 100"
    rules = (settings.p_percent, settings.dominance_n, settings.protect_zeros or None)
    if settings.threshold < 2 and all(rule is None for rule in rules):
        return "Suppression without a rule protects nothing", "a threshold of 2 or more, or a dominance rule"
    return None

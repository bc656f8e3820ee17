"""The linkage model: how records are compared, which pairs are looked at, and what trains it.

Every comparison is a ladder of levels, the surest first. A level is SQL that both engines of Splink understand, so the
same model runs on DuckDB and Spark. Records in the clear have near spellings as levels; hashed records have equal
sounds and equal parts of dates in their place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["LEVEL_WORDS", "Model", "build_model"]

LEVEL_WORDS: Final[Mapping[str, str]] = {
    "empty": "not stated in both",
    "equal": "the same",
    "swapped": "given and family name exchanged",
    "near": "nearly the same spelling",
    "sound": "sounds the same",
    "alike": "somewhat alike",
    "start": "same initial",
    "days": "day and month exchanged",
    "typo": "one digit differs",
    "two-parts": "two of year, month and day the same",
    "year": "the same year, no day in one of them",
    "other": "different",
}
"""What each level says, for review files and explanations."""

NEAR, ALIKE = 0.92, 0.8


@dataclass(frozen=True, slots=True)
class Level:
    """One rung of a comparison.

    Parameters
    ----------
    name
        Key of :data:`LEVEL_WORDS`.
    creator
        Splink's creator of the level.
    """

    name: str
    creator: Any


@dataclass(frozen=True, slots=True)
class Model:
    """Settings of Splink and what the numbers of its comparison vectors mean.

    Parameters
    ----------
    comparisons
        Name and levels of each comparison, in order.
    blocking
        Conditions that make two records a candidate pair.
    training
        Conditions under which expectation–maximisation is run, each leaving out what the condition fixes.
    sure
        Condition that holds for sure matches alone; the share of matches starts from it.
    """

    comparisons: tuple[tuple[str, tuple[Level, ...]], ...]
    blocking: tuple[str, ...]
    training: tuple[str, ...]
    sure: str

    def level_name(self, comparison: str, gamma: int) -> str:
        """Name of a level from Splink's comparison vector value (-1 is empty, 0 the last level)."""
        levels = [level.name for level in dict(self.comparisons)[comparison] if level.name != "empty"]
        return "empty" if gamma == -1 else levels[len(levels) - 1 - gamma]

    def settings(self, rounds: int) -> Any:
        """Settings for a linker that trains for at most so many rounds of expectation–maximisation."""
        from splink import SettingsCreator
        from splink import comparison_library as library
        from splink.blocking_rule_library import CustomRule

        return SettingsCreator(
            link_type="dedupe_only",
            unique_id_column_name="record",
            comparisons=[
                library.CustomComparison([level.creator for level in levels], output_column_name=name)
                for name, levels in self.comparisons
            ],
            blocking_rules_to_generate_predictions=[CustomRule(rule) for rule in self.blocking],
            retain_matching_columns=False,
            retain_intermediate_calculation_columns=False,
            em_convergence=0.001,
            max_iterations=rounds,
        )


def build_model(table: pa.Table, *, exact: Sequence[str] = (), hashed: bool = False, within: bool = True) -> Model:
    """Model for what the records hold; a column that is empty in all of them is left out.

    Parameters
    ----------
    table
        Prepared records.
    exact
        Further columns compared for equality.
    hashed
        Values are codes: only equality can be asked.
    within
        Pairs inside one source are candidates too.
    """
    filled = {name for name in table.column_names if table[name].null_count < table.num_rows}
    comparisons: list[tuple[str, tuple[Level, ...]]] = []
    if "given" in filled:
        comparisons.append(("given", _name_levels("given", "family", hashed=hashed)))
    comparisons.append(("family", _name_levels("family", "given" if "given" in filled else "", hashed=hashed)))
    if "birth_year" in filled:
        comparisons.append(("birth", _birth_levels(hashed=hashed)))
    comparisons += [
        (name, _equal_levels(name, rare=name != "sex")) for name in ("sex", "place", *exact) if name in filled
    ]
    rules = [rule for rule in _RULES if set(_columns_of(rule)) <= filled]
    blocking = [_rule_sql(rule) + ("" if within else " AND l.source <> r.source") for rule in rules]
    return Model(tuple(comparisons), tuple(blocking), _training(filled), _rule_sql(_sure(filled)))


# Pairs agree exactly in each column of at least one rule. ``given=family`` means crosswise.
_RULES: Final = (
    ("birth", "given_sound"),
    ("birth", "family_sound"),
    ("given_sound", "family_sound", "birth_year"),
    ("given_sound", "family_sound", "birth_month_day"),
    ("birth", "sex", "place", "given_start"),
    ("given=family", "birth_year"),
    ("birth_sorted", "family_sound"),
    ("given_sound", "family_sound", "place"),
    ("family", "given_start", "birth_year_month"),
)


def _columns_of(rule: Sequence[str]) -> list[str]:
    return [column for part in rule for column in part.split("=")]


def _rule_sql(rule: Sequence[str]) -> str:
    parts = []
    for part in rule:
        left, _, right = part.partition("=")
        if right:
            parts += [f"l.{left} = r.{right}", f"l.{right} = r.{left}"]
        else:
            parts.append(f"l.{left} = r.{left}")
    return " AND ".join(parts)


def _training(filled: set[str]) -> tuple[str, ...]:
    """Names are trained among equal dates, dates and the rest among equal names."""
    wanted: list[tuple[str, ...]] = [("birth",), ("given_sound", "family_sound")]
    if "birth" not in filled:
        wanted = [("family", "place"), ("given", "sex")]
    if "given" not in filled:
        wanted = [("birth",), ("family",)]
    return tuple(_rule_sql(rule) for rule in wanted if set(rule) <= filled)


def _sure(filled: set[str]) -> tuple[str, ...]:
    order = ("family", "given", "birth", "place", "sex")
    return tuple([name for name in order if name in filled][:3])


def _name_levels(column: str, other: str, *, hashed: bool) -> tuple[Level, ...]:
    from splink import comparison_level_library as library

    levels = [Level("empty", library.NullLevel(column)), Level("equal", _exact(column))]
    if other:
        swapped = f"{column}_l = {other}_r AND {other}_l = {column}_r"
        levels.append(Level("swapped", library.CustomLevel(swapped, "swapped")))
    if not hashed:
        levels.append(Level("near", library.JaroWinklerLevel(column, NEAR)))
    levels.append(Level("sound", library.CustomLevel(f"{column}_sound_l = {column}_sound_r", "sound")))
    if not hashed:
        levels.append(Level("alike", library.JaroWinklerLevel(column, ALIKE)))
    elif column == "given":
        levels.append(Level("start", library.CustomLevel("given_start_l = given_start_r", "start")))
    return (*levels, Level("other", library.ElseLevel()))


def _birth_levels(*, hashed: bool) -> tuple[Level, ...]:
    from splink import comparison_level_library as library

    whole = "birth_l IS NOT NULL AND birth_r IS NOT NULL"
    two = [f"birth_{part}_l = birth_{part}_r" for part in ("year_month", "month_day", "year_day")]
    levels = [
        Level("empty", library.NullLevel("birth_year")),
        Level("equal", library.ExactMatchLevel("birth")),
        Level("days", library.CustomLevel("birth_sorted_l = birth_sorted_r", "days")),
    ]
    if not hashed:
        levels.append(Level("typo", library.DamerauLevenshteinLevel("birth", 1)))
    levels += [
        Level("two-parts", library.CustomLevel(f"{whole} AND ({' OR '.join(two)})", "two parts")),
        Level("year", library.CustomLevel(f"birth_year_l = birth_year_r AND NOT ({whole})", "year")),
        Level("other", library.ElseLevel()),
    ]
    return tuple(levels)


def _equal_levels(column: str, *, rare: bool) -> tuple[Level, ...]:
    from splink import comparison_level_library as library

    equal = _exact(column) if rare else library.ExactMatchLevel(column)
    return (Level("empty", library.NullLevel(column)), Level("equal", equal), Level("other", library.ElseLevel()))


def _exact(column: str) -> Any:
    """Equality that counts more for rare values than for common ones."""
    from splink import comparison_level_library as library

    return library.ExactMatchLevel(column, term_frequency_adjustments=True)

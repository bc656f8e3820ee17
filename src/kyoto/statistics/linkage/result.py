"""What linkage gives: a person for every record, the pairs it rests on, and how good it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kyoto.core.errors import KyotoError
from kyoto.core.results import estimates_frame
from kyoto.statistics.linkage.model import Finding, LinkOptions
from kyoto.statistics.linkage.quality import Quality
from kyoto.statistics.linkage.training import Comparison

if TYPE_CHECKING:
    import altair
    import pandas as pd

__all__ = ["Linkage"]


@dataclass(frozen=True, slots=True, eq=False)
class Linkage:
    """Records and the persons they belong to. It holds no name, date or place.

    Parameters
    ----------
    records
        ``source``, ``identifier`` and ``person_id`` of each record, in the order of the files.
    pairs
        Pairs worth a look: ``left``, ``right`` (positions in ``records``), ``probability``, ``weight``, ``linked``
        (both in one person), ``decision`` (``same`` or ``different`` where a reviewer said so, else empty).
    parameters
        Trained model: comparison, level, m, u, weight in bits.
    options
        How it was linked.
    once
        Number of the source of each record where a person stands in it once, else -1.
    quality
        Precision and recall.
    persons_between
        Number of persons with the stricter and the looser threshold of the review range.
    comparisons
        How single pairs were weighed: the doubtful ones, and those asked for.
    findings
        What a reader should know.
    missed
        Estimated share of the true pairs that are not among ``pairs``; None where it cannot be told.
    """

    records: pd.DataFrame
    pairs: pd.DataFrame = field(repr=False)
    parameters: tuple[dict[str, Any], ...] = field(repr=False)
    options: LinkOptions
    once: Any = field(repr=False)
    quality: Quality
    persons_between: tuple[int, int]
    comparisons: tuple[Comparison, ...] = field(default=(), repr=False)
    findings: tuple[Finding, ...] = ()
    missed: float | None = None

    @property
    def persons(self) -> int:
        """Number of persons found."""
        return int(self.records["person_id"].nunique())

    def tidy(self) -> pd.DataFrame:
        """One row an estimate: persons, precision, recall.

        The limits of ``persons`` are the numbers at the ends of the review range, a band of sensitivity.
        """
        low, high = self.persons_between
        rows: list[dict[str, Any]] = [
            {
                "term": "persons",
                "estimate": self.persons,
                "lower": low,
                "upper": high,
                "n": len(self.records),
                "basis": "thresholds",
            }
        ]
        rows += [{**row, "basis": self.quality.basis} for row in self.quality.rows]
        return estimates_frame(rows)

    def sources(self) -> pd.DataFrame:
        """Records, persons and persons found elsewhere too, of each source."""
        import pandas as pd

        where = self.records.groupby("person_id")["source"].nunique()
        rows = []
        for source, part in self.records.groupby("source", sort=False, observed=True):
            persons = part["person_id"].unique()
            rows.append(
                {
                    "source": source,
                    "records": len(part),
                    "persons": len(persons),
                    "elsewhere_too": int((where.loc[persons] > 1).sum()),
                }
            )
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """Text for a terminal: persons, sources, quality, findings."""
        low, high = self.persons_between
        lines = [
            f"{len(self.records):,} records of {self.persons:,} persons ({low:,} to {high:,} over the review range)"
        ]
        lines += [
            f"  {row['source']}: {row['records']:,} records, {row['persons']:,} persons, "
            f"{row['elsewhere_too']:,} of them elsewhere too"
            for row in self.sources().to_dict("records")
        ]
        lines += [f"  {line}" for line in self.quality.summary().splitlines()]
        lines += [f"  {finding.severity}: {finding.message} ({finding.count:,})" for finding in self.findings]
        return "\n".join(lines)

    def explain(self, left: int, right: int) -> str:
        """How a pair was weighed, step by step; only of pairs that were asked for or doubtful.

        Raises
        ------
        KyotoError
            ``linkage.not-compared``.
        """
        for found in self.comparisons:
            if {found.left, found.right} == {left, right}:
                return comparison_text(found)
        raise KyotoError(
            "This pair was not compared level by level",
            code="linkage.not-compared",
            hint="Ask for it when linking: explain=[(left, right)].",
        )

    def plot(self) -> altair.LayerChart:
        """Histogram of the match weights of candidate pairs, with the threshold and the review range."""
        from kyoto.statistics.linkage.charts import weight_chart

        return weight_chart(self)


def comparison_text(found: Comparison) -> str:
    """Steps of a comparison in words and bits.

    Examples
    --------
    >>> print(comparison_text(Comparison(0, 1, 0.5, 0.0, -12.0, (("family", "equal", 7.0), ("birth", "days", 5.0)))))
    before comparing                                   -12.0 bits
    family   the same                                   +7.0
    birth    day and month exchanged                    +5.0
    together                                            +0.0 bits: probability 0.500
    """
    from kyoto.statistics.linkage.comparisons import LEVEL_WORDS

    lines = [f"{'before comparing':<49}{found.prior:>+7.1f} bits"]
    lines += [f"{name:<9}{LEVEL_WORDS[level]:<40}{bits:>+7.1f}" for name, level, bits in found.steps]
    return "\n".join([*lines, f"{'together':<49}{found.weight:>+7.1f} bits: probability {found.probability:.3f}"])

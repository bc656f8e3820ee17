"""What the coder suggests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kyoto.statistics.classification.coder.structure import structure

if TYPE_CHECKING:
    import altair
    import pandas as pd

__all__ = ["Suggestion", "Suggestions"]

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One class for one title.

    Parameters
    ----------
    code, title
        The class.
    score
        Estimated probability that a person who knows both classifications would choose this very class.
    reason
        Which words matched what.
    """

    code: str
    title: str
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Suggestions for a list of titles.

    Parameters
    ----------
    titles
        The titles, as given.
    classes
        Numbers of the suggested classes in printed order, best first (titles by suggestions); -1 for none.
    scores
        Their scores, in the same shape.
    reasons
        Their reasons, in the same shape.
    """

    titles: tuple[str, ...]
    classes: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float64]
    reasons: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.titles)

    def __getitem__(self, row: int) -> tuple[Suggestion, ...]:
        """Suggestions for one title, best first; none where no word of it is known."""
        tree = structure()
        return tuple(
            Suggestion(tree.codes[number], tree.titles[number], float(score), reason)
            for number, score, reason in zip(self.classes[row], self.scores[row], self.reasons[row], strict=True)
            if number >= 0
        )

    def tidy(self) -> pd.DataFrame:
        """One row a suggestion: ``title``, ``rank``, ``iccs_code``, ``iccs_title``, ``score``, ``reason``.

        A title without suggestions has one row whose code is missing.
        """
        import pandas as pd

        rows: list[tuple[str, int, str | None, str | None, float, str]] = []
        for row, title in enumerate(self.titles):
            found = self[row]
            for rank, one in enumerate(found, start=1):
                rows.append((title, rank, one.code, one.title, one.score, one.reason))
            if not found:
                rows.append((title, 1, None, None, 0.0, self.reasons[row][0]))
        return pd.DataFrame(rows, columns=["title", "rank", "iccs_code", "iccs_title", "score", "reason"])

    def summary(self) -> str:
        """First suggestions as text, the least certain first."""
        best = self.scores[:, 0] if len(self) else np.zeros(0)
        lines = [
            f"{len(self):,} titles: {int((best >= 0.9).sum()):,} with a score of 0.9 or more, "
            f"{int((best < 0.5).sum()):,} below 0.5, {int((best == 0).sum()):,} without a suggestion"
        ]
        for row in np.argsort(best, kind="stable")[:_SHOWN]:
            found = self[int(row)]
            first = f"{found[0].code} {found[0].title}" if found else "no suggestion"
            lines.append(f"  {best[row]:.2f}  {self.titles[row][:60]!r}: {first}")
        return "\n".join(lines)

    def plot(self) -> altair.Chart:
        """How many titles have a first suggestion of which score."""
        import altair as alt
        import pandas as pd

        best = self.scores[:, 0] if len(self) else np.zeros(0)
        frame = pd.DataFrame({"score": best})
        chart: altair.Chart = (
            alt.Chart(frame, title="How sure are the first suggestions?")
            .mark_bar()
            .encode(
                x=alt.X("score:Q", bin=alt.Bin(step=0.1, extent=[0, 1]), title="Score of the first suggestion"),
                y=alt.Y("count():Q", title="Titles"),
            )
        )
        return chart

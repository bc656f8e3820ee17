"""Known totals of the population, as offices keep them: a table of variable, level and total."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kyoto.core.errors import KyotoError, Problems, Where

__all__ = ["read_targets"]

TARGET_COLUMNS = ("variable", "level", "total")


def read_targets(path: Path) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """Known totals from a table with the columns ``variable``, ``level``, ``total``.

    Parameters
    ----------
    path
        A line without a level is the total of a column of numbers.

    Returns
    -------
    tuple
        Margins by variable and level, and totals of numbers, as :meth:`Targets.from_margins` takes them.

    Raises
    ------
    KyotoError
        What opening raises; ``survey.wrong-targets-file``: all faulty lines at once.
    """
    from kyoto.statistics.sources.single import text_frame

    problems = Problems()
    margins: dict[str, dict[str, float]] = {}
    numbers: dict[str, float] = {}
    frame = text_frame(path)
    lacking = [name for name in TARGET_COLUMNS if name not in frame.columns]
    if lacking:
        raise KyotoError(
            "The file of totals lacks a column",
            code="survey.wrong-targets-file",
            where=Where(file=str(path), column=lacking[0]),
            expected=", ".join(TARGET_COLUMNS),
        )
    for line, row in enumerate(frame.fillna("").to_dict("records"), start=frame.attrs["first_line"]):
        name, level = row["variable"].strip(), row["level"].strip()
        try:
            value = float(row["total"])
        except ValueError:
            value = np.nan
        if not name or not np.isfinite(value) or level in margins.get(name, {}):
            problems.add(
                KyotoError(
                    "Not a total",
                    code="survey.wrong-targets-file",
                    where=Where(file=str(path), line=line),
                    got=f"{name or 'no variable'}, {level or 'no level'}, {row['total']}",
                    expected="a variable, its level (once), a number",
                )
            )
        elif level:
            margins.setdefault(name, {})[level] = value
        else:
            numbers[name] = value
    problems.raise_if_any()
    return margins, numbers

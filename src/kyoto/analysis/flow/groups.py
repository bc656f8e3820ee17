"""Groups of a table: its columns as they stand, sections of ICCS codes, age groups of ages in years."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kyoto.core.errors import KyotoError, Problems, Where, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

    from kyoto.statistics.tables.model import AgeBand

__all__ = ["column_names", "group_columns", "require_columns"]


def require_columns(frame: pd.DataFrame, names: Sequence[str], file: str | None = None) -> None:
    """Refuse a table that lacks columns, all of them in one pass.

    Raises
    ------
    KyotoError
        ``flow.wrong-column``.
    """
    problems = Problems()
    for name in names:
        if name not in frame.columns:
            where = Where(file=file, column=name)
            hint = did_you_mean(name, [str(column) for column in frame.columns])
            problems.add(KyotoError("No such column", code="flow.wrong-column", where=where, hint=hint))
    problems.raise_if_any()


def column_names(by: Sequence[str]) -> list[str]:
    """Columns that disaggregations are made of.

    Examples
    --------
    >>> column_names(["sex", "iccs:section", "age:0-17,18+"])
    ['sex', 'iccs', 'age']
    """
    return [_parts(asked)[0] for asked in by]


def group_columns(frame: pd.DataFrame, by: Sequence[str], file: str | None = None) -> pd.DataFrame:
    """Disaggregations of a table as text, ``_U`` where empty.

    Parameters
    ----------
    frame
        The table.
    by
        Columns; with ``:section`` behind it, the first two digits of an ICCS code; with age groups behind it, such as
        ``age:0-17,18-24,25+``, the group of an age in years, as SDMX codes it, and ``_U`` outside all of them.
    file
        For messages.

    Raises
    ------
    KyotoError
        ``flow.wrong-column``; ``flow.wrong-age``: every line that holds no age, up to ten; ``table.wrong-age-groups``.

    Examples
    --------
    >>> import pandas as pd
    >>> group_columns(pd.DataFrame({"iccs": ["05012", "0401", None]}), ["iccs:section"])["iccs"].tolist()
    ['05', '04', '_U']
    >>> group_columns(pd.DataFrame({"age": ["17", "18.9", ""]}), ["age:0-17,18+"])["age"].tolist()
    ['Y0T17', 'Y_GE18', '_U']
    """
    import pandas as pd

    names = column_names(by)
    require_columns(frame, names, file)
    columns = {}
    for name, asked in zip(names, by, strict=True):
        text = frame[name].astype("string").str.strip()
        text = text.mask(text == "").fillna("_U")
        columns[name] = _grouped(text, _parts(asked)[1], Where(file=file, column=name))
    return pd.DataFrame(columns, index=frame.index).astype(str)


def _parts(asked: str) -> tuple[str, str]:
    """Column, and what groups are made of it; a colon in the name of a column is left alone."""
    found = re.fullmatch(r"(.+):(section|\d.*)", asked)
    return (found[1], found[2]) if found else (asked, "")


def _grouped(text: pd.Series[str], detail: str, where: Where) -> pd.Series[str]:
    """Values as they stand, or the groups that are asked for; codes such as ``_U`` stay."""
    if not detail:
        return text
    known = ~text.str.startswith("_")
    if detail == "section":
        return text.mask(known, text.str[:2])
    from kyoto.statistics.tables.model import parse_age_bands

    bands = parse_age_bands(detail)
    return text.mask(known, _age_groups(text.where(known), bands, where))


def _age_groups(text: pd.Series[str], bands: Sequence[AgeBand], where: Where) -> pd.Series[str]:
    """Code of the group of each age; someone of 17.9 years is 17."""
    import numpy as np
    import pandas as pd

    age = pd.to_numeric(text, errors="coerce").astype("float64")
    wrong = text.notna() & ~((age >= 0) & np.isfinite(age))
    problems = Problems()
    for line in [int(str(place)) for place in text.index[wrong.to_numpy()][:10]]:
        here = Where(file=where.file, line=line + 2, column=where.column)
        problems.add(
            KyotoError("Not an age", code="flow.wrong-age", where=here, expected="years, 0 or more", got=text[line])
        )
    problems.raise_if_any()
    found = pd.Series("_U", index=text.index, dtype="string")
    for band in bands:
        inside = (age >= band.low) & (age < np.inf if band.high is None else age < band.high + 1)
        found = found.mask(inside, band.code)
    return found

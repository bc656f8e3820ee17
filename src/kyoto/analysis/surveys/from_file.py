"""Estimates straight from a file: DuckDB sums by stratum, cluster and domain, and only those sums become arrays.

Ten million rows with replicate weights are one pass over the columns that are needed. The figures are those of
:mod:`kyoto.analysis.surveys.estimation`: the sums enter the same arithmetic as single rows do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.surveys.arrays import Floats, Ints, joint_codes
from kyoto.analysis.surveys.design import SurveyDesign, make_design
from kyoto.analysis.surveys.domains import Domains, is_flag, label_text, with_one
from kyoto.analysis.surveys.estimation import assemble, deffs, domain_freedom, only_ones
from kyoto.analysis.surveys.file_checks import check_replicates, check_table
from kyoto.analysis.surveys.quantiles import quantile
from kyoto.analysis.surveys.replicates import replicate_design, spread_of
from kyoto.analysis.surveys.request import Request, SampleColumns, Wanted
from kyoto.analysis.surveys.result import SurveyEstimates, joined
from kyoto.analysis.surveys.statistic import Moments, linearized, ratio_of, share_statistic, value_statistic
from kyoto.analysis.surveys.tables_in import SurveyTable, quoted

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["estimate_table"]


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """Sums as they come from DuckDB, with their domains."""

    frame: pd.DataFrame
    domains: Domains
    level: Ints
    levels: tuple[str, ...]

    def column(self, name: str) -> Floats:
        return np.asarray(self.frame[name].to_numpy(dtype=np.float64, na_value=np.nan))


def estimate_table(table: SurveyTable, sample: SampleColumns, request: Request) -> SurveyEstimates:
    """Estimate what is asked for.

    Parameters
    ----------
    table
        The answers.
    sample
        Which columns say how they were drawn.
    request
        What is wanted.

    Returns
    -------
    SurveyEstimates
        All figures under each other, in the order of the request.

    Raises
    ------
    KyotoError
        Codes start with ``survey.``.
    """
    check_table(table, sample, request)
    parts = [_estimated(table, sample, request, wanted) for wanted in request.wanted]
    whole = joined(parts) if len(parts) > 1 else parts[0]
    return whole.scaled(request.per) if request.per != 1.0 else whole


def _estimated(table: SurveyTable, sample: SampleColumns, request: Request, wanted: Wanted) -> SurveyEstimates:
    if wanted.kind == "quantile":
        return _quantiles(table, sample, request, wanted)
    if sample.replicates:
        return _from_replicates(table, sample, request, wanted)
    return _from_cells(table, sample, request, wanted)


def _sums(table: SurveyTable, sample: SampleColumns, wanted: Wanted, *, grouped: bool) -> list[str]:
    """Expressions of what each cell holds; without groups each row is a cell. Rows without a value add nothing."""
    weight = table.number(sample.weight)
    y, x = _values(table, wanted)
    known = f"({y} IS NOT NULL AND {x} IS NOT NULL)" if wanted.below else f"({y} IS NOT NULL)"
    parts = {
        "size": f"CASE WHEN {known} THEN {weight} ELSE 0 END",
        "n": f"CASE WHEN {known} AND {weight} <> 0 THEN 1 ELSE 0 END",
        "missing": f"CASE WHEN {known} THEN 0 ELSE 1 END",
        "weighted": f"CASE WHEN {weight} <> 0 THEN 1 ELSE 0 END",
    }
    if wanted.kind != "proportion":
        value = f"CASE WHEN {known} THEN {y} ELSE 0 END"
        parts |= {"wy": f"{weight} * {value}", "wyy": f"{weight} * {value} * {value}"}
        parts["cases"] = f"CASE WHEN {known} AND {weight} <> 0 AND {y} <> 0 THEN 1 ELSE 0 END"
    if wanted.below:
        other = f"CASE WHEN {known} THEN {x} ELSE 0 END"
        parts |= {"wx": f"{weight} * {other}", "wxy": f"{weight} * {value} * {other}"}
        parts["wxx"] = f"{weight} * {other} * {other}"
        parts["base"] = f"CASE WHEN {known} AND {weight} <> 0 AND {x} <> 0 THEN 1 ELSE 0 END"
    wrap = "sum({})" if grouped else "CAST({} AS DOUBLE)"
    return [f"{wrap.format(part)} AS {quoted('_' + name)}" for name, part in parts.items()]


def _values(table: SurveyTable, wanted: Wanted) -> tuple[str, str]:
    """Expressions of numerator and denominator value of a row."""
    if wanted.kind == "proportion":
        return f"CASE WHEN {table.label(wanted.above)} IS NULL THEN NULL ELSE 1.0 END", "1.0"
    below = table.number(wanted.below) if wanted.below else "1.0"
    return table.number(wanted.above), below


def _keys(table: SurveyTable, by: Sequence[str], wanted: Wanted) -> dict[str, str]:
    keys = {f"by{at}": table.label(column) for at, column in enumerate(by)}
    if wanted.kind == "proportion":
        keys["level"] = table.label(wanted.above)
    return keys


def _queried(table: SurveyTable, keys: Mapping[str, str], sums: Iterable[str], *, grouped: bool) -> pd.DataFrame:
    selected = [f"{expression} AS {quoted('_' + name)}" for name, expression in keys.items()]
    text = f"SELECT {', '.join([*selected, *sums])} FROM {table.source}"
    if grouped and keys:
        text += f" GROUP BY {', '.join(str(at + 1) for at in range(len(keys)))}"
    return table.connection.execute(text).df()


def _cells(frame: pd.DataFrame, by: Sequence[str], wanted: Wanted) -> _Cells:
    nothing = np.zeros(len(frame), dtype=np.int64)
    domains = Domains(nothing, ({},))
    if by:
        columns = [_coded(frame[f"_by{at}"]) for at in range(len(by))]
        codes = [np.where(code < 0, len(texts), code) for code, texts in columns]
        names = [[*texts, "_U"] for _, texts in columns]
        joint, first = joint_codes(*codes)
        labels = tuple(
            {column: texts[code[row]] for column, texts, code in zip(by, names, codes, strict=True)} for row in first
        )
        domains = Domains(joint, labels)
    if wanted.kind != "proportion":
        return _Cells(frame, domains, nothing, ())
    level, levels = _coded(frame["_level"])
    return _Cells(frame, domains, level, tuple(with_one(np.array(levels, dtype=object))))


def _coded(column: pd.Series[Any]) -> tuple[Ints, list[str]]:
    """Code of each row in natural order of the labels, -1 where missing; and the labels."""
    import pandas as pd

    codes, uniques = pd.factorize(column, use_na_sentinel=True)
    texts = [label_text(unique) for unique in uniques]
    order = sorted(range(len(texts)), key=lambda at: natural(texts[at]))
    place = np.empty(len(texts) + 1, dtype=np.int64)
    place[order] = np.arange(len(order))
    place[-1] = -1
    return place[codes], [texts[at] for at in order]


def natural(text: str) -> tuple[int, float, str]:
    """Sort key: numbers by size, then text, unknown last.

    Examples
    --------
    >>> sorted(["_U", "b", "10", "9"], key=natural)
    ['9', '10', 'b', '_U']
    """
    if text == "_U":
        return (2, 0.0, text)
    try:
        return (0, float(text), text)
    except ValueError:
        return (1, 0.0, text)


def _from_cells(table: SurveyTable, sample: SampleColumns, request: Request, wanted: Wanted) -> SurveyEstimates:
    keys = _keys(table, request.by, wanted)
    keys |= {f"stratum{at}": table.label(column) for at, column in enumerate(sample.strata)}
    keys |= {f"cluster{at}": table.label(column) for at, column in enumerate(sample.clusters)}
    keys |= {f"fpc{at}": table.number(column) for at, column in enumerate(sample.fpc)}
    grouped = bool(sample.clusters)
    found = _cells(
        _queried(table, keys, _sums(table, sample, wanted, grouped=grouped), grouped=grouped), request.by, wanted
    )
    frame = found.frame
    used = (found.column("_weighted") > 0).astype(np.float64)
    design = make_design(
        used,
        strata=[frame[f"_stratum{at}"] for at in range(len(sample.strata))],
        clusters=[frame[f"_cluster{at}"] for at in range(len(sample.clusters))],
        fpc=[frame[f"_fpc{at}"] for at in range(len(sample.fpc))],
        lonely=sample.lonely,
    )
    ones = np.ones(len(frame))
    statistic = (
        share_statistic(found.domains.code, len(found.domains), found.level, len(found.levels), found.column("_size"))
        if wanted.kind == "proportion"
        else value_statistic(
            wanted.kind, found.domains.code, len(found.domains), found.column("_wy"), _below(found, wanted)
        )
    )
    estimate, entries = linearized(statistic, ones)
    covariance = design.covariance(entries.row, entries.term, entries.value, statistic.terms)
    moments = _moments(found, wanted, statistic.terms)
    sums = statistic.denominator.sums(ones, statistic.terms) if statistic.denominator else moments.weight
    effects = deffs(statistic, moments, np.diag(covariance), estimate, sums)
    freedom = _freedom(design, found, request)
    return _finished(found, wanted, request, estimate, covariance, moments, freedom, effects)


def _below(found: _Cells, wanted: Wanted) -> Floats | None:
    if wanted.kind == "total":
        return None
    return found.column("_size" if wanted.kind == "mean" else "_wx")


def _moments(found: _Cells, wanted: Wanted, terms: int) -> Moments:
    def summed(name: str) -> Floats:
        by_domain = np.bincount(found.domains.code, weights=found.column(name), minlength=len(found.domains))
        return np.repeat(np.asarray(by_domain, dtype=np.float64), terms // max(len(found.domains), 1))

    n, size = summed("_n"), summed("_size")
    if wanted.kind == "proportion":
        term = found.domains.code * len(found.levels) + np.maximum(found.level, 0)
        kept = np.where(found.level < 0, 0.0, found.column("_size"))
        hits: Floats = np.bincount(term, weights=kept, minlength=terms).astype(np.float64)
        rows = np.where(found.level < 0, 0.0, found.column("_n"))
        cases: Floats = np.bincount(term, weights=rows, minlength=terms).astype(np.float64)
        return Moments(n, n, cases, size, hits, hits, size)
    cases = summed("_cases")
    if wanted.below:
        return Moments(n, summed("_base"), cases, size, summed("_wyy"), summed("_wxy"), summed("_wxx"))
    return Moments(n, n, cases, size, summed("_wyy"), summed("_wy"), size)


def _freedom(design: SurveyDesign, found: _Cells, request: Request) -> Floats:
    if request.df is not None:
        return np.full(len(found.domains), request.df)
    return domain_freedom(design, found.domains.without(found.column("_n") == 0))


def _finished(
    found: _Cells,
    wanted: Wanted,
    request: Request,
    estimate: Floats,
    covariance: Floats,
    moments: Moments,
    freedom: Floats,
    effects: Floats,
) -> SurveyEstimates:
    share = wanted.kind == "proportion"
    missing = np.bincount(found.domains.code, weights=found.column("_missing"), minlength=len(found.domains))
    levels = np.array(found.levels, dtype=object) if share else None
    whole = assemble(
        wanted.kind,
        estimate,
        covariance,
        moments.base,
        freedom,
        effects,
        missing,
        found.domains.labels,
        wanted.term,
        request.method if share else "wald",
        request.level,
        levels,
        moments.cases,
    )
    if levels is not None and is_flag(levels):
        return only_ones(whole, wanted.term)
    return whole


def _from_replicates(table: SurveyTable, sample: SampleColumns, request: Request, wanted: Wanted) -> SurveyEstimates:
    columns = sample.replicate_columns(table.columns)
    weight = f"{table.number(sample.weight)} * " if sample.factors else ""
    sets = [f"{weight}{table.plain(column)}" for column in columns]
    check_replicates(table, sample, columns, sets)
    y, x = _values(table, wanted)
    # value and denominator are worked out once a row, null where either is missing: sums leave such rows out
    known = f"({y} IS NOT NULL AND {x} IS NOT NULL)"
    below = x if wanted.kind == "ratio" else "1.0"
    inner = f"SELECT *, CASE WHEN {known} THEN {y} END AS kyoto_y, CASE WHEN {known} THEN {below} END AS kyoto_x"
    sums = _sums(table, sample, wanted, grouped=True)
    sums += [f'sum({one} * kyoto_y) AS "_a{at}"' for at, one in enumerate(sets)]
    if wanted.kind in ("mean", "ratio"):
        sums += [f'sum({one} * kyoto_x) AS "_b{at}"' for at, one in enumerate(sets)]
    keys = _keys(table, request.by, wanted)
    prepared = replace(table, source=f"({inner} FROM {table.source})")
    found = _cells(_queried(prepared, keys, sums, grouped=True), request.by, wanted)
    above, divisor = _replicate_sums(found, wanted, len(columns))
    values = ratio_of(above, divisor)
    spread = spread_of(
        sample.kind,
        len(columns),
        rho=sample.rho,
        scale=sample.scale,
        rscales=sample.rscales or None,
        around_estimate=sample.around_estimate,
    )
    covariance = spread.covariance(values[:, 0], values[:, 1:])
    moments = _moments(found, wanted, len(values))
    sums_below = moments.weight if divisor is None else divisor[:, 0]
    statistic = value_statistic(wanted.kind, np.zeros(1, dtype=np.int64), 1, np.ones(1), None)
    effects = deffs(statistic, moments, np.diag(covariance), values[:, 0], sums_below)
    degrees = request.df if request.df is not None else float(len(columns) - 1)
    return _finished(
        found, wanted, request, values[:, 0], covariance, moments, np.full(len(found.domains), degrees), effects
    )


def _replicate_sums(found: _Cells, wanted: Wanted, count: int) -> tuple[Floats, Floats | None]:
    """Sums above and below the line, of the sample and of each replicate, shape (terms, 1 + replicates)."""
    share = wanted.kind == "proportion"
    above = np.column_stack(
        [found.column("_size" if share else "_wy"), *(found.column(f"_a{at}") for at in range(count))]
    )
    known = found.level >= 0
    levels = max(len(found.levels), 1)
    term = found.domains.code * levels + found.level
    sums = _added(np.nan_to_num(above)[known], term[known], len(found.domains) * levels)
    if wanted.kind == "total":
        return sums, None
    if share:
        below = np.nan_to_num(above)
    else:
        first = found.column("_size" if wanted.kind == "mean" else "_wx")
        below = np.nan_to_num(np.column_stack([first, *(found.column(f"_b{at}") for at in range(count))]))
    whole = _added(below[known], found.domains.code[known], len(found.domains))
    return sums, np.repeat(whole, levels, axis=0)


def _added(rows: Floats, group: Ints, groups: int) -> Floats:
    """Sums of rows by group."""
    sums = np.zeros((groups, rows.shape[1]))
    np.add.at(sums, group, rows)
    return sums


def _quantiles(table: SurveyTable, sample: SampleColumns, request: Request, wanted: Wanted) -> SurveyEstimates:
    """Quantiles need the rows themselves."""
    keys = {f"by{at}": table.label(column) for at, column in enumerate(request.by)}
    keys |= {f"stratum{at}": table.label(column) for at, column in enumerate(sample.strata)}
    keys |= {f"cluster{at}": table.label(column) for at, column in enumerate(sample.clusters)}
    keys |= {f"fpc{at}": table.number(column) for at, column in enumerate(sample.fpc)}
    keys |= {"y": table.number(wanted.above), "w": table.number(sample.weight)}
    columns = sample.replicate_columns(table.columns)
    keys |= {f"r{at}": table.number(column) for at, column in enumerate(columns)}
    frame = _queried(table, keys, [], grouped=False)
    design: Any
    if columns:
        design = replicate_design(
            frame["_w"],
            frame[[f"_r{at}" for at in range(len(columns))]],
            sample.kind,
            combined=not sample.factors,
            degrees=request.df or float(len(columns) - 1),
            rho=sample.rho,
            scale=sample.scale,
            rscales=sample.rscales or None,
            around_estimate=sample.around_estimate,
        )
    else:
        design = make_design(
            frame["_w"],
            strata=[frame[f"_stratum{at}"] for at in range(len(sample.strata))],
            clusters=[frame[f"_cluster{at}"] for at in range(len(sample.clusters))],
            fpc=[frame[f"_fpc{at}"] for at in range(len(sample.fpc))],
            lonely=sample.lonely,
        )
    by = {column: frame[f"_by{at}"].map(label_text, na_action="ignore") for at, column in enumerate(request.by)}
    return quantile(
        design, frame["_y"].to_numpy(dtype=float), wanted.shares, by=by, name=wanted.term, level=request.level
    )

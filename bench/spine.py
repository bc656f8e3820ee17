"""The whole build and its tables against hand-written DuckDB SQL and against pandas, on generated person-level rows.

Run ``python bench/spine.py --rows 50000000``; it generates the rows once, checks that all peers give the same
figures, and prints ratios. Every contender runs in its own process, in turn, on the same file.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

CODES, AREAS, YEARS = 3000, 500, 10
BANDS = ((0, 14), (15, 24), (25, 34), (35, 44), (45, 54), (55, 64), (65, None))

PROJECT = """
[project]
title = "Generated persons"
area = "XX"

[sources.persons]
file = "persons.csv"
unit = "suspect"
[sources.persons.columns]
person_id = "person"
offence = {{ column = "offence", correspondence = "national.csv" }}
recorded = "recorded_on"
region = "area"
sex = "sex"
age = {{ column = "age", maximum = 120, invalid = "reject" }}

[tables.by_area]
source = "persons"
by = ["iccs", "period:year", "region"]
[tables.by_person]
source = "persons"
by = ["iccs", "period:year", "sex", "age"]

[disclosure]
method = "{method}"

[engine]
memory = "{memory}"
threads = {threads}
"""


def generate(folder: Path, rows: int, method: str, memory: str, threads: int) -> None:
    """Write the rows, the correspondence table and the project."""
    import duckdb

    from kyoto.statistics.classification import iccs

    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(1)
    leaves = [category.code for category in iccs().leaves()]
    lines = ["national_code,national_title,national_group,iccs_code,match,weight,condition,note,source"]
    lines += [f"N{code:04d},,,{chance.choice(leaves)},exact,,,,generated" for code in range(CODES - 50)]
    (folder / "national.csv").write_text("\n".join(lines) + "\n")
    (folder / "kyoto.toml").write_text(PROJECT.format(method=method, memory=memory, threads=threads))
    file = folder / "persons.csv"
    stamp = folder / f"persons-{rows}"
    if stamp.exists():
        return
    query = f"""
        SELECT 'P' || lpad(i::varchar, 9, '0') AS person,
               'N' || lpad((hash(i * 7 + 1) % {CODES})::varchar, 4, '0') AS offence,
               (DATE '2014-01-01' + (hash(i * 7 + 2) % 3652)::int)::varchar AS recorded_on,
               'A' || lpad((hash(i * 7 + 3) % {AREAS})::varchar, 3, '0') AS area,
               CASE WHEN hash(i * 7 + 4) % 100 = 0 THEN ''
                    WHEN hash(i * 7 + 4) % 100 = 1 THEN 'unknown'
                    WHEN hash(i * 7 + 5) % 4 = 0 THEN 'F' ELSE 'M' END AS sex,
               CASE WHEN hash(i * 7 + 6) % 1000 = 0 THEN '999'
                    ELSE (12 + hash(i * 7 + 6) % 70)::varchar END AS age
        FROM range({rows}) AS generated(i)"""
    connection = duckdb.connect()
    connection.execute("SET memory_limit = '6GB'")
    connection.execute(f"COPY ({query}) TO '{file}' (HEADER)")
    stamp.touch()


def ancestors_sql() -> str:
    """Pairs of code and ancestor as SQL values."""
    from kyoto.statistics.classification import iccs

    pairs = [(code, above) for code, above, _ in iccs().ancestor_rows()]
    pairs += [(code, "_T") for code in {code for code, _ in pairs} | {"_U"}] + [("_U", "_U")]
    return ", ".join(f"('{code}', '{above}')" for code, above in pairs)


def hand_written(folder: Path, out: Path, memory: str, threads: int, *, from_records: bool) -> None:
    """The same two tables as a careful analyst writes them: read once, typed; then group and roll up."""
    import duckdb

    started = time.perf_counter()
    connection = duckdb.connect()
    connection.execute(f"SET memory_limit = '{memory}'; SET threads = {threads}; SET temp_directory = '{out}-spill'")
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(f"CREATE TABLE tree AS SELECT * FROM (VALUES {ancestors_sql()}) AS tree(code, above)")
    bands = " ".join(
        f"WHEN age BETWEEN {low} AND {high} THEN 'Y{low}T{high}'" if high else f"WHEN age >= {low} THEN 'Y_GE{low}'"
        for low, high in BANDS
    )
    if from_records:
        connection.execute(
            f"CREATE VIEW person AS SELECT iccs, year(recorded) AS year, region AS area, coalesce(sex, '_U') AS sex, "
            f"age FROM '{folder}/build/records/persons.parquet' WHERE rejected IS NULL"
        )
    else:
        connection.execute(f"""
            CREATE TABLE person AS
            SELECT coalesce(iccs_code, '_U') AS iccs, year(recorded_on::date)::smallint AS year, area,
                   CASE sex WHEN 'M' THEN 'M' WHEN 'F' THEN 'F' ELSE '_U' END AS sex, age::smallint AS age
            FROM read_csv('{folder}/persons.csv', header = true, all_varchar = true)
            LEFT JOIN read_csv('{folder}/national.csv', all_varchar = true) ON offence = national_code
            WHERE age::smallint <= 120""")
    tables = {
        "by_area": ("area", "area"),
        "by_person": ("sex, age_band", f"sex, CASE {bands} ELSE '_U' END AS age_band"),
    }
    for name, (columns, expressions) in tables.items():
        names = columns.split(", ")
        totals = ", ".join(f"CASE WHEN grouping({part}) = 1 THEN '_T' ELSE {part} END AS {part}" for part in names)
        connection.execute(f"""
            COPY (
                WITH base AS (SELECT iccs, year, {expressions}, count(*) AS n FROM person GROUP BY ALL)
                SELECT above AS iccs, year, {totals}, sum(n)::bigint AS value
                FROM base JOIN tree ON base.iccs = tree.code
                GROUP BY above, year, CUBE ({columns})
                ORDER BY ALL
            ) TO '{out}/{name}.parquet' (FORMAT parquet)""")
    (out / "seconds").write_text(str(time.perf_counter() - started))


def counted(folder: Path, out: Path, memory: str, threads: int) -> None:
    """The same figures by Kyoto's counting alone: from the records to the cells."""
    import pyarrow.parquet as pq

    from kyoto.core.engine import EngineSettings, open_engine
    from kyoto.core.project import load_project
    from kyoto.statistics.classification import iccs
    from kyoto.statistics.pipeline.settings import read_settings
    from kyoto.statistics.pipeline.source import counted_source
    from kyoto.statistics.tables.counting import count_cells

    settings = read_settings(load_project(folder))
    ancestors = [(code, above) for code, above, _ in iccs().ancestor_rows()]
    started = time.perf_counter()
    with open_engine("duckdb", EngineSettings(memory, threads)) as engine:
        source = counted_source(engine, folder / "build", settings.sources["persons"], folder)
        for name, spec in settings.tables.items():
            cells = count_cells(engine, source.records, spec, source_unit=source.unit, ancestors=ancestors)
            pq.write_table(cells.table, out / f"{name}.parquet")
    (out / "seconds").write_text(str(time.perf_counter() - started))


def in_pandas(folder: Path, out: Path) -> None:
    """The same job in pandas: typed and coded records, rejects, quality, two tables with intervals; no report.

    It is written as one would who knows pandas well: columns with few texts are categories, so that each text is
    typed and coded once. What the build also does, and this does not: breaks in series, explanations, the page.
    """
    import pandas as pd

    few = dict.fromkeys(("offence", "recorded_on", "area", "sex", "age"), "category")
    raw = pd.read_csv(folder / "persons.csv", dtype={"person": str, **few}, keep_default_na=False)
    records = typed_in_pandas(raw, folder)
    del raw
    records.to_parquet(out / "records.parquet", compression="zstd", index=False)
    refused = records.index[records["rejected"].notna()]
    rejects = records.loc[refused, ["rejected_values", "rejected"]].assign(file="persons.csv", row=refused + 1)
    rejects.assign(line=refused + 2, column="age").to_csv(out / "rejects.csv", index=False)
    counted = records[records["rejected"].isna()]
    del records
    (out / "quality.json").write_text(json.dumps(quality_in_pandas(counted), default=str))
    counted = counted.assign(year=counted["recorded"].dt.year.astype("int16"), sex=counted["sex"].fillna("_U"))
    pairs = [(code, above) for code, above, _ in ancestors()]
    pairs += [(code, "_T") for code in {code for code, _ in pairs} | {"_U"}] + [("_U", "_U")]
    tree = pd.DataFrame(pairs, columns=["iccs", "above"])
    for name, columns in {"by_area": ["area"], "by_person": ["sex", "age_band"]}.items():
        base = counted.groupby(["iccs", "year", *columns], observed=True).size().rename("value").reset_index()
        base["iccs"] = base["iccs"].astype(str)
        rolled = base.merge(tree, on="iccs").drop(columns="iccs").rename(columns={"above": "iccs"})
        for column in columns:
            rolled[column] = rolled[column].astype(str)
            rolled = pd.concat([rolled, rolled.assign(**{column: "_T"})])
        cells = with_poisson(rolled.groupby(["iccs", "year", *columns])["value"].sum().reset_index())
        cells.to_parquet(out / f"{name}.parquet", compression="zstd", index=False)
        cells.to_csv(out / f"{name}.csv", index=False)


def ancestors() -> list[tuple[str, str, int]]:
    """Codes of ICCS with each class above them."""
    from kyoto.statistics.classification import iccs

    return list(iccs().ancestor_rows())


def typed_in_pandas(raw: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Records with typed columns, ICCS codes, and why a row is refused."""
    import pandas as pd

    def mapped(name: str, values: list, kind: str | None = None) -> pd.Series:
        """What each text of a column becomes."""
        column = pd.Series(pd.array(values, dtype=kind) if kind else values, dtype=kind)
        taken = column.take(raw[name].cat.codes)
        return taken.set_axis(raw.index)

    def texts(name: str) -> pd.Series:
        return raw[name].cat.categories.to_series().str.strip()

    unknown = {"unknown", "unk", "not known", "?"}
    national = pd.read_csv(folder / "national.csv", dtype=str).reset_index().set_index("national_code")
    person = raw["person"].str.strip()
    person = person.mask(person.str.lower().isin(unknown), "_U").mask(person == "")
    ages = pd.to_numeric(texts("age"), errors="coerce")
    sexes = texts("sex").map({"M": "M", "F": "F", "": None}).where(~texts("sex").str.lower().isin(unknown), "_U")
    codes = texts("offence").map(national["iccs_code"]).fillna("_U")
    links = texts("offence").map(national["index"])
    bands = pd.cut(ages, [*(low for low, _ in BANDS), 200], right=False, labels=band_names()).astype(object)
    why = ages.isna().map({True: "age: not a whole number", False: None}).mask(ages > 120, "age: above 120")
    refused = texts("age").where(why.notna(), None)
    return pd.DataFrame(
        {
            "file": pd.Categorical.from_codes([0] * len(raw), ["persons.csv"]),
            "person_id": person,
            "offence": raw["offence"],
            "recorded": mapped("recorded_on", list(pd.to_datetime(texts("recorded_on"), format="%Y-%m-%d"))),
            "area": raw["area"],
            "sex": mapped("sex", list(sexes), "category"),
            "age": mapped("age", list(ages.where(why.isna()).astype("Int16")), "Int16"),
            "age_band": mapped("age", list(bands.fillna("_U")), "category"),
            "iccs": mapped("offence", list(codes), "category"),
            "link": mapped("offence", list(links.astype("Int32")), "Int32"),
            "rejected": mapped("age", list(why), "category"),
            "rejected_values": mapped("age", list(refused), "category"),
        }
    )


def band_names() -> list[str]:
    """Codes of the age bands."""
    return [f"Y{low}T{high}" if high else f"Y_GE{low}" for low, high in BANDS]


def quality_in_pandas(counted: pd.DataFrame) -> dict[str, object]:
    """Completeness, duplicates, coverage of the coding, months and areas without records, heaping of days and ages."""
    gaps = {
        name: (int(counted[name].isna().sum()), int((counted[name] == "_U").sum()) if name in ("sex", "iccs") else 0)
        for name in ("person_id", "offence", "recorded", "area", "sex", "age", "iccs")
    }
    month = counted["recorded"].dt.year * 12 + counted["recorded"].dt.month - 1
    by_month = counted.groupby([month, "area"], observed=True).size().unstack(fill_value=0)
    counts = {name: counted[name].value_counts() for name in ("iccs", "age")}
    counts["uncoded"] = counted.loc[counted["iccs"] == "_U", "offence"].value_counts().head(1000)
    counts["days"] = counted["recorded"].dt.day.value_counts()
    return {
        "gaps": gaps,
        "duplicates": int(counted["person_id"].duplicated().sum()),
        "empty": int((by_month == 0).sum().sum()),
        **{name: {str(key): int(rows) for key, rows in found.items()} for name, found in counts.items()},
    }


def with_poisson(cells: pd.DataFrame) -> pd.DataFrame:
    """Cells with exact intervals; each different count is computed once."""
    import numpy as np
    from scipy.stats import chi2

    different, place = np.unique(cells["value"].to_numpy(), return_inverse=True)
    lower = np.where(different > 0, chi2.ppf(0.025, 2 * different) / 2, 0.0)
    return cells.assign(lower=lower[place], upper=(chi2.ppf(0.975, 2 * different + 2) / 2)[place])


def measured(command: list[str], out: Path) -> dict[str, float]:
    """Run a command; seconds of the process, of its work without start and imports, and peak memory in GiB."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    started = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command} failed")
    seconds = time.perf_counter() - started
    inside = out / "seconds"
    work = float(inside.read_text()) if inside.exists() else seconds
    return {"seconds": seconds, "work": work, "gib": usage.ru_maxrss / 2**20}


def same_figures(folder: Path, out: Path) -> None:
    """Stop if the peer's figures differ from Kyoto's."""
    import duckdb

    for name, columns in {"by_area": "area", "by_person": "sex, age"}.items():
        theirs = columns.replace("age", "age_band") if name == "by_person" else columns
        area = "CASE area WHEN 'XX' THEN '_T' ELSE area END" if name == "by_area" else columns
        mine = f"SELECT iccs, period::int, {area}, value::bigint FROM '{folder}/build/tables/{name}.parquet'"
        other = f"SELECT iccs, year::int, {theirs}, value FROM '{out}/{name}.parquet'"
        difference = f"SELECT count(*) FROM (({mine} EXCEPT {other}) UNION ALL ({other} EXCEPT {mine}))"
        wrong = duckdb.sql(difference).fetchone()[0]
        cells = duckdb.sql(f"SELECT count(*) FROM ({mine})").fetchone()[0]
        if wrong:
            raise SystemExit(f"{name}: {wrong} of {cells} figures differ")


def warmed(folder: Path) -> None:
    """Read the file once, so that every contender finds it in memory."""
    with (folder / "persons.csv").open("rb") as file:
        while file.read(1 << 20):
            pass


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000_000)
    parser.add_argument(
        "--pandas-rows", type=int, default=50_000_000, help="12 GiB of memory at 50 million; 0 for none"
    )
    parser.add_argument("--folder", type=Path, default=Path("build/bench"))
    parser.add_argument("--memory", default="2.5GB")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--method", default="none", help="disclosure method; SQL has none to compare with")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=["sql", "records", "cells", "pandas"])
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    folder = arguments.folder.resolve() / f"persons-{arguments.rows}"
    if arguments.only == "pandas":
        in_pandas(folder, arguments.out)
        return
    if arguments.only == "cells":
        counted(folder, arguments.out, arguments.memory, arguments.threads)
        return
    if arguments.only:
        hand_written(
            folder, arguments.out, arguments.memory, arguments.threads, from_records=arguments.only == "records"
        )
        return
    generate(folder, arguments.rows, arguments.method, arguments.memory, arguments.threads)
    out = folder.parent / "peer"
    build = [sys.executable, "-m", "kyoto", "build", str(folder), "--force"]
    rest = ["--rows", str(arguments.rows), "--folder", str(arguments.folder), "--memory", arguments.memory]
    peer = [sys.executable, __file__, *rest, "--threads", str(arguments.threads), "--out", str(out), "--only"]
    whole, tables, memory, peer_memory = [], [], [], []
    warmed(folder)
    for run in range(arguments.runs):
        mine = measured(build, folder.parent / "nothing")
        sql = measured([*peer, "sql"], out)
        if arguments.method == "none":
            same_figures(folder, out)
        from_records = measured([*peer, "records"], out)
        cells = measured([*peer, "cells"], out)
        whole.append(mine["seconds"] / sql["seconds"])
        tables.append(cells["work"] / from_records["work"])
        memory.append(mine["gib"])
        peer_memory.append(sql["gib"])
        print(
            f"run {run + 1}: build {mine['seconds']:.1f} s ({mine['gib']:.2f} GiB), SQL {sql['seconds']:.1f} s "
            f"({sql['gib']:.2f} GiB), tables {cells['work']:.1f} s, SQL tables {from_records['work']:.1f} s",
            flush=True,
        )
    print(f"rows: {arguments.rows:,}; {arguments.threads} threads; memory limit {arguments.memory}")
    print(f"whole build / hand-written SQL: {statistics.median(whole):.2f} (goal 2.5 at most)")
    print(f"tables / hand-written SQL on the same records: {statistics.median(tables):.2f} (goal 1.25 at most)")
    print(f"peak memory: {max(memory):.2f} GiB (goal 4 at most; SQL {max(peer_memory):.2f})")
    if arguments.pandas_rows:
        compare_with_pandas(arguments)


def compare_with_pandas(arguments: argparse.Namespace) -> None:
    """Whole build against pandas, which holds all rows in memory."""
    folder = arguments.folder.resolve() / f"persons-{arguments.pandas_rows}"
    generate(folder, arguments.pandas_rows, "none", arguments.memory, arguments.threads)
    warmed(folder)
    out = folder.parent / "peer"
    mine = measured([sys.executable, "-m", "kyoto", "build", str(folder), "--force"], folder.parent / "nothing")
    rest = ["--rows", str(arguments.pandas_rows), "--folder", str(arguments.folder), "--out", str(out)]
    pandas = measured([sys.executable, __file__, *rest, "--only", "pandas"], out)
    same_figures(folder, out)
    print(
        f"pandas / whole build on {arguments.pandas_rows:,} rows: {pandas['seconds'] / mine['seconds']:.2f} "
        f"(goal 5 at least), memory {pandas['gib']:.2f} against {mine['gib']:.2f} GiB"
    )


if __name__ == "__main__":
    main()

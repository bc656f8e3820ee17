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
    """The same two tables in pandas."""
    import pandas as pd

    from kyoto.statistics.classification import iccs

    frame = pd.read_csv(folder / "persons.csv", dtype={"sex": "category", "area": "category", "offence": "category"})
    frame = frame[frame["age"] <= 120]
    national = pd.read_csv(folder / "national.csv", dtype=str).set_index("national_code")["iccs_code"]
    frame["iccs"] = frame["offence"].map(national).astype("object").fillna("_U")
    frame["year"] = pd.to_datetime(frame["recorded_on"]).dt.year
    frame["sex"] = frame["sex"].astype("object").where(frame["sex"].isin(["M", "F"]), "_U")
    edges = [low for low, _ in BANDS]
    labels = [f"Y{low}T{high}" if high else f"Y_GE{low}" for low, high in BANDS]
    frame["age_band"] = pd.cut(frame["age"], [*edges, 200], right=False, labels=labels).astype(str)
    pairs = [(code, above) for code, above, _ in iccs().ancestor_rows()]
    pairs += [(code, "_T") for code in {code for code, _ in pairs} | {"_U"}] + [("_U", "_U")]
    tree = pd.DataFrame(pairs, columns=["iccs", "above"])
    for name, columns in {"by_area": ["area"], "by_person": ["sex", "age_band"]}.items():
        base = frame.groupby(["iccs", "year", *columns], observed=True).size().rename("value").reset_index()
        rolled = base.merge(tree, on="iccs").drop(columns="iccs").rename(columns={"above": "iccs"})
        for column in columns:
            rolled[column] = rolled[column].astype(str)
            rolled = pd.concat([rolled, rolled.assign(**{column: "_T"})])
        rolled.groupby(["iccs", "year", *columns])["value"].sum().reset_index().to_parquet(out / f"{name}.parquet")


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


def table_seconds(folder: Path) -> float:
    """Seconds of the table steps of the last build, from its manifest."""
    manifest = json.loads((folder / "build" / "manifest.json").read_text())
    return sum(step["seconds"] for name, step in manifest["steps"].items() if name.startswith("table:"))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000_000)
    parser.add_argument("--pandas-rows", type=int, default=5_000_000)
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
    whole, tables, steps, memory, peer_memory = [], [], [], [], []
    for run in range(arguments.runs):
        mine = measured(build, folder.parent / "nothing")
        sql = measured([*peer, "sql"], out)
        if arguments.method == "none":
            same_figures(folder, out)
        from_records = measured([*peer, "records"], out)
        cells = measured([*peer, "cells"], out)
        whole.append(mine["seconds"] / sql["seconds"])
        tables.append(cells["work"] / from_records["work"])
        steps.append(table_seconds(folder) / from_records["work"])
        memory.append(mine["gib"])
        peer_memory.append(sql["gib"])
        print(
            f"run {run + 1}: build {mine['seconds']:.1f} s ({mine['gib']:.2f} GiB), SQL {sql['seconds']:.1f} s "
            f"({sql['gib']:.2f} GiB), tables {cells['work']:.1f} s, "
            f"table steps {table_seconds(folder):.1f} s, SQL tables {from_records['work']:.1f} s",
            flush=True,
        )
    print(f"rows: {arguments.rows:,}; {arguments.threads} threads; memory limit {arguments.memory}")
    print(f"whole build / hand-written SQL: {statistics.median(whole):.2f} (goal 2.5 at most)")
    print(f"tables / hand-written SQL on the same records: {statistics.median(tables):.2f} (goal 1.25 at most)")
    print(f"table steps (intervals, protection, Parquet and CSV too) / the same SQL: {statistics.median(steps):.2f}")
    print(f"peak memory: {max(memory):.2f} GiB (goal 4 at most; SQL {max(peer_memory):.2f})")
    if arguments.pandas_rows:
        compare_with_pandas(arguments)


def compare_with_pandas(arguments: argparse.Namespace) -> None:
    """Whole build against pandas, on fewer rows: pandas holds them all in memory as objects."""
    folder = arguments.folder.resolve() / f"persons-{arguments.pandas_rows}"
    generate(folder, arguments.pandas_rows, "none", arguments.memory, arguments.threads)
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

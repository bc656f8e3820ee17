"""The portal on one million observations, beside the same queries sent to DuckDB directly.

    python bench/portal.py                        # ratios of the 95th percentiles, and 200 readers for one minute
    python bench/portal.py --minutes 10           # the readers for ten minutes

Both sides answer the same random choices in the same run, at the same concurrency: DuckDB asked by threads through
cursors of their own, the portal over HTTP from another process. DuckDB stands there twice: with the Parquet file of the
build loaded into a table as it is, and with the table laid out as the portal lays it out (sorted, small row groups).
Caches of the portal do not help it: no page of the explorer and no call of the service is asked for twice.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import duckdb
import numpy as np

from kyoto.core.files import sha256_of
from kyoto.portal.catalogue import read_catalogue
from kyoto.portal.figures import observations_query
from kyoto.portal.selection import read_selection
from kyoto.portal.store import Store
from kyoto.statistics.classification import iccs

PROJECT = '[project]\ntitle = "One million observations"\narea = "XX"\n'
SEXES = ("_T", "F", "M")
YEARS = range(1994, 2024)


def write_build(folder: Path, observations: int) -> None:
    """Build folder of one table: areas by classes of ICCS by years by sexes."""
    classes = ["_T", *[category.code for category in iccs() if category.level <= 2][:27]]
    areas = max(observations // (len(classes) * len(YEARS) * len(SEXES)), 1)
    tables = folder / "build" / "tables"
    tables.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute("SELECT setseed(0.5)")
        connection.execute(
            f"""
            COPY (
                SELECT CASE WHEN a = 0 THEN 'XX' ELSE printf('XX-%03d', a) END AS area, CAST(y AS VARCHAR) AS period,
                    'offences' AS series, iccs, sex, '_T' AS age, 'offence' AS unit, n AS value, n * 0.9 AS lower,
                    n * 1.1 AS upper, 'A' AS status, 'F' AS confidentiality, 'generated' AS source,
                    CAST(NULL AS VARCHAR) AS note
                FROM (SELECT *, floor(random() * 5000)::DOUBLE AS n
                      FROM range({areas}) AS areas(a), range({YEARS.start}, {YEARS.stop}) AS years(y),
                           unnest({classes!r}) AS classes(iccs), unnest({list(SEXES)!r}) AS sexes(sex)) AS cells
            ) TO '{tables / "offences.parquet"}' (FORMAT parquet, COMPRESSION zstd)
            """
        )
    output = {"path": "tables/offences.parquet", "sha256": sha256_of(tables / "offences.parquet")}
    facts = {"title": "What was recorded?", "unit": "offence", "source": "generated", "disclosure": {"method": "none"}}
    manifest = {
        "kyoto": "bench",
        "finished": "2026-01-01T00:00:00+00:00",
        "steps": {"table:offences": {"outputs": [output], "facts": facts}},
    }
    (folder / "build" / "manifest.json").write_text(json.dumps(manifest))
    (folder / "kyoto.toml").write_text(PROJECT)


def choices(series, number: int, seed: int, asked: set):
    """Random choices as readers make them: parameters of the explorer, and of the service; none that was asked."""
    draw = random.Random(seed)
    axes = {axis.name: axis.codes for axis in series.axes}
    explorer, service = [], []
    while len(explorer) < number or len(service) < number:
        area, offence, sex = (draw.choice(axes[name]) for name in ("area", "iccs", "sex"))
        cell = [("iccs", offence), ("area", area)]
        since = ("from", str(draw.choice(YEARS[:10])))  # or there were not choices enough to ask each but once
        kinds = [
            [*cell, ("sex", sex)],
            cell,
            [("by", "sex"), *cell],
            [("by", "iccs"), ("area", area), ("sex", sex), since],
            [("by", "area"), ("iccs", offence), *(("show", code) for code in draw.sample(axes["area"], 5))],
        ]
        narrow = [[*cell], [*cell, ("sex", sex)], [("area", area), ("sex", sex), since, ("limit", "1000")]]
        for found, pairs in ((explorer, draw.choice(kinds)), (service, draw.choice(narrow))):
            if len(found) < number and (found is explorer, *pairs) not in asked:
                asked.add((found is explorer, *pairs))
                found.append(pairs)
    return explorer, service


def percentile(seconds) -> float:
    return float(np.percentile(seconds, 95))


def timed(tasks, concurrency: int, make_worker):
    """Seconds of each task; each thread has a worker of its own and takes the next task."""
    todo = iter(tasks)
    guard = threading.Lock()

    def run() -> list[float]:
        work = make_worker()
        seconds = []
        while True:
            with guard:
                task = next(todo, None)
            if task is None:
                return seconds
            started = time.perf_counter()
            work(task)
            seconds.append(time.perf_counter() - started)

    with ThreadPoolExecutor(concurrency) as pool:
        return [second for part in pool.map(lambda _: run(), range(concurrency)) for second in part]


def direct_worker(connection):
    cursor = connection.cursor()

    def ask(query):
        sql, values = query
        return cursor.execute(sql, values).fetchall()

    return ask


def portal_worker(port: int):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(address: str):
        connection.request("GET", address, headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {address}: {body[:200]!r}")

    return ask


def service_query(series, pairs):
    """The service's own query for its parameters."""
    from kyoto.portal.service import _query

    limit = next((value for name, value in pairs if name == "limit"), "1000")
    start = next((value for name, value in pairs if name == "from"), None)
    sql, values = _query(series, [pair for pair in pairs if pair[0] not in ("limit", "from")], start, None)
    return f"SELECT * {sql} ORDER BY area, period, series, iccs, sex, age LIMIT {limit}", values


def memory(process: int) -> float:
    """Resident memory in megabytes, of a process and its children."""
    pages = 0.0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "status").read_text()
        except OSError:
            continue
        fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        if process in (int(folder.name), int(fields["PPid"])) and "VmRSS" in fields:
            pages += int(fields["VmRSS"].split()[0]) / 1024
    return pages


def readers(port: int, addresses, number: int, minutes: float, process: int):
    """Readers who come, read and think; errors, requests, and memory over time."""
    stop = time.monotonic() + minutes * 60
    errors: list[str] = []
    counts = [0] * number
    first = time.monotonic()

    def read(index: int) -> None:
        draw = random.Random(index)
        ask = portal_worker(port)
        while time.monotonic() < stop:
            try:
                ask(draw.choice(addresses))
                counts[index] += 1
            except (OSError, RuntimeError, http.client.HTTPException) as error:
                errors.append(repr(error))
                ask = portal_worker(port)
            time.sleep(draw.uniform(0.5, 3.0))

    threads = [threading.Thread(target=read, args=(index,), daemon=True) for index in range(number)]
    for thread in threads:
        thread.start()
    seen = []
    while time.monotonic() < stop:
        time.sleep(max(minutes * 60 / 20, 0.5))
        seen.append((time.monotonic() - first, memory(process)))
    for thread in threads:
        thread.join(70)
    return errors, sum(counts), seen


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(folder: Path, port: int) -> subprocess.Popen:
    command = [sys.executable, "-m", "kyoto", "serve", str(folder), "--port", str(port), "--rate", "0"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    for _ in range(600):
        try:
            portal_worker(port)("/en/")
            break
        except OSError:
            time.sleep(0.1)
    else:
        raise RuntimeError("the portal did not start")
    time.sleep(10)  # the other workers read the build in
    for _ in range(20):
        portal_worker(port)("/en/")
    return process


def compared(name: str, queries, addresses, peers, port: int, concurrency: int) -> None:
    """Time all sides, in turns so that a busy machine slows all of them."""
    direct, portal = {peer: [] for peer in peers}, []
    parts = 5
    for part in range(parts):
        for peer, connection in peers.items():
            direct[peer] += timed(queries[part::parts], concurrency, lambda: direct_worker(connection))  # noqa: B023
        portal += timed(addresses[part::parts], concurrency, lambda: portal_worker(port))
    line = f"{name:<9} concurrency {concurrency:>3}  portal p95 {percentile(portal) * 1e3:7.1f} ms"
    for peer, seconds in direct.items():
        ratio = percentile(portal) / percentile(seconds)
        line += f"  DuckDB, {peer}: {percentile(seconds) * 1e3:7.1f} ms, ratio {ratio:4.1f}"
    print(line, flush=True)


def peers_of(folder: Path, snapshot_database: Path):
    """DuckDB with the file as it is in a table, and with the portal's own layout."""
    plain = duckdb.connect()
    plain.execute(f"CREATE TABLE offences AS FROM '{folder / 'build' / 'tables' / 'offences.parquet'}'")
    return {"plain table": plain, "portal's layout": duckdb.connect(str(snapshot_database), read_only=True)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--observations", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=1500)
    parser.add_argument("--concurrency", type=int, nargs="*", default=[1, 8, 32])
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=1.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_build(folder, given.observations)
        store = Store(folder)
        started = time.perf_counter()
        with store.snapshot() as snapshot:
            series = read_catalogue(snapshot, folder).series["offences"]
            shutil.copy(snapshot.folder / "observations.duckdb", folder / "copy.duckdb")
        print(f"{series.figures:,} observations, read in after {time.perf_counter() - started:.1f} s")
        columns = "period, value, lower, upper, status, confidentiality, note"
        store.close()
        peers = peers_of(folder, folder / "copy.duckdb")
        port = free_port()
        process = serve(folder, port)
        try:
            asked: set = set()
            for seed, concurrency in enumerate(given.concurrency):
                explorer, service = choices(series, given.requests, seed, asked)
                pages = [f"/en/explore/offences?{urlencode(pairs)}" for pairs in explorer]
                calls = [f"/api/v1/series/offences/observations?{urlencode(pairs)}" for pairs in service]
                queries = [observations_query(read_selection(series, pairs), columns) for pairs in explorer]
                compared("explorer", queries, pages, peers, port, concurrency)
                queries = [service_query(series, pairs) for pairs in service]
                compared("service", queries, calls, peers, port, concurrency)
            errors, count, seen = readers(port, pages + calls, given.readers, given.minutes, process.pid)
            print(f"{given.readers} readers for {given.minutes:g} min: {count:,} answers, {len(errors)} errors")
            print("memory of all workers: " + ", ".join(f"{at / 60:.1f} min {mb:.0f} MB" for at, mb in seen))
            for error in errors[:3]:
                print(" ", error)
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()

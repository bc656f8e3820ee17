"""The SDMX service on a million observations, against the same queries sent to DuckDB directly.

The service runs as it does for readers, in a process of its own; DuckDB answers the same SQL in another process, on the
same data, with as many clients at once. Rounds of both take turns, so that whatever else the machine does hits both.

    python bench/sdmx.py [--clients 8] [--rounds 3] [--requests 40]
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

QUERIES = {
    "one series, 10 years of months": "/v2/data/dataflow/KYOTO/CRIMES/1.0.0/M.crimes.X{a}.{i}.F._T.offence",
    "one area, one year": "/v2/data/dataflow/KYOTO/CRIMES/1.0.0/*.*.X{a}?c[TIME_PERIOD]=ge:2019+le:2019",
    "newest figure of every area": "/v2/data/dataflow/KYOTO/CRIMES/1.0.0/*.*.*.{i}._T?lastNObservations=1",
    "filter of values": "/v2/data/dataflow/KYOTO/CRIMES/1.0.0/*.*.*.{i}.M?c[OBS_VALUE]=ge:990",
    "1 000 rows of everything": "/v2/data/dataflow/KYOTO/CRIMES/1.0.0/*?limit=1000",
    "what is available": "/v2/availability/dataflow/KYOTO/CRIMES/1.0.0/*.*.X{a}",
}
CLASSES = ("01", "0101", "02", "0201", "03", "0301", "04", "0401", "05", "0501", "0502", "06", "07", "_T")
AREAS = 200


def write_project(folder: Path) -> None:
    """A project whose one table holds 1 008 000 synthetic observations."""
    import duckdb

    (folder / "build" / "tables").mkdir(parents=True)
    path = folder / "build" / "tables" / "crimes.parquet"
    classes = ", ".join(f"'{code}'" for code in CLASSES)
    duckdb.execute(
        f"""COPY (
        SELECT 'X' || a AS area, strftime(DATE '2010-01-01' + to_months(m::INTEGER), '%Y-%m') AS period,
            'crimes' AS series, iccs, sex, '_T' AS age, 'offence' AS unit,
            (hash(a, m, iccs, sex) % 1000)::DOUBLE AS value,
            value * 0.9 AS lower, value * 1.1 AS upper, 'A' AS status, 'F' AS confidentiality, 'police' AS source,
            '' AS note
        FROM range({AREAS}) areas(a), range(120) months(m), unnest([{classes}]) classes(iccs),
            unnest(['F', 'M', '_T']) sexes(sex)
        ORDER BY ALL) TO '{path}' (FORMAT parquet)"""
    )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    step = {"outputs": [{"path": "tables/crimes.parquet", "sha256": digest}], "facts": {"title": "Synthetic"}}
    manifest = {"finished": "2026-01-01T00:00:00+00:00", "steps": {"table:crimes": step}}
    (folder / "build" / "manifest.json").write_text(json.dumps(manifest))
    (folder / "kyoto.toml").write_text('[project]\ntitle = "Synthetic"\n')


def serve(folder: str, port: int) -> None:
    """The service, as ``kyoto serve`` mounts it."""
    import uvicorn
    from fastapi import FastAPI

    from kyoto.portal.sdmx import sdmx_app
    from kyoto.portal.store import Store

    app = FastAPI()
    app.mount("/sdmx", sdmx_app(Store(folder)))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error")


def paths(kind: str, count: int, start: int) -> list[str]:
    template = QUERIES[kind]
    numbers = range(start, start + count)
    return [template.format(a=(n * 37) % AREAS, i=CLASSES[(n * 5) % len(CLASSES)]) for n in numbers]


def statements(wanted: list[str], folder: Path) -> list[tuple[str, list[object]]]:
    """The SQL that the service sends for the same requests."""
    from kyoto.portal.sdmx.parameters import data_query, parameters_of
    from kyoto.statistics.exchange.sdmx import open_build, read_catalogue
    from kyoto.statistics.exchange.sdmx.encoding import Selection
    from kyoto.statistics.exchange.sdmx.sql import observations_of, present_values

    catalogue = read_catalogue(open_build(folder / "build"))
    flow = catalogue.flows["CRIMES"]
    found = []
    for path in wanted:
        address, _, query_string = path.partition("?")
        query = data_query(flow, address.rsplit("/", 1)[1], parameters_of(query_string.encode()))
        if "availability" in path:
            found.append(present_values(catalogue, flow, query, (*flow.dimensions, flow.time)))
        else:
            found.append(observations_of(catalogue, Selection(flow), query, most=200_001))
    return found


def directly(folder: str) -> None:
    """DuckDB alone: reads rounds of statements from standard input, writes the seconds of each."""
    from kyoto.portal.store import Store

    store = Store(folder)
    with store.snapshot() as snapshot:
        print("ready", flush=True)
        for line in sys.stdin:
            work = json.loads(line)

            def run(one: list) -> float:
                start = time.perf_counter()
                snapshot.query(one[0], one[1])
                return time.perf_counter() - start

            with ThreadPoolExecutor(work["clients"]) as pool:
                print(json.dumps(list(pool.map(run, work["statements"]))), flush=True)


def ask(port: int, wanted: list[str], clients: int) -> list[float]:
    """Seconds of each request."""
    local = threading.local()

    def one(path: str) -> float:
        if not hasattr(local, "connection"):
            local.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        start = time.perf_counter()
        local.connection.request("GET", "/sdmx" + path)
        answer = local.connection.getresponse()
        body = answer.read()
        seconds = time.perf_counter() - start
        assert answer.status == 200, (path, body[:500])
        return seconds

    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(one, wanted))


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[18]


def memory(pid: int) -> float:
    """Resident megabytes of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--serve", nargs=2)
    parser.add_argument("--directly")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=40)
    given = parser.parse_args()
    if given.serve:
        serve(given.serve[0], int(given.serve[1]))
    elif given.directly:
        directly(given.directly)
    else:
        measure(given.clients, given.rounds, given.requests)


def measure(clients: int, rounds: int, requests: int) -> None:
    port = 20_000 + os.getpid() % 20_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_project(folder)
        service = subprocess.Popen([sys.executable, __file__, "--serve", name, str(port)])
        alone = subprocess.Popen(
            [sys.executable, __file__, "--directly", name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            assert alone.stdin and alone.stdout
            alone.stdout.readline()
            wait_for(port)
            report(clients, rounds, requests, folder, port, service.pid, alone)
        finally:
            service.terminate()
            alone.terminate()
            service.wait()
            alone.wait()


def wait_for(port: int) -> None:
    """Until the service answers its first request, which reads the build in."""
    for _ in range(600):
        try:
            ask(port, ["/v2/structure/dataflow"], 1)
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the service does not start")


def report(
    clients: int, rounds: int, requests: int, folder: Path, port: int, pid: int, alone: subprocess.Popen
) -> None:
    taken: dict[str, tuple[list[float], list[float]]] = {kind: ([], []) for kind in QUERIES}
    sizes = []
    for number in range(rounds + 1):  # the first round warms both up and is not counted
        for kind, (service, direct) in taken.items():
            wanted = paths(kind, requests, number * requests)
            mine = ask(port, wanted, clients)
            alone.stdin.write(json.dumps({"clients": clients, "statements": statements(wanted, folder)}) + "\n")
            alone.stdin.flush()
            other = json.loads(alone.stdout.readline())
            if number:
                service += mine
                direct += other
        sizes.append(memory(pid))
    print(f"1 008 000 observations, {clients} clients at once, {rounds} x {requests} requests of each kind\n")
    print("| query | service p95 ms | DuckDB p95 ms | ratio |\n|---|---|---|---|")
    for kind, (service, direct) in taken.items():
        print(f"| {kind} | {p95(service) * 1e3:.0f} | {p95(direct) * 1e3:.0f} | {p95(service) / p95(direct):.2f} |")
    everything = [[seconds for pair in taken.values() for seconds in pair[n]] for n in (0, 1)]
    first, second = map(p95, everything)
    print(f"| all | {first * 1e3:.0f} | {second * 1e3:.0f} | {first / second:.2f} |")
    print(f"\nmemory of the service after each round, MB: {', '.join(f'{size:.0f}' for size in sizes)}")


if __name__ == "__main__":
    main()

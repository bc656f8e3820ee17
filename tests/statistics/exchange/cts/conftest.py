"""Projects, workbooks and commands for the tests of the questionnaire. All persons in them are made up."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from kyoto.core.build import run_build
from kyoto.core.project import load_project
from kyoto.statistics.exchange.cts import Answer, Answers, questionnaire, write_workbook
from kyoto.statistics.pipeline.settings import read_settings
from kyoto.statistics.pipeline.steps import project_steps

PROJECT = """
[project]
title = "Justice statistics of a made-up country"
area = "XA"
population = "population.csv"

[sources.homicides]
file = "homicides.csv"
unit = "victim"
[sources.homicides.columns]
victim_id = "id"
recorded = "day"
iccs = "iccs"
sex = "sex"
age = "age"
homicide_relationship = "relationship"
citizenship = "citizenship"

[sources.crimes]
file = "crimes.csv"
unit = "offence"
[sources.crimes.columns]
offence_id = "id"
recorded = "day"
iccs = "iccs"
weapon = "weapon"

[sources.suspects]
file = "suspects.csv"
unit = "suspect"
[sources.suspects.columns]
suspect_id = "id"
recorded = "day"
iccs = "iccs"
sex = "sex"
age = "age"
citizenship = "citizenship"

[sources.prisons]
file = "prisons.csv"
unit = "prisoner"
[sources.prisons.columns]
person_id = "id"
date = "held_on"
sex = "sex"
age = "age"
legal_status = "status"
citizenship = "citizenship"

[tables.victims]
source = "homicides"
by = ["iccs", "period:year", "sex", "age:0-9,10-14,15-17,18-19,20-24,25-29,30-44,45-59,60+"]
[tables.victims_by_relationship]
source = "homicides"
by = ["iccs", "period:year", "sex", "homicide_relationship"]
[tables.victims_by_citizenship]
source = "homicides"
by = ["iccs", "period:year", "sex", "citizenship"]
[tables.crimes]
source = "crimes"
by = ["iccs", "period:year"]
[tables.crimes_by_weapon]
source = "crimes"
by = ["iccs", "period:year", "weapon"]
[tables.suspects]
source = "suspects"
by = ["iccs", "period:year", "sex", "age:0-17,18+"]
[tables.suspects_by_citizenship]
source = "suspects"
by = ["iccs", "period:year", "sex", "citizenship"]
[tables.held]
source = "prisons"
by = ["period:year", "sex", "age:0-17,18+"]
[tables.held_by_status]
source = "prisons"
by = ["period:year", "sex", "legal_status"]
[tables.foreigners_in_prison]
source = "prisons"
by = ["period:year", "sex"]
where = 'citizenship == "foreign"'

[cts.tables]
"5.11" = "foreigners_in_prison"
[cts.cells.2023]
"5.9.01.T" = 7
"5.9.02.T" = 180
[cts.answers]
"M.11.police" = "no"
[cts.respondent]
name = "A made-up country"
office = "Statistical office"

[disclosure]
"""

CLASSES = ["0101", "0301", "03011", "03012", "0401", "0501", "0502", "06012", "0701"]


@dataclass(frozen=True)
class Made:
    """A built project and the records that it was made of."""

    folder: Path
    records: dict[str, pd.DataFrame]


def made_records(seed: int = 7) -> dict[str, pd.DataFrame]:
    """Records of two years, with unknown sexes and ages."""
    chance = random.Random(seed)
    sex = lambda: chance.choices(["M", "F", "unknown"], [70, 25, 5])[0]  # noqa: E731
    age = lambda: chance.choice([*range(1, 90), "unknown"])  # noqa: E731
    day = lambda year: f"{year}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"  # noqa: E731
    citizen = lambda: chance.choices(["national", "foreign", "unknown"], [80, 18, 2])[0]  # noqa: E731
    victims, crimes, suspects, prisons = [], [], [], []
    for year, extra in ((2022, 0), (2023, 9)):
        for _ in range(120 + extra):
            relation = chance.choice(["1.1.1", "1.2.1", "2.1", "3", "unknown"])
            victims.append((len(victims), day(year), "0101", sex(), age(), relation, citizen()))
        for _ in range(2000 + extra):
            weapon = chance.choice(["1", "2", "3", "unknown"])
            crimes.append((len(crimes), day(year), chance.choice(CLASSES), weapon))
        for _ in range(800 + extra):
            suspects.append((len(suspects), day(year), chance.choice(CLASSES), sex(), age(), citizen()))
        for _ in range(300 + extra):
            status = chance.choice(["sentenced", "sentenced", "unsentenced"])
            prisons.append((len(prisons), f"{year}-12-31", sex(), age(), status, citizen()))
    return {
        "homicides": pd.DataFrame(victims, columns=["id", "day", "iccs", "sex", "age", "relationship", "citizenship"]),
        "crimes": pd.DataFrame(crimes, columns=["id", "day", "iccs", "weapon"]),
        "suspects": pd.DataFrame(suspects, columns=["id", "day", "iccs", "sex", "age", "citizenship"]),
        "prisons": pd.DataFrame(prisons, columns=["id", "held_on", "sex", "age", "status", "citizenship"]),
    }


def _project_text(disclosure: str) -> str:
    """Project file; suppression solves linear programs, so that it gets fewer tables."""
    if "suppression" not in disclosure:
        return PROJECT + disclosure
    left_out = ("victims", "victims_by_citizenship", "crimes_by_weapon", "suspects", "suspects_by_citizenship", "held")
    parts = re.split(r"(?=^\[)", PROJECT, flags=re.MULTILINE)
    return "".join(part for part in parts if not part.startswith(tuple(f"[tables.{n}]" for n in left_out))) + disclosure


def build(folder: Path, disclosure: str) -> Made:
    """Write the project with a disclosure method and build it."""
    folder.mkdir(parents=True, exist_ok=True)
    records = made_records()
    (folder / "kyoto.toml").write_text(_project_text(disclosure), encoding="utf-8")
    (folder / "population.csv").write_text("area,period,sex,value\nXA,2023,_T,5000000\nXA,2023,F,2550000\n")
    for name, frame in records.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    _build_again(folder)
    return Made(folder, records)


def _build_again(folder: Path) -> None:
    settings = read_settings(load_project(folder))
    run_build(settings.project, project_steps(settings), engine="duckdb", settings=settings.engine)


@pytest.fixture
def rebuild():
    """Build a changed copy of a project."""
    return _build_again


@pytest.fixture(scope="session")
def open_project(tmp_path_factory) -> Made:
    """The project without protection: figures are the counts of its records."""
    return build(tmp_path_factory.mktemp("open"), 'method = "none"\n')


@pytest.fixture(scope="session")
def suppressed_project(tmp_path_factory) -> Made:
    """The project with small cells withheld."""
    return build(tmp_path_factory.mktemp("suppressed"), 'method = "suppression"\nthreshold = 5\n')


@pytest.fixture(scope="session")
def perturbed_project(tmp_path_factory) -> Made:
    """The project with noise on every count."""
    return build(tmp_path_factory.mktemp("perturbed"), 'method = "cell-key"\nsecret = "of the tests"\n')


@pytest.fixture(scope="session")
def answers() -> Answers:
    """Every cell answered by its position, so that a moved one shows."""
    figures = {name: Answer(float(number)) for number, name in enumerate(questionnaire().cells, start=1)}
    return Answers("XA", "2023", figures, {"1.2.01": "From the register of deaths."}, {"M.02.police": "victim"})


@pytest.fixture(scope="session")
def filled_bytes(tmp_path_factory, answers) -> bytes:
    """A workbook with :func:`answers`."""
    path = tmp_path_factory.mktemp("filled") / "filled.xlsx"
    write_workbook(answers, path)
    return path.read_bytes()


@pytest.fixture
def filled(tmp_path, filled_bytes):
    """Path of a workbook with :func:`answers`."""
    path = tmp_path / "filled.xlsx"
    path.write_bytes(filled_bytes)
    return path


@pytest.fixture
def change(filled):
    """Change the workbook as a person would, with another program than the one that wrote it."""

    def changed(edit) -> Path:
        book = openpyxl.load_workbook(filled)
        edit(book)
        book.save(filled)
        return filled

    return changed


def place_of(book: openpyxl.Workbook, cell: str) -> tuple[str, int, int]:
    """Sheet, row and column (from 1) of a cell of the questionnaire, found by looking."""
    form = questionnaire()
    asked = form.cells[cell]
    code = f"{asked.table.id}.{asked.row.id}"
    for sheet in book.worksheets:
        for row in sheet.iter_rows(max_col=1):
            if row[0].value == code:
                return sheet.title, row[0].row, 4 + asked.table.columns.index(asked.column)
    raise AssertionError(f"{cell} is not in the workbook")


@pytest.fixture
def locate():
    """:func:`place_of`."""
    return place_of

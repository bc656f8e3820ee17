"""Synthetic records of justice agencies with known truth, to test linkage and to learn it. Nobody in them exists.

Names are built from syllables, so that no person's name is meant; how often each name occurs falls off as in real
populations (rank to the power -0.8). Persons pass from police to prosecution, courts, prisons and probation, some of
them several times. Every record then suffers the errors of :class:`ErrorRates`. The column ``person`` is the truth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kyoto.statistics.linkage.transliterating import written_in

if TYPE_CHECKING:
    import pandas as pd

Struck = Callable[[float], list[int]]

__all__ = ["AGENCIES", "ErrorRates", "simulate_agencies", "write_agencies"]

AGENCIES: Final = ("police", "prosecution", "courts", "prisons", "probation")
_GOES_ON: Final = {"police": 1.0, "prosecution": 0.6, "courts": 0.75, "prisons": 0.35, "probation": 0.4}
_LAG: Final = {"police": 0, "prosecution": 40, "courts": 120, "prisons": 10, "released": 150, "probation": 5}
"""Median days from the agency before to each record; invented."""
_FIRST_BIRTH: Final = date(1945, 1, 1)
_BIRTH_DAYS: Final = 22_000
_ONSETS: Final = ("b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "sh", "ch")
_VOWELS: Final = ("a", "e", "i", "o", "u")
_ENDS: Final = ("", "n", "r", "s", "l", "m", "t", "k")


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """Chance of each error in a record.

    Parameters
    ----------
    typo
        One letter of the given or family name dropped, doubled, replaced or exchanged with its neighbour.
    other_script
        Names written in Cyrillic, Greek or Arabic.
    swapped_names
        Given and family name exchanged.
    missing_given, missing_birth, missing_place
        Empty.
    birth_digit
        One digit of the date of birth wrong.
    birth_swapped
        Day and month exchanged, where that is a date.
    birth_heaped
        1 January of the right year.
    birth_year
        Only the year written.
    sex
        Wrong.
    moved
        Another place than in the other records.
    """

    typo: float = 0.04
    other_script: float = 0.01
    swapped_names: float = 0.01
    missing_given: float = 0.01
    missing_birth: float = 0.02
    missing_place: float = 0.05
    birth_digit: float = 0.02
    birth_swapped: float = 0.01
    birth_heaped: float = 0.01
    birth_year: float = 0.01
    sex: float = 0.002
    moved: float = 0.15

    def times(self, factor: float) -> ErrorRates:
        """All rates multiplied, none above one half.

        Examples
        --------
        >>> ErrorRates().times(2).typo
        0.08
        """
        return ErrorRates(*(min(0.5, getattr(self, name) * factor) for name in self.__slots__))


def simulate_agencies(persons: int, *, seed: int = 1, errors: ErrorRates | None = None) -> dict[str, pd.DataFrame]:
    """Draw the records of five agencies.

    Parameters
    ----------
    persons
        Persons known to the police, one or more.
    seed
        The same seed gives the same records.
    errors
        Chances of errors; :class:`ErrorRates` as it stands by default.

    Returns
    -------
    dict of pandas.DataFrame
        By agency: ``id``, ``given``, ``family``, ``birth``, ``sex``, ``place``, ``date`` (of the record; no errors),
        ``person`` (the truth), and in the prisons ``released``. About 2.6 records a person in all. The prisons list a
        person once.

    Examples
    --------
    >>> files = simulate_agencies(100, seed=1)
    >>> list(files), files["prisons"]["person"].is_unique
    (['police', 'prosecution', 'courts', 'prisons', 'probation'], True)
    """
    random = np.random.default_rng(seed)
    rates = errors or ErrorRates()
    population = _population(persons, random)
    files = {}
    careers, of_case = _careers(persons, random)
    days = _days(careers, of_case.size, np.random.default_rng([seed, 1]))
    for agency, cases in careers.items():
        frame = _with_errors(_records(population, of_case[cases], agency), rates, random)
        frame.insert(len(frame.columns) - 1, "date", _dates(days[agency]))
        if agency == "prisons":
            frame.insert(len(frame.columns) - 1, "released", _dates(days["released"]))
        files[agency] = frame
    return files


def write_agencies(files: dict[str, pd.DataFrame], folder: Path) -> list[Path]:
    """Write ``synthetic_AGENCY.csv`` without the truth, and ``synthetic_truth.csv`` with it.

    Returns
    -------
    list of pathlib.Path
        The agencies' files, then the truth: ``source``, ``id``, ``person``.
    """
    import pandas as pd

    from kyoto.core.files import write_whole

    paths = []
    for agency, frame in files.items():
        paths.append(folder / f"synthetic_{agency}.csv")
        write_whole(paths[-1], frame.drop(columns="person").to_csv(index=False))
    truth = pd.concat([frame[["id", "person"]].assign(source=f"synthetic_{agency}") for agency, frame in files.items()])
    paths.append(folder / "synthetic_truth.csv")
    write_whole(paths[-1], truth[["source", "id", "person"]].to_csv(index=False))
    return paths


def _population(persons: int, random: np.random.Generator) -> dict[str, Any]:
    """True names, births, sexes and places; one in fifty shares family and place with another, some of them twins."""
    sex = np.where(random.random(persons) < 0.8, "M", "F")
    given = _popular(np.where(sex == "M", 0, 1), persons, max(40, min(4_000, persons // 20)), random)
    family = _ranked(persons, max(60, min(60_000, persons // 4)), random)
    place = _ranked(persons, max(8, min(400, persons // 100)), random)
    birth = random.integers(0, _BIRTH_DAYS, persons)
    relative = np.flatnonzero(random.random(persons) < 0.02)
    relative = relative[relative > 0]
    family[relative], place[relative] = family[relative - 1], place[relative - 1]
    twin = relative[random.random(relative.size) < 0.1]
    birth[twin] = birth[twin - 1]
    return {
        "given": _names(given.max() + 1)[given],
        "family": _names(family.max() + 1, parts=3)[family],
        "sex": sex,
        "place": _names(400, parts=2)[place],
        "birth": birth,
    }


def _popular(sex: Any, persons: int, names: int, random: np.random.Generator) -> Any:
    """Given names, those of men and women apart: even and odd numbers."""
    return 2 * _ranked(persons, names, random) + sex


def _ranked(draws: int, names: int, random: np.random.Generator) -> Any:
    """Numbers of names whose frequency falls with their rank to the power -0.8."""
    weights = np.arange(1, names + 1) ** -0.8
    return np.minimum(np.searchsorted(np.cumsum(weights) / weights.sum(), random.random(draws)), names - 1)


def _names(count: int, parts: int = 2) -> Any:
    """As many distinct names out of syllables; the same numbers give the same names."""
    syllables = [onset + vowel for onset in _ONSETS for vowel in _VOWELS]
    names = []
    for number in range(count):
        shuffled = (number * 7_919 + 31) % (len(syllables) ** parts * len(_ENDS))
        text = ""
        for _ in range(parts):
            shuffled, syllable = divmod(shuffled, len(syllables))
            text += syllables[syllable]
        names.append((text + _ENDS[shuffled % len(_ENDS)]).capitalize())
    return np.array(names, dtype=object)


def _careers(persons: int, random: np.random.Generator) -> tuple[dict[str, Any], Any]:
    """Cases of the records of each agency: how often the police met a person, and how far each case went.

    Second, the person of each case.
    """
    person = np.repeat(np.arange(persons), 1 + random.poisson(0.3, persons))
    cases = np.arange(person.size)
    found = {}
    for agency in AGENCIES:
        cases = cases[random.random(cases.size) < _GOES_ON[agency]]
        found[agency] = cases[np.unique(person[cases], return_index=True)[1]] if agency == "prisons" else cases
    return found, person


def _days(careers: dict[str, Any], cases: int, random: np.random.Generator) -> dict[str, Any]:
    """Days since the first of 2019 of each record: cases evenly over four years, each agency some time after the last.

    The prisons have the day of the release too.
    """
    day = random.integers(0, 1461, cases).astype(float)
    found = {}
    for agency, middle in _LAG.items():
        day = np.floor(day + middle * np.exp(0.6 * random.standard_normal(cases)))
        found[agency] = day[careers[agency]] if agency in careers else day[careers["prisons"]]
    return found


def _dates(days: Any) -> Any:
    import pandas as pd

    return (pd.Timestamp("2019-01-01") + pd.to_timedelta(days, unit="D")).strftime("%Y-%m-%d").to_numpy(dtype=object)


def _records(population: dict[str, Any], members: Any, agency: str) -> pd.DataFrame:
    import pandas as pd

    days = pd.Timestamp(_FIRST_BIRTH) + pd.to_timedelta(population["birth"][members], unit="D")
    return pd.DataFrame(
        {
            "id": [f"{agency[:2].upper()}{number:07}" for number in range(1, members.size + 1)],
            "given": population["given"][members],
            "family": population["family"][members],
            "birth": days.strftime("%Y-%m-%d").to_numpy(dtype=object),
            "sex": population["sex"][members],
            "place": population["place"][members],
            "person": members,
        }
    )


def _with_errors(frame: pd.DataFrame, rates: ErrorRates, random: np.random.Generator) -> pd.DataFrame:
    columns = {name: frame[name].to_numpy(dtype=object) for name in ("given", "family", "birth", "sex", "place")}

    def struck(rate: float) -> list[int]:
        return [int(row) for row in np.flatnonzero(random.random(len(frame)) < rate)]

    for name in ("given", "family"):
        for row in struck(rates.typo):
            columns[name][row] = _typo(columns[name][row], random)
    _spoil_births(columns["birth"], rates, random, struck)
    _spoil_scripts(columns, rates, random, struck)
    for row in struck(rates.sex):
        columns["sex"][row] = "F" if columns["sex"][row] == "M" else "M"
    moved = struck(rates.moved)
    columns["place"][moved] = random.permutation(columns["place"])[moved]
    for name, rate in (("given", rates.missing_given), ("birth", rates.missing_birth), ("place", rates.missing_place)):
        columns[name][struck(rate)] = ""
    return frame.assign(**columns)


def _spoil_births(births: Any, rates: ErrorRates, random: np.random.Generator, struck: Struck) -> None:
    for row in struck(rates.birth_digit):
        births[row] = _wrong_digit(births[row], random)
    for row in struck(rates.birth_swapped):
        births[row] = _day_and_month_swapped(births[row])
    for row in struck(rates.birth_heaped):
        births[row] = births[row][:4] + "-01-01"
    for row in struck(rates.birth_year):
        births[row] = births[row][:4]


def _spoil_scripts(columns: dict[str, Any], rates: ErrorRates, random: np.random.Generator, struck: Struck) -> None:
    for row in struck(rates.swapped_names):
        columns["given"][row], columns["family"][row] = columns["family"][row], columns["given"][row]
    for row in struck(rates.other_script):
        script = ("cyrillic", "greek", "arabic")[random.integers(3)]
        for name in ("given", "family"):
            columns[name][row] = written_in(columns[name][row], script)


def _typo(name: str, random: np.random.Generator) -> str:
    place, kind = int(random.integers(len(name))), int(random.integers(4))
    letter = "abcdefghijklmnopqrstuvwxyz"[int(random.integers(26))]
    if kind == 0:
        return name[:place] + name[place + 1 :]
    if kind == 1:
        return name[:place] + name[place] + name[place:]
    if kind == 2:
        return name[:place] + letter + name[place + 1 :]
    return name[:place] + name[place : place + 2][::-1] + name[place + 2 :]


def _wrong_digit(birth: str, random: np.random.Generator) -> str:
    """Date with another digit of the year's last place, the month or the day, such that it remains a date."""
    day = date.fromisoformat(birth)
    other = (
        day.replace(year=day.year + int(random.choice([-1, 1, -10, 10]))) if (day.month, day.day) != (2, 29) else day,
        day + timedelta(days=int(random.choice([-1, 1, -10, 10]))),
        day.replace(day=min(day.day, 28), month=day.month % 12 + 1),
    )
    return other[int(random.integers(3))].isoformat()


def _day_and_month_swapped(birth: str) -> str:
    year, month, day = birth.split("-")
    return f"{year}-{day}-{month}" if int(day) <= 12 else birth

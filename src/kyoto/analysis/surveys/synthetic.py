"""A synthetic survey, labelled so, with the design and the answers of a real one: for tutorials and tests.

Nobody in it exists. Chances of victimization are made up; they follow sex, age and region so that tables are not flat.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["simulate_survey"]

REGIONS = ("coast", "hills", "plain")
CHANCES = {
    "burglary": 0.05,
    "vehicle_theft": 0.015,
    "from_vehicle": 0.04,
    "livestock": 0.02,
    "damage": 0.06,
    "robbery": 0.02,
    "theft": 0.08,
    "fraud": 0.07,
    "hacking": 0.05,
    "assault": 0.04,
    "threat": 0.06,
    "psychological": 0.09,
    "sexual_violence": 0.015,
    "harassment": 0.10,
}
TOLD = {"robbery": 0.5, "burglary": 0.6, "vehicle_theft": 0.85}


def simulate_survey(persons: int = 1500, *, seed: int = 1) -> pd.DataFrame:
    """Answers of a made-up sample, as an export of the questionnaire with columns of the design beside them.

    Parameters
    ----------
    persons
        People interviewed, about a tenth of whom refuse.
    seed
        The same seed gives the same answers.

    Returns
    -------
    pandas.DataFrame
        ``stratum`` (three regions), ``cluster``, ``household``, ``probability`` of selection, ``answered`` (1 or 0),
        ``region``, and the answers as text; those who refused have no answers.

    Examples
    --------
    >>> survey = simulate_survey(60, seed=3)
    >>> len(survey), sorted(survey["region"].unique())
    (60, ['coast', 'hills', 'plain'])
    """
    import pandas as pd

    random = np.random.default_rng(seed)
    region = np.sort(random.choice(len(REGIONS), persons, p=[0.5, 0.2, 0.3]))
    cluster = np.concatenate([np.arange((region == at).sum()) // 12 + 1 for at in range(len(REGIONS))])
    rows = [
        _person(random, int(at), int(place), number)
        for number, (at, place) in enumerate(zip(region, cluster, strict=True))
    ]
    return pd.DataFrame(rows, dtype=object)


def _person(random: np.random.Generator, region: int, cluster: int, number: int) -> dict[str, Any]:
    row: dict[str, Any] = {
        "stratum": REGIONS[region],
        "cluster": str(cluster),
        "household": str(number + 1),
        "region": REGIONS[region],
        "probability": round((0.002, 0.004, 0.003)[region], 6),
        "answered": int(random.random() < 0.9),
    }
    if not row["answered"]:
        return row
    age, woman = int(random.integers(15, 85)), bool(random.random() < 0.52)
    row |= {
        "consent": "yes",
        "sex": "F" if woman else "M",
        "age": str(age),
        "walking": _one_of(random, ("none", "some", "much"), (0.8, 0.14, 0.06)),
        "senses": _one_of(random, ("none", "some", "much"), (0.82, 0.14, 0.04)),
        "partnered": "yes" if age > 22 and random.random() < 0.9 else "no",
        "adults": str(int(random.integers(1, 6))),
        "walk_dark": _one_of(random, ("very_safe", "safe", "unsafe", "very_unsafe", "never"), _safety(woman, region)),
        "violence_go_on": "yes",
    }
    pull = (1.3, 0.7, 1.0)[region] * (1.4 if age < 30 else 0.8)
    for name, chance in CHANCES.items():
        row |= _victim(random, name, min(chance * pull * _by_sex(name, woman), 0.6), row)
    return row | _officials(random) | _disputes(random)


def _safety(woman: bool, region: int) -> tuple[float, ...]:
    safe = (0.5, 0.75, 0.6)[region] - (0.15 if woman else 0.0)
    return (safe * 0.4, safe * 0.6, (1 - safe) * 0.5, (1 - safe) * 0.3, (1 - safe) * 0.2)


def _by_sex(name: str, woman: bool) -> float:
    if name in ("sexual_violence", "harassment"):
        return 1.7 if woman else 0.4
    return 1.0


def _victim(random: np.random.Generator, name: str, chance: float, row: dict[str, Any]) -> dict[str, Any]:
    """Answers to the run of questions on one kind of offence."""
    older = random.random() < min(3.0 * chance, 0.9)
    if not older:
        return {f"{name}_5y": "no"}
    found: dict[str, Any] = {f"{name}_5y": "yes", f"{name}_12m": "yes" if random.random() < 1 / 3 else "no"}
    if found[f"{name}_12m"] == "no":
        return found
    told = random.random() < TOLD.get(name, 0.25)
    found |= {f"{name}_times": str(1 + int(random.poisson(0.4))), f"{name}_told": "police" if told else "nobody"}
    if not told:
        found[f"{name}_why_not"] = _one_of(random, ("minor", "useless", "fear", "effort"), (0.4, 0.3, 0.1, 0.2))
    if name in ("robbery", "assault", "threat", "psychological", "sexual_violence", "harassment"):
        found[f"{name}_offender"] = _one_of(random, ("partner", "known", "stranger"), (0.25, 0.35, 0.4))
        found[f"{name}_place"] = _one_of(random, ("home", "street", "work"), (0.3, 0.4, 0.3))
    if name in ("assault", "psychological", "sexual_violence") and row["sex"] == "F":
        by_partner = found[f"{name}_offender"] == "partner"
        if row["partnered"] == "yes":
            found[f"{name}_partner"] = "yes" if by_partner else "no"
        found[f"{name}_not_partner"] = "no" if by_partner else "yes"
    return found


def _officials(random: np.random.Generator) -> dict[str, Any]:
    met = [one for one in ("police", "health", "school", "tax", "permit") if random.random() < 0.25]
    if not met:
        return {"officials": "none"}
    paid = random.random() < 0.12
    found = {
        "officials": " ".join(met),
        "bribe_paid": "yes" if paid else "no",
        "bribe_asked": "yes" if random.random() < 0.05 else "no",
    }
    if paid:
        found |= {"bribe_times": str(1 + int(random.poisson(0.8))), "bribe_told": "nobody"}
    return found


def _disputes(random: np.random.Generator) -> dict[str, Any]:
    if random.random() > 0.2:
        return {"disputes": "none"}
    found = {"disputes": _one_of(random, ("land", "family", "work", "money"), (0.3, 0.2, 0.2, 0.3))}
    found["mechanisms"] = _one_of(random, ("court", "community", "lawyer", "none"), (0.15, 0.25, 0.1, 0.5))
    if found["mechanisms"] == "none":
        found["why_no_mechanism"] = _one_of(random, ("no_need", "unaware", "barrier"), (0.4, 0.2, 0.4))
    return found


def _one_of(random: np.random.Generator, words: tuple[str, ...], chances: tuple[float, ...]) -> str:
    share = np.array(chances) / sum(chances)
    return words[int(random.choice(len(words), p=share))]

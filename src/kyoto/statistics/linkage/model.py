"""What linkage is told: files, the columns that say who a record is about, thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from kyoto.core.findings import Finding

__all__ = ["ROLES", "ROLE_COLUMNS", "Finding", "LinkFile", "LinkOptions"]

ROLES: Final = ("given", "family", "name", "birth", "sex", "place")
"""What a column can say about a person; ``name`` is a full name in one column. ``id`` names the record."""

ROLE_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "id": ("id", "record_id", "case_id", "case", "person_id", "number"),
    "given": (
        "given", "given_name", "given_names", "first_name", "firstname", "forename", "prenom", "nombre", "vorname",
    ),
    "family": ("family", "family_name", "surname", "last_name", "lastname", "nom", "apellido", "apellidos", "nachname"),
    "name": ("name", "full_name", "fullname"),
    "birth": ("birth", "date_of_birth", "birth_date", "birthdate", "dob", "fecha_nacimiento", "geburtsdatum"),
    "sex": ("sex", "gender", "sexo", "sexe", "geschlecht"),
    "place": ("place", "town", "city", "municipality", "district", "postcode", "place_of_birth"),
}  # fmt: skip
"""Names of columns that are understood without being told, without regard to case and punctuation."""


@dataclass(frozen=True, slots=True)
class LinkFile:
    """One file of records about persons.

    Parameters
    ----------
    name
        Name of the source in the results.
    path
        CSV, Excel or Parquet.
    columns
        Column of each role that is stated; others are found by :data:`ROLE_COLUMNS`.
    unique
        A person stands in it once: two of its records are never joined.
    month_first
        Dates such as 05/04/1980 have the month first.
    """

    name: str
    path: Path
    columns: Mapping[str, str] = field(default_factory=dict)
    unique: bool = False
    month_first: bool = False


@dataclass(frozen=True, slots=True)
class LinkOptions:
    """How to link.

    Parameters
    ----------
    threshold
        Pairs at least this probable are links.
    review
        Pairs between these probabilities are doubtful: they go to the review file, and their links are drawn in
        plausible linkages.
    within
        Look for several records of a person in one file too.
    exact
        Further columns that are compared for equality, present in every file, such as a nationality.
    seed
        Of the sample that u-probabilities come from and of plausible linkages.
    pairs_sampled
        Random pairs for u-probabilities.
    pairs_trained
        Pairs for each expectation-maximisation session.
    engine
        ``duckdb`` or ``spark``.
    memory
        Limit of DuckDB.

    Examples
    --------
    >>> LinkOptions(threshold=0.9).threshold
    0.9
    """

    threshold: float = 0.95
    review: tuple[float, float] = (0.05, 0.99)
    within: bool = True
    exact: tuple[str, ...] = ()
    seed: int = 1
    pairs_sampled: float = 2e6
    pairs_trained: float = 3e6
    engine: Literal["duckdb", "spark"] = "duckdb"
    memory: str = "2GB"

"""The International Classification of Crime for Statistical Purposes, read once from the package's data.

Source: United Nations Office on Drugs and Crime (2015), International Classification of Crime for Statistical
Purposes (ICCS), Version 1.0, Vienna. Codes, titles, hierarchy, index terms and the labels of the disaggregating
variables are carried; definitions, inclusions, exclusions and footnotes are not.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from importlib import resources
from io import StringIO

from kyoto.statistics.classification.model import Category, IndexTerm, Variable, VariableValue
from kyoto.statistics.classification.tree import Classification

__all__ = ["ALIASES", "iccs", "package_rows", "variables"]

ALIASES = {"02049": "02044", "01042": "01049", "0908": "0909"}
"""Codes that the standard, or tables derived from it, print for a class that its structure list codes otherwise."""


@cache
def iccs() -> Classification:
    """ICCS 1.0: 320 entries in 11 sections, 968 index terms, 34 value lists.

    Returns
    -------
    Classification
        The same object at every call.

    Examples
    --------
    >>> iccs().get("0502").title
    'Theft'
    """
    return Classification(
        name="ICCS 1.0",
        categories=tuple(_category(row) for row in package_rows("iccs.csv")),
        index=tuple(
            IndexTerm(row["term"], row["code"], row["printed"], row["note"]) for row in package_rows("iccs_index.csv")
        ),
        variables=tuple(_variables()),
        aliases=ALIASES,
    )


def variables() -> tuple[Variable, ...]:
    """Disaggregating variables of ICCS with their value lists (Tables A and II to V).

    Examples
    --------
    >>> [value.label for value in variables()[0].values]
    ['Attempted', 'Completed', 'Not applicable', 'Not known']
    """
    return iccs().variables


def package_rows(name: str) -> Iterator[dict[str, str]]:
    """Rows of one of the package's data files."""
    text = resources.files(__package__).joinpath("data", name).read_text(encoding="utf-8")
    yield from csv.DictReader(StringIO(text, newline=""))


def _category(row: dict[str, str]) -> Category:
    return Category(
        code=row["code"],
        level=int(row["level"]),
        parent=row["parent"] or None,
        title=row["title"],
        title_es=row["title_es"],
        residual=row["residual"] == "1",
        note=row["note"],
    )


def _variables() -> Iterator[Variable]:
    values: dict[tuple[str, str], list[VariableValue]] = {}
    heads: dict[tuple[str, str], dict[str, str]] = {}
    for row in package_rows("iccs_variables.csv"):
        key = (row["group"], row["variable"])
        heads.setdefault(key, row)
        listed = values.setdefault(key, [])
        if row["code"]:
            listed.append(VariableValue(row["code"], row["label"], row["parent"] or None))
    for key, row in heads.items():
        yield Variable(row["variable"], row["group"], row["name"], tuple(values[key]), row["note"])

"""ICCS, correspondence tables from national classifications, and the coding of records.

The classification is the International Classification of Crime for Statistical Purposes, Version 1.0 (United Nations
Office on Drugs and Crime, 2015). :func:`iccs` gives it as a tree, :func:`correspondence` gives a table that leads from
national offence codes to it, and :func:`coded` applies the table to records on any engine.
"""

from kyoto.statistics.classification.coding import Split, alternatives_of, coded, decided, splits, undecidable
from kyoto.statistics.classification.correspondences import (
    KnownCorrespondence,
    correspondence,
    known_correspondences,
    validate,
)
from kyoto.statistics.classification.iccs import iccs, variables
from kyoto.statistics.classification.lookup import Alternative, Lookup, alternatives
from kyoto.statistics.classification.model import (
    Category,
    CategoryTexts,
    Correspondence,
    Finding,
    IndexTerm,
    Link,
    Variable,
    VariableValue,
)
from kyoto.statistics.classification.totals import without_parts
from kyoto.statistics.classification.tree import Classification

__all__ = [
    "Alternative",
    "Category",
    "CategoryTexts",
    "Classification",
    "Correspondence",
    "Finding",
    "IndexTerm",
    "KnownCorrespondence",
    "Link",
    "Lookup",
    "Split",
    "Variable",
    "VariableValue",
    "alternatives",
    "alternatives_of",
    "coded",
    "correspondence",
    "decided",
    "iccs",
    "known_correspondences",
    "splits",
    "undecidable",
    "validate",
    "variables",
    "without_parts",
]

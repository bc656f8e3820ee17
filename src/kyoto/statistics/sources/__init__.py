"""Sources: reading records as offices keep them and typing them to the concept vocabulary.

:class:`SourceSpec` is a source as the project file describes it, :func:`open_source` opens its files or table,
:func:`typed` gives one record a row with every refusal and its reason.
"""

from kyoto.statistics.sources.concepts import CONCEPTS, KINDS, Concept, concept
from kyoto.statistics.sources.facts import source_facts
from kyoto.statistics.sources.model import (
    UNITS,
    ColumnSpec,
    Dialect,
    Finding,
    RawFile,
    RawSource,
    SourceSpec,
)
from kyoto.statistics.sources.reading import open_source
from kyoto.statistics.sources.records import typed
from kyoto.statistics.sources.rejects import broken_lines, write_rejects
from kyoto.statistics.sources.typing import ColumnTyping, Typings, column_typings
from kyoto.statistics.sources.vocabulary import Vocabulary, guessed_vocabulary, whole_vocabulary

__all__ = [
    "CONCEPTS",
    "KINDS",
    "UNITS",
    "ColumnSpec",
    "ColumnTyping",
    "Concept",
    "Dialect",
    "Finding",
    "RawFile",
    "RawSource",
    "SourceSpec",
    "Typings",
    "Vocabulary",
    "broken_lines",
    "column_typings",
    "concept",
    "guessed_vocabulary",
    "open_source",
    "source_facts",
    "typed",
    "whole_vocabulary",
    "write_rejects",
]

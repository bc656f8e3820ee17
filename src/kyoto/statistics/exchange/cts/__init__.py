"""The UN-CTS questionnaire: filled from a build, written as a workbook, read back whatever was typed, checked.

:func:`questionnaire` is the form as data. :func:`read_build` and :func:`fill` answer it from published tables,
:func:`write_workbook` and :func:`read_workbook` carry answers to Excel and back, and :func:`check_answers` runs the
rules of consistency, refusing nothing. :func:`observations` gives answers in the shape of all figures.
"""

from kyoto.statistics.exchange.cts.answers import Answer, Answers, answers_from, observations
from kyoto.statistics.exchange.cts.built import Built, read_build
from kyoto.statistics.exchange.cts.checking import Finding, check_answers
from kyoto.statistics.exchange.cts.files import read_answers, write_answers
from kyoto.statistics.exchange.cts.filling import Coverage, Filled, fill
from kyoto.statistics.exchange.cts.model import Cell, Questionnaire
from kyoto.statistics.exchange.cts.questionnaire import questionnaire
from kyoto.statistics.exchange.cts.reading import Entry, ReadWorkbook, read_workbook
from kyoto.statistics.exchange.cts.suggesting import suggested_tables
from kyoto.statistics.exchange.cts.writing import write_workbook

__all__ = [
    "Answer",
    "Answers",
    "Built",
    "Cell",
    "Coverage",
    "Entry",
    "Filled",
    "Finding",
    "Questionnaire",
    "ReadWorkbook",
    "answers_from",
    "check_answers",
    "fill",
    "observations",
    "questionnaire",
    "read_answers",
    "read_build",
    "read_workbook",
    "suggested_tables",
    "write_answers",
    "write_workbook",
]

"""Evidence register: evaluations, reviews and practices, found and pooled."""

from kyoto.analysis.evaluation.register.model import Evidence, Grade, maryland_grade
from kyoto.analysis.evaluation.register.pooling import pool_records
from kyoto.analysis.evaluation.register.reading import read_register, register_frame
from kyoto.analysis.evaluation.register.search import RegisterIndex, facets, index_register, search_register
from kyoto.analysis.evaluation.register.storage import Entry, read_entries, register_csv, write_entries

__all__ = [
    "Entry",
    "Evidence",
    "Grade",
    "RegisterIndex",
    "facets",
    "index_register",
    "maryland_grade",
    "pool_records",
    "read_entries",
    "read_register",
    "register_csv",
    "register_frame",
    "search_register",
    "write_entries",
]

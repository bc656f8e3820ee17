"""Evidence register: evaluations, reviews and practices, found and pooled."""

from kyoto.analysis.evaluation.register.model import Evidence, Grade, maryland_grade
from kyoto.analysis.evaluation.register.reading import read_register, register_frame
from kyoto.analysis.evaluation.register.search import facets, pool_records, search_register

__all__ = [
    "Evidence",
    "Grade",
    "facets",
    "maryland_grade",
    "pool_records",
    "read_register",
    "register_frame",
    "search_register",
]

"""Review mechanisms: recommendations to a State, by cycle, with its answer, their status and evidence.

:func:`read_recommendations` reads a table, :func:`add_recommendations` puts it into the register,
:func:`change_recommendation` follows one up, :func:`recommendation_rows` and :func:`review_counts` are the views.
"""

from kyoto.cooperation.mandates.mechanisms.changing import add_recommendations, change_recommendation
from kyoto.cooperation.mandates.mechanisms.known import Mechanism, known_mechanisms, mechanism_of
from kyoto.cooperation.mandates.mechanisms.model import RESPONSES, Recommendation
from kyoto.cooperation.mandates.mechanisms.reading import COLUMNS, ReviewTable, read_recommendations
from kyoto.cooperation.mandates.mechanisms.views import (
    GROUPS,
    recommendation_rows,
    recommendations_of,
    review_counts,
)

__all__ = [
    "COLUMNS",
    "GROUPS",
    "RESPONSES",
    "Mechanism",
    "Recommendation",
    "ReviewTable",
    "add_recommendations",
    "change_recommendation",
    "known_mechanisms",
    "mechanism_of",
    "read_recommendations",
    "recommendation_rows",
    "recommendations_of",
    "review_counts",
]

"""Coding of national titles and free text: classes of ICCS are suggested, a person decides.

:func:`suggest` compares titles in English, Spanish, German or French with the titles and the index of the standard,
with a thesaurus of legal terms and with the correspondence tables of other countries, and says why it suggests what.
:func:`write_review` puts the suggestions into a file in which a person accepts or rejects them; :func:`apply_review`
makes a correspondence table of what was accepted, and of nothing else.
"""

from kyoto.statistics.classification.coder.result import Suggestion, Suggestions
from kyoto.statistics.classification.coder.review import Decisions, apply_review, read_review, write_review
from kyoto.statistics.classification.coder.suggesting import suggest
from kyoto.statistics.classification.coder.titles import Titles, read_titles

__all__ = [
    "Decisions",
    "Suggestion",
    "Suggestions",
    "Titles",
    "apply_review",
    "read_review",
    "read_titles",
    "suggest",
    "write_review",
]

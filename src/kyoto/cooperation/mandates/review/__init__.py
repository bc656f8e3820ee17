"""Review: what an editor proposes takes effect when an approver agrees; every version stays.

Obligations, recommendations of review mechanisms and sessions of bodies are reviewed alike (:mod:`.subjects`), from
the web desk and by command.
"""

from kyoto.cooperation.mandates.review.edit import AnyEdit, Difference, Edit, apply_edit, differences, edit_of
from kyoto.cooperation.mandates.review.other_edits import RecommendationEdit, SessionEdit
from kyoto.cooperation.mandates.review.proposals import (
    Proposal,
    approve,
    decline,
    open_proposals,
    proposal_for,
    propose,
    restore_version,
    withdraw,
)
from kyoto.cooperation.mandates.review.subjects import (
    OBLIGATION,
    RECOMMENDATION,
    SESSION,
    SUBJECTS,
    Subject,
    subject_named,
)

__all__ = [
    "OBLIGATION",
    "RECOMMENDATION",
    "SESSION",
    "SUBJECTS",
    "AnyEdit",
    "Difference",
    "Edit",
    "Proposal",
    "RecommendationEdit",
    "SessionEdit",
    "Subject",
    "apply_edit",
    "approve",
    "decline",
    "differences",
    "edit_of",
    "open_proposals",
    "proposal_for",
    "propose",
    "restore_version",
    "subject_named",
    "withdraw",
]

"""Review: what an editor proposes for an obligation takes effect when an approver agrees; every version stays."""

from kyoto.cooperation.mandates.review.edit import Difference, Edit, apply_edit, differences, edit_of
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

__all__ = [
    "Difference",
    "Edit",
    "Proposal",
    "apply_edit",
    "approve",
    "decline",
    "differences",
    "edit_of",
    "open_proposals",
    "proposal_for",
    "propose",
    "restore_version",
    "withdraw",
]

"""Counting units: what one counted row stands for."""

from __future__ import annotations

from typing import Final

__all__ = ["COUNTING_UNITS"]

COUNTING_UNITS: Final = {
    "incident": "incident_id",
    "offence": "offence_id",
    "victim": "victim_id",
    "suspect": "suspect_id",
    "person arrested": "person_id",
    "person prosecuted": "person_id",
    "person convicted": "person_id",
    "prisoner": "person_id",
    "household": "household_id",
    "case": "case_id",
    "person": "person_id",
}
"""Counting units and the identifier concept that tells one from another."""

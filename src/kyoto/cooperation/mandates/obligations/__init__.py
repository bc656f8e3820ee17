"""Obligations: who is asked by which verb to do what, on which conditions, by when."""

from kyoto.cooperation.mandates.obligations.extract import obligations, paragraph_text
from kyoto.cooperation.mandates.obligations.model import Due, Found, Obligation

__all__ = ["Due", "Found", "Obligation", "obligations", "paragraph_text"]

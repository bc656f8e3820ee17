"""Disclosure control: no person can be found in what is published. Every table leaves through :func:`protect`.

Methods: cell-key perturbation (the default), rounding, and suppression with secondary suppression that is checked
by an attacker who solves everything published.
"""

from kyoto.statistics.disclosure.audit import attack, attack_noise, attack_releases, attack_together
from kyoto.statistics.disclosure.protection import protect, protect_linked
from kyoto.statistics.disclosure.result import DisclosureReport, Protected, Release
from kyoto.statistics.disclosure.settings import METHODS, DisclosureSettings

__all__ = [
    "METHODS",
    "DisclosureReport",
    "DisclosureSettings",
    "Protected",
    "Release",
    "attack",
    "attack_noise",
    "attack_releases",
    "attack_together",
    "protect",
    "protect_linked",
]

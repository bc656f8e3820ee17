"""Linkage: records of agencies that share no identifier become persons.

Names, dates of birth, sex and place are made comparable (:mod:`.names`, :mod:`.births`, :mod:`.preparing`), pairs are
weighed by Splink's Fellegi–Sunter model (:mod:`.comparisons`, :mod:`.training`), links become persons
(:mod:`.clusters`). How good that is stands beside the result (:mod:`.quality`), doubtful pairs go to a person
(:mod:`.review`), agencies that may not share names share keyed hashes (:mod:`.hashing`), and the error is carried into
every later figure (:mod:`.sensitivity`, :mod:`.carried`, :mod:`.bands`). No result holds a
name, a date of birth or a place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kyoto.core.later import importing_later

if TYPE_CHECKING:
    from kyoto.statistics.linkage.bands import banded, reach_of_linkage
    from kyoto.statistics.linkage.carried import (
        Carried,
        Linked,
        carried_files,
        draws_of,
        read_linked,
        write_carried,
        write_linked,
    )
    from kyoto.statistics.linkage.hashing import hash_records, read_key
    from kyoto.statistics.linkage.linking import link_files, link_frames, link_prepared
    from kyoto.statistics.linkage.model import Finding, LinkFile, LinkOptions
    from kyoto.statistics.linkage.names import normal_name, sound_key
    from kyoto.statistics.linkage.preparing import prepare_file
    from kyoto.statistics.linkage.quality import Quality, truth_quality
    from kyoto.statistics.linkage.reading import read_text_table
    from kyoto.statistics.linkage.result import Linkage
    from kyoto.statistics.linkage.review import read_decisions, review_frame
    from kyoto.statistics.linkage.sensitivity import (
        LinkageBand,
        carry_linkage_error,
        combine_estimates,
        plausible_frame,
        plausible_linkages,
    )
    from kyoto.statistics.linkage.settings import LinkSettings, read_settings, run_settings
    from kyoto.statistics.linkage.synthetic import ErrorRates, simulate_agencies, write_agencies

__all__ = [
    "Carried",
    "ErrorRates",
    "Finding",
    "LinkFile",
    "LinkOptions",
    "LinkSettings",
    "Linkage",
    "LinkageBand",
    "Linked",
    "Quality",
    "banded",
    "carried_files",
    "carry_linkage_error",
    "combine_estimates",
    "draws_of",
    "hash_records",
    "link_files",
    "link_frames",
    "link_prepared",
    "normal_name",
    "plausible_frame",
    "plausible_linkages",
    "prepare_file",
    "reach_of_linkage",
    "read_decisions",
    "read_key",
    "read_linked",
    "read_settings",
    "read_text_table",
    "review_frame",
    "run_settings",
    "simulate_agencies",
    "sound_key",
    "truth_quality",
    "write_agencies",
    "write_carried",
    "write_linked",
]

_PLACES = {
    "banded": "bands",
    "reach_of_linkage": "bands",
    "Carried": "carried",
    "Linked": "carried",
    "carried_files": "carried",
    "draws_of": "carried",
    "read_linked": "carried",
    "write_carried": "carried",
    "write_linked": "carried",
    "hash_records": "hashing",
    "read_key": "hashing",
    "link_files": "linking",
    "link_frames": "linking",
    "link_prepared": "linking",
    "Finding": "model",
    "LinkFile": "model",
    "LinkOptions": "model",
    "normal_name": "names",
    "sound_key": "names",
    "prepare_file": "preparing",
    "Quality": "quality",
    "truth_quality": "quality",
    "read_text_table": "reading",
    "Linkage": "result",
    "read_decisions": "review",
    "review_frame": "review",
    "LinkageBand": "sensitivity",
    "carry_linkage_error": "sensitivity",
    "combine_estimates": "sensitivity",
    "plausible_frame": "sensitivity",
    "plausible_linkages": "sensitivity",
    "LinkSettings": "settings",
    "read_settings": "settings",
    "run_settings": "settings",
    "ErrorRates": "synthetic",
    "simulate_agencies": "synthetic",
    "write_agencies": "synthetic",
}

__getattr__ = importing_later(__name__, _PLACES)

"""The attacker's report of a build: what a reader who solves everything published could find out.

It is for the office alone (``audit/``): that a cell was found, or nearly, says what the cell holds. The manifest, which
may be published, gets the verdict only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    import pyarrow as pa

    from kyoto.statistics.disclosure import DisclosureSettings, Protected, Release

__all__ = ["attackers_report", "joint_report", "public_verdict", "write_audit"]

_MOST_CELLS = 200_000
_EXAMPLES = 50


def attackers_report(
    cells: Sequence[pa.Table],
    protected: Sequence[Protected],
    dimensions: Sequence[Sequence[str]],
    hierarchies: Mapping[str, Mapping[str, str]],
    settings: DisclosureSettings,
    earlier: Sequence[Release] = (),
) -> dict[str, Any]:
    """Attack tables as they are published together, knowing the truth to judge by.

    Parameters
    ----------
    cells, protected, dimensions, hierarchies, settings, earlier
        What went into :func:`~kyoto.statistics.disclosure.protect_linked`, and what came out.

    Returns
    -------
    dict
        JSON-able. ``attacked`` is False with a ``reason`` where nothing was protected or the tables are too large.
        Suppression: ``withheld`` and ``narrower`` (cells of which more can be told than the rule allows), the tightest
        intervals among ``cells``. Noise and rounding: what averaging and differencing reach.
    """
    if not settings.protects:
        return {"attacked": False, "reason": "nothing is protected: the project says method = none"}
    size = sum(table.num_rows for table in cells)
    if size > _MOST_CELLS:
        return {"attacked": False, "reason": _too_large(size)}
    if settings.links_tables:
        return _suppression(cells, protected, dimensions, hierarchies, settings, earlier)
    return _noise(cells, protected, dimensions, hierarchies, settings)


def public_verdict(report: Mapping[str, Any]) -> dict[str, Any]:
    """What the manifest may say of the attack."""
    names = ["attacked", "reason", "releases"]
    # of noise the verdict alone: how many counts are small, or were told, nobody outside knows
    names += ["verdict", "small"] if "verdict" in report else ["withheld", "narrower"]
    return {name: report[name] for name in names if name in report}


def joint_report(
    cells: Sequence[Any],
    shown: Sequence[Any],
    dimensions: Sequence[Sequence[str]],
    hierarchies: Mapping[str, Mapping[str, str]],
    settings: DisclosureSettings,
    earlier: Sequence[Release] = (),
) -> dict[str, Any]:
    """Attack all tables with noise together, and with the releases that readers have kept.

    Parameters
    ----------
    cells, shown
        True cells of each table, and what is published of them; figures that became zero are not listed, but stand
        here.
    dimensions, hierarchies, settings
        As in :func:`~kyoto.statistics.disclosure.protect_linked`.
    earlier
        Kept releases, oldest first.

    Returns
    -------
    dict
        JSON-able: what :meth:`~kyoto.statistics.disclosure.result.JointAttack.facts` says (the number of positive
        counts is ``positive``), ``told`` with up to 50 of the counts and changes that are told, ``together`` in words.
        ``attacked`` is False with a ``reason`` where the tables are too large.
    """
    from kyoto.statistics.disclosure import Release, attack_together

    size = sum(len(frame) for frame in cells) + sum(len(frame) for release in earlier for frame in release.cells)
    if size > _MOST_CELLS:
        return {"attacked": False, "reason": _too_large(size)}
    now = Release(cells, shown, settings)
    found = attack_together([*earlier, now], dimensions, hierarchies, settings)
    facts = found.facts()
    del facts["tables"]
    told = found.tidy().sort_values(["kind", "release"], kind="stable").head(_EXAMPLES)
    return {
        "attacked": True,
        **{{"cells": "positive"}.get(name, name): value for name, value in facts.items()},
        "told": [_row(row) for row in told.to_dict("records")],
        "together": found.summary().splitlines(),
    }


def _too_large(size: int) -> str:
    return f"{size:,} cells are more than the {_MOST_CELLS:,} that are attacked in a build"


def write_audit(folder: Path, name: str, reports: Iterable[Mapping[str, Any]], *, file: str = "") -> None:
    """Write attacker's reports, each once: tables that were protected together share theirs.

    Parameters
    ----------
    folder
        Of the build.
    name
        Of the table, source or room; not looked at where ``file`` says the path.
    reports
        Each with ``tables``.
    file
        Path below the build folder.
    """
    import json

    from kyoto.core.files import write_whole
    from kyoto.statistics.pipeline.layout import audit_file

    path = folder / (file or audit_file(name))
    path.parent.mkdir(exist_ok=True, parents=True)
    once = {tuple(report["tables"]): report for report in reports}
    write_whole(path, json.dumps(list(once.values()), indent=2, ensure_ascii=False) + "\n")


def _suppression(
    cells: Sequence[pa.Table],
    protected: Sequence[Protected],
    dimensions: Sequence[Sequence[str]],
    hierarchies: Mapping[str, Mapping[str, str]],
    settings: DisclosureSettings,
    earlier: Sequence[Release],
) -> dict[str, Any]:
    from kyoto.statistics.disclosure import attack_releases

    shown = [*(release.published for release in earlier), [each.frame for each in protected]]
    truth = [*(release.cells for release in earlier), list(cells)]
    found = attack_releases(shown, dimensions, hierarchies, settings, truth=truth)
    width = found["upper"] - found["lower"]
    tightest = found.assign(width=width).sort_values(["width", "table"], kind="stable").head(_EXAMPLES)
    return {
        "attacked": True,
        "releases": len(shown),
        "withheld": len(found),
        "narrower": int(found["narrower"].sum()),
        "unbounded": int(np.isinf(found["upper"]).sum()),
        "cells": [_row(row) for row in tightest.drop(columns="width").to_dict("records")],
    }


def _row(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A cell as JSON: dimensions that its table does not have are left out, an open interval ends in null."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        if value is None or value != value:
            continue
        found[str(name)] = None if value == np.inf else value.item() if hasattr(value, "item") else value
    return found


def _noise(
    cells: Sequence[pa.Table],
    protected: Sequence[Protected],
    dimensions: Sequence[Sequence[str]],
    hierarchies: Mapping[str, Mapping[str, str]],
    settings: DisclosureSettings,
) -> dict[str, Any]:
    from dataclasses import asdict

    from kyoto.statistics.disclosure import attack_noise

    frames: list[pd.DataFrame] = [table.to_pandas() for table in cells]
    found = attack_noise(frames, protected, dimensions, hierarchies, settings)
    return {"attacked": True, **asdict(found), "words": found.summary().splitlines()}

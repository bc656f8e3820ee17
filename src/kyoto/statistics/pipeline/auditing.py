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

__all__ = ["attackers_report", "public_verdict", "write_audit"]

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
        reason = f"{size:,} cells are more than the {_MOST_CELLS:,} that are attacked in a build"
        return {"attacked": False, "reason": reason}
    if settings.links_tables:
        return _suppression(cells, protected, dimensions, hierarchies, settings, earlier)
    return _noise(cells, protected, dimensions, hierarchies, settings)


def public_verdict(report: Mapping[str, Any]) -> dict[str, Any]:
    """What the manifest may say of the attack."""
    return {name: report[name] for name in ("attacked", "reason", "releases", "withheld", "narrower") if name in report}


def write_audit(folder: Path, name: str, reports: Iterable[Mapping[str, Any]]) -> None:
    """Write attacker's reports, each once: tables that were protected together share theirs."""
    import json

    from kyoto.core.files import write_whole
    from kyoto.statistics.pipeline.layout import audit_file

    path = folder / audit_file(name)
    path.parent.mkdir(exist_ok=True)
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

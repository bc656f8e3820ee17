"""Disclosure control against its peers: ``python bench/disclosure.py``.

Peers, each used where it is installed: ``cell-key-perturbation`` (Office for National Statistics) draws noise
by cell key; ``pytauargus`` (the engine of Tau-Argus with HiGHS) finds secondary suppressions, optimal for one table.
All data here is synthetic.
"""

from __future__ import annotations

import tempfile
import time
from functools import partial
from importlib.util import find_spec

import numpy as np
import pandas as pd

from kyoto.statistics.disclosure import DisclosureSettings, attack, protect
from kyoto.statistics.disclosure.noise import KEY_RANGE, perturbation_table


def timed(function):
    start = time.perf_counter()
    result = function()
    return result, time.perf_counter() - start


def cell_key_million():
    rng = np.random.default_rng(1)
    cells = pd.DataFrame(
        {
            "iccs": rng.integers(0, 320, 1_000_000).astype(str),
            "place": np.arange(1_000_000),
            "value": rng.poisson(8, 1_000_000),
            "cell_key": rng.integers(0, KEY_RANGE, 1_000_000),
        }
    )
    _, seconds = timed(lambda: protect(cells, ["iccs", "place"]))
    print(f"cell key, 1,000,000 cells: {seconds:.2f} s")


def cell_key_peer():
    if find_spec("cell_key_perturbation") is None:
        print("cell-key-perturbation is not installed: not compared")
        return
    from cell_key_perturbation.create_perturbed_table import create_perturbed_table

    rng = np.random.default_rng(2)
    records = pd.DataFrame(
        {
            "area": rng.integers(0, 300, 1_000_000).astype(str),
            "offence": rng.integers(0, 200, 1_000_000).astype(str),
            "record_key": rng.integers(0, 256, 1_000_000),
        }
    )
    spread = KEY_RANGE // 256
    table = perturbation_table(max_deviation=5, variance=3.0, threshold=3)
    counts, keys = np.meshgrid(np.arange(1, 751), np.arange(256), indexing="ij")
    lookup = pd.DataFrame({"pcv": counts.ravel(), "ckey": keys.ravel()})
    lookup["pvalue"] = table.noise(lookup["pcv"].to_numpy(), lookup["ckey"].to_numpy() * spread)

    def ours():
        cells = records.groupby(["area", "offence"]).agg(value=("record_key", "size"), cell_key=("record_key", "sum"))
        cells["cell_key"] = cells["cell_key"] % 256 * spread
        return protect(cells.reset_index(), ["area", "offence"]).frame

    def theirs():
        names = (["area"], ["offence"])
        return create_perturbed_table(records, lookup, *names, "record_key", use_existing_ons_id=False, threshold=0)

    left, own = timed(ours)
    right, peer = timed(theirs)
    both = left.merge(right, on=["area", "offence"])
    same = (both["value"] == both["count"]).mean()
    print(
        f"cell key, 1,000,000 records to {len(left):,} cells: {own:.2f} s; cell-key-perturbation {peer:.2f} s; "
        f"ratio {own / peer:.2f}; same figure in {same:.1%} of the cells"
    )


def two_way(rows, columns, records, seed):
    """Counts of two dimensions with uneven shares, as records and as cells with totals."""
    rng = np.random.default_rng(seed)
    micro = pd.DataFrame(
        {
            "area": rng.choice([f"a{n:02d}" for n in range(rows)], records, p=rng.dirichlet(np.full(rows, 0.7))),
            "age": rng.choice([f"b{n:02d}" for n in range(columns)], records, p=rng.dirichlet(np.full(columns, 0.7))),
        }
    )
    parts = []
    for area_total in (False, True):
        for age_total in (False, True):
            copy = micro.copy()
            if area_total:
                copy["area"] = "_T"
            if age_total:
                copy["age"] = "_T"
            parts.append(copy.groupby(["area", "age"]).size().rename("value").reset_index())
    return micro, pd.concat(parts, ignore_index=True)


def argus_pattern(micro, cells):
    """Cells with what Tau-Argus withholds: threshold 3, safety range 100 % (from zero to twice the count)."""
    from pytauargus import protect as argus

    with tempfile.TemporaryDirectory() as folder:
        result = argus(
            micro.assign(n=1.0),
            ["area", "age"],
            response="n",
            safety_rules="FREQ(3,100)",
            suppress="OPT(1)",
            workdir=folder,
        )
        frame = result.tables[0].dataframe()
    status = frame[["area", "age", "status"]].replace({"Total": "_T"})
    merged = cells.merge(status, on=["area", "age"], how="left")
    return merged.assign(value=merged["value"].where(merged["status"] == "S").astype(float)).drop(columns="status")


def suppression_peer():
    if find_spec("pytauargus") is None:
        print("pytauargus is not installed: not compared")
        return
    settings = DisclosureSettings("suppression")
    names = [["area", "age"]]
    sums = np.zeros((2, 4))
    for seed in range(12):
        micro, cells = two_way(8, 6, 400, seed)
        left, own = timed(lambda cells=cells: protect(cells, names[0], None, settings).frame)
        right, peer = timed(lambda micro=micro, cells=cells: argus_pattern(micro, cells))
        for place, (frame, seconds) in enumerate([(left, own), (right, peer)]):
            hidden = frame["value"].isna()
            narrow = attack([frame], names, None, settings, truth=[cells])["narrower"].sum()
            sums[place] += [hidden.sum(), cells["value"][hidden].sum(), seconds, narrow]
    print("suppression, 12 tables of 8 areas by 6 ages, 400 records each:")
    for name, (hidden, value, seconds, narrow) in zip(["kyoto", "Tau-Argus OPT"], sums, strict=True):
        print(
            f"  {name}: {hidden:.0f} cells withheld, sum {value:.0f}, {seconds:.1f} s; "
            f"{narrow:.0f} counts narrower than 0 to 3"
        )
    ratios = sums[0] / sums[1]
    print(f"  ratio kyoto / Tau-Argus: cells {ratios[0]:.2f}, sum {ratios[1]:.2f}, seconds {ratios[2]:.2f}")


def suppression_scale():
    settings = DisclosureSettings("suppression")
    for rows, columns, records in ((40, 20, 4_000), (100, 30, 20_000)):
        _, cells = two_way(rows, columns, records, 5)
        result, seconds = timed(lambda cells=cells: protect(cells, ["area", "age"], None, settings))
        small = int(((cells["value"] > 0) & (cells["value"] < 3)).sum())
        print(
            f"suppression, {len(cells):,} cells, {small} small: {seconds:.1f} s, "
            f"{result.report.suppressed - small} secondary, {result.report.loss.suppressed_share:.1%} of the sum"
        )


def noise_attack():
    """All tables with noise attacked together, against asking the same programs for each count alone."""
    from scipy import sparse

    from kyoto.statistics.disclosure import Release, attack_together
    from kyoto.statistics.disclosure.reader import known_to_readers
    from kyoto.statistics.disclosure.telling import feasible_ranges

    names = [["area", "age"]]
    weak, usual = DisclosureSettings(threshold=2, max_deviation=2, variance=1.5), DisclosureSettings()
    for rows, columns, records, settings in (
        (40, 20, 4_000, weak),
        (40, 20, 4_000, usual),
        (100, 30, 20_000, usual),
        (300, 40, 100_000, usual),
    ):
        _, cells = two_way(rows, columns, records, 5)
        cells = cells.assign(cell_key=np.random.default_rng(5).integers(0, KEY_RANGE, len(cells)))
        releases = [Release([cells], [protect(cells, names[0], None, settings).frame])]
        found, own = timed(partial(attack_together, releases, names, None, settings))
        told = f"{found.narrower} of {found.protected:,} small counts told, {found.not_examined} not examined"
        print(f"noise of {settings.max_deviation}, {found.cells:,} counts: {told}, {own:.1f} s")
        if len(cells) > 1_000:
            continue
        reader = known_to_readers(releases, names, {}, settings)
        small = np.flatnonzero(reader.listed & (reader.values > 0) & (reader.values < settings.threshold))
        numbers = sparse.csr_array(sparse.eye_array(len(reader.values)))[small]
        (lower, upper), alone = timed(partial(feasible_ranges, reader, numbers))
        same = int(((lower > 0) & (upper < settings.threshold)).sum()) == found.narrower
        print(f"  each count alone: {alone:.1f} s; ratio {own / alone:.2f}; the same counts told: {same}")


if __name__ == "__main__":
    cell_key_million()
    cell_key_peer()
    suppression_peer()
    suppression_scale()
    noise_attack()

"""What a build publishes of a cohort: protected together, against an attacker who solves all that is published."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from kyoto.analysis.reoffending.people import PeopleColumns
from kyoto.analysis.reoffending.reading import frame_table
from kyoto.analysis.reoffending.window_cells import cells_of, hierarchy
from kyoto.statistics.pipeline.room_tables import rolled_up

PROJECT = """
[project]
title = "Reoffending (synthetic)"
area = "XX"
[sources.police]
file = "police.csv"
unit = "offence"
[sources.police.columns]
iccs = "offence"
period = "year"
[tables.recorded]
source = "police"
by = ["iccs", "period:year"]
[disclosure]
method = "METHOD"
[reoffending]
title = "After release"
file = "releases.csv"
event = "again"
time = "days"
windows = [180, 365]
by = ["site"]
period = "2019/2022"
"""


def drawn(rows=900, seed=5):
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "person": [f"synthetic-{number}" for number in range(rows)],
            "days": random.integers(1, 800, rows),
            "again": random.choice([1, 0], rows, p=[0.3, 0.7]),
            "site": random.choice(["A", "B", "C", "D"], rows, p=[0.6, 0.38, 0.012, 0.008]),
        }
    )


def true_counts(frame, window):
    """Denominator and events of each site, counted by hand: with the event sometime, or followed through the window."""
    inside = frame[(frame["again"] == 1) | (frame["days"] >= window)]
    found = {site: (len(part), int(((part["again"] == 1) & (part["days"] <= window)).sum()))
             for site, part in inside.groupby("site")}  # fmt: skip
    found["all"] = tuple(np.array(list(found.values())).sum(axis=0).tolist())
    return found


@pytest.fixture
def build(kyoto, tmp_path):
    def made(method, frame=None, more=""):
        (drawn() if frame is None else frame).to_csv(tmp_path / "releases.csv", index=False)
        (tmp_path / "police.csv").write_text("offence,year\n" + "0401,2024\n" * 40, encoding="utf-8")
        text = PROJECT.replace('"METHOD"', f'"{method}"{more}')
        (tmp_path / "kyoto.toml").write_text(text, encoding="utf-8")
        code, out, err = kyoto("build", tmp_path)
        assert code == 0, out + err
        return tmp_path / "build"

    return made


@pytest.mark.parametrize("follow_up", [False, True])
def test_cells_are_those_counted_by_hand(follow_up):
    frame = drawn().assign(follow=lambda f: f["days"] + np.random.default_rng(1).integers(0, 300, len(f)))
    columns = PeopleColumns("again", time="days", by=("site",), follow_up="follow" if follow_up else None)
    windows = [180.0, 365.0, 700.0]
    with frame_table(frame) as table:
        tables = cells_of(table, columns, windows, key="person")
    assert len(tables) == 2
    for name, (base, dimensions) in tables.items():
        cells = rolled_up(base, dimensions, hierarchy(windows)).set_index(list(dimensions))["value"]
        for window in [float(part) for part in name.split("-")[2:]]:
            kept = frame[frame["follow"] >= window] if follow_up else frame
            counted = true_counts(kept, window)
            if follow_up:
                parts = [*kept.groupby("site"), ("all", kept)]
                counted = {
                    site: (len(part), int(((part["again"] == 1) & (part["days"] <= window)).sum()))
                    for site, part in parts
                }
            for site, (n, events) in counted.items():
                place = {f"within {window:g}": "followed"}
                key = tuple(
                    place.get(d, "_T") if d != "by site" else ("_T" if site == "all" else site) for d in dimensions
                )
                assert cells[key] == n
                event = tuple("event" if code == "followed" else code for code in key)
                assert cells[event] == events


def test_a_reader_of_suppressed_rates_learns_no_small_count(build):
    """Bounds of every withheld count from all published ones, by linear programming over what each person can be."""
    frame = drawn()
    estimates = pd.read_csv(build("suppression", frame, more="\nthreshold = 3") / "reoffending" / "estimates.csv")
    sites, windows = ["A", "B", "C", "D"], [180, 365]
    # of each site: events by 180, by 365, later; left between the windows; followed through both without the event
    kinds = ["by 180", "by 365", "later", "between", "none"]
    place = {(site, kind): number for number, (site, kind) in enumerate((s, k) for s in sites for k in kinds)}
    members = {
        (180, "n"): kinds, (365, "n"): ["by 180", "by 365", "later", "none"],
        (180, "events"): ["by 180"], (365, "events"): ["by 180", "by 365"],
    }  # fmt: skip

    def row(window, what, some):
        found = np.zeros(len(place))
        found[[place[site, kind] for site in some for kind in members[window, what]]] = 1.0
        return found

    equations, values = [], []
    for record in estimates.to_dict("records"):
        some = sites if record["group"] == "all" else [record["group"].removeprefix("site ")]
        for what in ("n", "events"):
            if record[what] == record[what]:
                equations.append(row(record["window"], what, some))
                values.append(record[what])
    hidden = 0
    for window in windows:
        for site, (n, events) in true_counts(frame, window).items():
            for what, count, least in (("n", n, 10), ("events", events, 3)):
                if site == "all" or not 0 < count < least:
                    continue
                hidden += 1
                target = row(window, what, [site])
                ends = [
                    linprog(sign * target, A_eq=np.array(equations), b_eq=values, method="highs") for sign in (1, -1)
                ]
                assert ends[0].fun <= 1e-6, (site, window, what)
                assert ends[1].status == 3 or -ends[1].fun >= least - 1e-6, (site, window, what)
    assert hidden >= 4
    shown = estimates.dropna(subset="estimate")
    assert len(shown) >= 4
    for record in shown.to_dict("records"):
        n, events = true_counts(frame, record["window"])[record["group"].removeprefix("site ")]
        assert (record["n"], record["events"]) == (n, events)


def test_noise_is_in_both_counts_and_the_same_in_every_build(build):
    frame = drawn()
    first = pd.read_csv(build("cell-key", frame) / "reoffending" / "estimates.csv")
    again = pd.read_csv(build("cell-key", frame.sample(frac=1, random_state=3)) / "reoffending" / "estimates.csv")
    pd.testing.assert_frame_equal(first, again)
    known = first.dropna(subset="estimate")
    assert np.allclose(known["estimate"], known["events"] / known["n"])
    off = []
    for record in known.to_dict("records"):
        n, events = true_counts(frame, record["window"])[record["group"].removeprefix("site ")]
        off += [record["n"] - n, record["events"] - events]
        assert abs(record["n"] - n) <= 5 and abs(record["events"] - events) <= 5
    assert any(off)


def test_no_true_count_stands_anywhere_but_for_the_office(build):
    """Neither the page, nor the panel, nor the facts tell the counts before protection, and nothing draws a curve."""
    frame = drawn()
    folder = build("cell-key", frame)
    page = (folder / "reoffending" / "report.html").read_text(encoding="utf-8")
    assert 'class="line' not in page and "synthetic-" not in page
    assert "Every count above zero carries random noise" in page
    step = json.loads((folder / "manifest.json").read_text())["steps"]["reoffending"]
    facts = step["facts"]
    assert facts["disclosure"]["method"] == "cell-key"
    estimates = pd.read_csv(folder / "reoffending" / "estimates.csv")
    assert facts["panel"]["rows"][0]["estimate"] == pytest.approx(100 * estimates.loc[0, "estimate"])
    n, events = true_counts(frame, 180)["all"]
    assert (estimates.loc[0, "n"], estimates.loc[0, "events"]) != (n, events)
    assert f"{events} of {n}" not in page + facts["panel"]["sentence"]


def test_observations_have_the_one_shape(build):
    folder = build("cell-key")
    found = pd.read_parquet(folder / "reoffending" / "observations.parquet")
    assert list(found.columns) == [
        "area", "period", "series", "iccs", "sex", "age", "site", "window",
        "unit", "value", "lower", "upper", "status", "confidentiality", "source", "note",
    ]  # fmt: skip
    assert set(found["series"]) == {"reoffending", "reoffending.persons", "reoffending.events"}
    assert set(found["window"]) == {"P180D", "P365D"} and set(found["period"]) == {"2019/2022"}
    whole = found[(found["site"] == "_T") & (found["window"] == "P180D")].set_index("series")["value"]
    share = 100 * whole["reoffending.events"] / whole["reoffending.persons"]
    assert whole["reoffending"] == pytest.approx(share)
    withheld = found[found["value"].isna()]
    assert set(withheld["status"]) == {"Q"} and set(withheld["confidentiality"]) == {"N"}
    assert set(withheld["site"]) <= {"C", "D"}


@pytest.mark.parametrize("method", ["cell-key", "suppression", "rounding"])
def test_a_cohort_smaller_than_the_threshold_gives_no_breakdown(build, method):
    few = drawn(4).assign(days=800, site=["A", "A", "A", "B"])
    estimates = pd.read_csv(build(method, few) / "reoffending" / "estimates.csv")
    assert estimates["estimate"].isna().all() and estimates["n"].isna().all() and estimates["events"].isna().all()
    groups = estimates[estimates["group"] != "all"]
    assert len(groups) and groups["note"].eq("no breakdown: the cohort has fewer than 10 persons").all()


def test_without_protection_every_row_says_so(build):
    folder = build("none")
    found = pd.read_parquet(folder / "reoffending" / "observations.parquet")
    assert found["note"].str.startswith("not protected").all()
    n, events = true_counts(drawn(), 365)["all"]
    whole = found[(found["site"] == "_T") & (found["window"] == "P365D")].set_index("series")["value"]
    assert (whole["reoffending.persons"], whole["reoffending.events"]) == (n, events)


def test_a_figure_explains_itself(build, kyoto):
    folder = build("suppression").parent
    code, out, _ = kyoto("explain", folder, "reoffending", "window=P365D", "site=A", "--json")
    found = json.loads(out)
    assert code == 0 and found["title"] == "After release" and found["figure"]["value"] > 0
    assert "Limits: Wilson." in found["counting_rule"].values() and found["protected"]
    assert found["source_rows"] is None
    code, _, err = kyoto("explain", folder, "reoffending")
    assert code == 2 and "explain.no-total" in err

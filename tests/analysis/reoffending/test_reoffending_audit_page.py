"""The page of an audit holds the figures of the audit, and no person."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd


def test_the_page_shows_what_the_command_prints(kyoto, tmp_path):
    random = np.random.default_rng(1)
    group = random.choice(["<A>", "B"], 900)
    score = np.clip(random.integers(1, 11, 900) + (group == "B"), 1, 10)
    people = {"score": score, "again": (random.random(900) < score / 13).astype(int), "group": group}
    people |= {"person": [f"synthetic-{number}" for number in range(900)], "year": random.choice([2020, 2021], 900)}
    pd.DataFrame(people).to_csv(tmp_path / "scored.csv", index=False)
    page = tmp_path / "audit.html"
    given = ["--score", "score", "--outcome", "again", "--group", "group", "--cutoff", "6", "--year", "year"]
    code, out, err = kyoto("audit-instrument", tmp_path / "scored.csv", *given, "--report", page, "--json")
    assert code == 0, err
    html = page.read_text(encoding="utf-8")
    rows = [row for row in json.loads(out) if row["year"] == "_T" and row["group"] == "B"]
    shares = ("false_positive_rate", "false_negative_rate", "positive_predictive_value", "base_rate")
    for row in rows:
        if row["measure"] in shares:
            assert f"{row['estimate']:.1%} ({row['lower']:.1%} to {row['upper']:.1%})" in html
    assert "&lt;A&gt;" in html and "<A>" not in html and "synthetic-" not in html
    for heading in ("Why not all errors can be equal", "Does it drift?", "What would another cut-off cost?"):
        assert heading in html

"""Linkage of a million records against Splink called by hand: ``python bench/linkage.py --records 1000000``.

Synthetic records of five agencies with known truth. Both sides start from the same Parquet files. The peer is what an
analyst writes with Splink and DuckDB: names cleaned in SQL, the usual comparisons of names, date of birth, sex and
place, blocking on dates and names, the same training, predictions, clusters at 0.95. Each side runs in its own process;
its seconds are those of the wall and of the processor, summed over threads, which do not depend on what else the
machine does; its memory is the peak of the process. Precision and recall are measured against the truth.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RECORDS_A_PERSON = 2.937
AGENCIES = ("police", "prosecution", "courts", "prisons", "probation")


def make(folder, records):
    from kyoto.statistics.linkage import simulate_agencies

    for name, frame in simulate_agencies(round(records / RECORDS_A_PERSON), seed=1).items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)


def by_kyoto(folder):
    from kyoto.statistics.linkage import LinkFile, link_files

    linkage = link_files([LinkFile(name, folder / f"{name}.parquet", unique=name == "prisons") for name in AGENCIES])
    return linkage.records["person_id"].to_numpy()


def by_hand(folder):
    import duckdb
    import splink.comparison_level_library as levels
    import splink.comparison_library as library
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    connection = duckdb.connect()
    connection.execute("SET memory_limit = '2GB'")
    connection.execute(f"SET temp_directory = '{folder}'")
    cleaned = "nullif(trim(regexp_replace(lower(strip_accents({0})), '[^a-z]+', ' ', 'g')), '') AS {0}"
    parts = " UNION ALL BY NAME ".join(
        f"SELECT '{name}-' || id AS unique_id, * EXCLUDE (id) FROM '{folder}/{name}.parquet'" for name in AGENCIES
    )
    connection.execute(
        f"CREATE TABLE people AS SELECT unique_id, {cleaned.format('given')}, {cleaned.format('family')}, "
        "CASE WHEN length(birth) = 10 THEN birth END AS birth, left(birth, 4) AS year, sex, nullif(place, '') AS place "
        f"FROM ({parts})"
    )

    def name(column):
        return library.CustomComparison(
            [
                levels.NullLevel(column),
                levels.ExactMatchLevel(column, term_frequency_adjustments=True),
                levels.JaroWinklerLevel(column, 0.92),
                levels.JaroWinklerLevel(column, 0.88),
                levels.JaroWinklerLevel(column, 0.7),
                levels.ElseLevel(),
            ],
            output_column_name=column,
        )

    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            name("given"),
            name("family"),
            library.CustomComparison(
                [
                    levels.NullLevel("birth"),
                    levels.ExactMatchLevel("birth"),
                    levels.DamerauLevenshteinLevel("birth", 1),
                    levels.CustomLevel("left(birth_l, 4) = left(birth_r, 4)"),
                    levels.ElseLevel(),
                ],
                output_column_name="birth",
            ),
            library.ExactMatch("sex"),
            library.ExactMatch("place").configure(term_frequency_adjustments=True),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("birth", "given"),
            block_on("birth", "family"),
            block_on("given", "family", "year"),
            block_on("birth", "sex", "place"),
            block_on("given", "family", "place"),
            block_on("family", "substr(given, 1, 1)", "substr(birth, 1, 7)"),
        ],
        retain_matching_columns=False,
        em_convergence=0.001,
    )
    linker = Linker(DuckDBAPI(connection).register("people"), settings, log_level=None)
    training = linker.training
    training.estimate_probability_two_random_records_match([block_on("given", "family", "birth")], recall=0.6)
    training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1, min_count_per_level=None)
    for rule in (block_on("birth"), block_on("given", "family")):
        training.estimate_parameters_using_expectation_maximisation(
            rule, max_pairs=3e6, estimate_without_term_frequencies=True
        )
    predictions = linker.inference.predict(threshold_match_probability=0.01)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
        predictions, threshold_match_probability=0.95
    )
    found = connection.execute(f"SELECT unique_id, cluster_id FROM {clusters.physical_name}").df()
    found = found.set_index("unique_id")["cluster_id"]
    import pandas as pd

    order = [name + "-" + pd.read_parquet(folder / f"{name}.parquet", columns=["id"])["id"] for name in AGENCIES]
    return found.loc[pd.concat(order)].to_numpy()


def truth(folder):
    import pandas as pd

    return pd.concat([pd.read_parquet(folder / f"{name}.parquet", columns=["person"]) for name in AGENCIES])["person"]


def one(side, folder):
    import numpy as np

    start, before = time.perf_counter(), time.process_time()
    labels = {"kyoto": by_kyoto, "by-hand": by_hand}[side](folder)
    seconds, processor = time.perf_counter() - start, time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    from kyoto.statistics.linkage import truth_quality

    quality = truth_quality(truth(folder).to_numpy(), np.unique(labels, return_inverse=True)[1])
    shares = {row["term"]: row["estimate"] for row in quality.rows}
    print(json.dumps({"seconds": seconds, "processor": processor, "gibibytes": peak, "records": len(labels), **shares}))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--side", choices=["kyoto", "by-hand"])
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.side:
        one(given.side, given.folder)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, given.records)
        found = {}
        for side in ("by-hand", "kyoto"):
            command = [sys.executable, __file__, "--side", side, "--folder", str(folder)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            found[side] = json.loads(done.stdout.strip().splitlines()[-1])
            row = found[side]
            print(
                f"{side:8} {row['records']:>9,} records {row['seconds']:6.1f} s, {row['processor']:6.1f} s of processor"
                f", {row['gibibytes']:4.1f} GiB, precision {row['precision']:.4f}, recall {row['recall']:.4f}"
            )
        ratios = {name: found["kyoto"][name] / found["by-hand"][name] for name in ("processor", "seconds")}
        print(f"ratio {ratios['processor']:.2f} of processor seconds, {ratios['seconds']:.2f} of the wall (goal: 1.2)")


if __name__ == "__main__":
    main()

"""Cost of a build by rows, engine and cores: the slopes behind ``docs/scale.md``.

Run ``python bench/scale.py``. Two sizes give a fixed cost and a slope; seconds are of whole processes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from spine import generate, measured


def seconds(folder: Path, rows: int, engine: str, threads: int) -> tuple[float, float]:
    """Seconds and peak GiB of one whole build."""
    project = folder / f"persons-{rows}"
    generate(project, rows, "none", "2.5GB", threads)
    command = [sys.executable, "-m", "kyoto", "build", str(project), "--force", "--engine", engine]
    found = measured([*command, "--threads", str(threads)], folder / "nothing")
    return found["seconds"], found["gib"]


def main() -> None:
    """Measure and print fixed costs and slopes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("build/bench"))
    parser.add_argument("--duckdb", type=int, nargs=2, default=[5_000_000, 20_000_000])
    parser.add_argument("--spark", type=int, nargs=2, default=[1_000_000, 4_000_000])
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    for engine, sizes in (("duckdb", arguments.duckdb), ("spark", arguments.spark)):
        for threads in (1, 2):
            few, many = (seconds(folder, rows, engine, threads) for rows in sizes)
            slope = (many[0] - few[0]) / ((sizes[1] - sizes[0]) / 1e6)
            fixed = few[0] - slope * sizes[0] / 1e6
            print(
                f"{engine}, {threads} core(s): {few[0]:.1f} s at {sizes[0]:,} rows, {many[0]:.1f} s at {sizes[1]:,}; "
                f"{slope:.2f} s a million rows, {fixed:.1f} s fixed; peak {many[1]:.2f} GiB",
                flush=True,
            )


if __name__ == "__main__":
    main()

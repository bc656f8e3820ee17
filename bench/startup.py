"""How long ``import kyoto`` and ``kyoto --help`` take, against starting Python alone: ``python bench/startup.py``."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

RUNS = 15
PROGRAMS = {
    "python": (["-c", "pass"], None),
    "import kyoto": (["-c", "import kyoto"], 0.3),
    "kyoto --help": (["-m", "kyoto", "--help"], 0.5),
}


def seconds(arguments: list[str]) -> float:
    """Wall time of one run."""
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    """Run them in turn, so that load on the machine falls on all alike; print medians, ratios and limits."""
    times: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for _ in range(RUNS):
        for name, (arguments, _) in PROGRAMS.items():
            times[name].append(seconds(arguments))
    alone = statistics.median(times["python"])
    print(f"{'':<14} {'median s':>9} {'to python':>10} {'limit s':>8}")
    for name, (_, limit) in PROGRAMS.items():
        median = statistics.median(times[name])
        print(f"{name:<14} {median:>9.3f} {median / alone:>10.1f} {limit or '':>8}")


if __name__ == "__main__":
    main()

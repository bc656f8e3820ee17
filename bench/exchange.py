"""Speed of the questionnaire and of published series, beside openpyxl and pandas on the same files in the same run.

    python bench/exchange.py

The workbook of a data portal is made up: 30,000 rows in the thirteen columns. Times are of the process, best of three.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import openpyxl
import pandas as pd

from kyoto.statistics.exchange.cts import Answer, Answers, check_answers, questionnaire, read_workbook, write_workbook
from kyoto.statistics.exchange.series import read_series

COLUMNS = ["Iso3_code", "Country", "Region", "Subregion", "Indicator", "Dimension", "Category", "Sex", "Age", "Year"]
COLUMNS += ["Unit of measurement", "VALUE", "Source"]


def seconds(call, times=3):
    best = float("inf")
    for _ in range(times):
        start = time.process_time()
        call()
        best = min(best, time.process_time() - start)
    return best


def portal(path, rows=30_000):
    fixed = ["Europe", "Western Europe", "Persons held", "Total", "Total", "Total", "Total"]
    frame = pd.DataFrame(
        [("AUT", "Austria", *fixed, 1900 + n % 125, "Counts", n, f"CTS {n // 125}") for n in range(rows)],
        columns=COLUMNS,
    )
    frame.to_excel(path, index=False)


def main():
    with tempfile.TemporaryDirectory() as folder:
        form, data = Path(folder) / "form.xlsx", Path(folder) / "portal.xlsx"
        answers = Answers("XA", "2023", {name: Answer(float(n)) for n, name in enumerate(questionnaire().cells)})
        written = seconds(lambda: write_workbook(answers, form))
        read = seconds(lambda: read_workbook(form))
        peer = seconds(lambda: openpyxl.load_workbook(form, read_only=False))
        checked = seconds(lambda: check_answers(answers))
        print(f"questionnaire of {len(answers.figures):,} cells: write {written:.2f} s, check {checked:.3f} s")
        print(f"read with meaning {read:.2f} s, {read / peer:.2f} times openpyxl reading the cells alone")
        portal(data)
        ours, pandas = seconds(lambda: read_series(data)), seconds(lambda: pd.read_excel(data, engine="openpyxl"))
        print(f"30,000 published figures: {ours:.2f} s, {ours / pandas:.2f} times pandas.read_excel")


if __name__ == "__main__":
    main()

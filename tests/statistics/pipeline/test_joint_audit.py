"""The step that attacks all tables of a source together, from the command line to what readers are told."""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from itertools import product

import pandas as pd
import pytest
from projects import build_project, facts, make_project, read_table

from kyoto.core.errors import KyotoError
from kyoto.statistics.pipeline.releases import keep_release

PROJECT = """
[project]
title = "People"
area = "XX"
[sources.people]
file = "people.csv"
unit = "person"
[sources.people.columns]
id = "id"
sex = "sex"
age = "age"
region = "region"
[tables.by_sex_and_age]
source = "people"
by = ["sex", "age"]
[tables.by_region]
source = "people"
by = ["region"]
[tables.by_sex_and_region]
source = "people"
by = ["sex", "region"]
[disclosure]
method = "cell-key"
{settings}
"""
WEAK = "threshold = 1\nmax_deviation = 1\nvariance = 0.6"
STRONG = ""


def people(each: int, more: int = 0) -> str:
    cells = list(product("FM", range(20, 26), ["north", "south", "west"]))
    rows = [cell for cell in cells for _ in range(each)] + [cells[0]] * more
    return "id,sex,age,region\n" + "".join(f"{n},{sex},{age},{place}\n" for n, (sex, age, place) in enumerate(rows))


def project(folder, each, settings, more=0):
    return make_project(folder, PROJECT.format(settings=settings), people__csv=people(each, more))


def report(folder) -> dict:
    (found,) = json.loads((folder / "build" / "audit" / "sources" / "people.json").read_text(encoding="utf-8"))
    return found


def test_little_noise_on_overlapping_tables_is_broken(tmp_path):
    """Where the two of a region are shown as one, and the woman as two, each is told to be one; and is."""
    folder = make_project(tmp_path, PROJECT.format(settings=WEAK), people__csv=few())
    result = build_project(folder)
    found = report(folder)
    assert found["tables"] == ["by_sex_and_age", "by_region", "by_sex_and_region"]
    assert found["verdict"] == "broken"
    assert found["narrower"] >= len(found["told"]) == 50
    assert found["together"][0] == "Attack on all tables together: broken"
    truth = pd.read_csv(folder / "people.csv", dtype=str)
    for row in found["told"]:
        chosen = truth
        for column, name in (("sex", "sex"), ("region", "area")):
            chosen = chosen[chosen[column] == row[name]] if row[name] != "_T" else chosen
        assert row["lower"] <= len(chosen) <= row["upper"]
        assert (len(chosen), row["age"]) == (1, "_T")
    attack = facts(result, "audit:people")["attack"]
    # how much was told, and of how many, is for the office alone
    assert attack == {"attacked": True, "releases": 1, "verdict": "broken", "small": 2}
    page = (folder / "build" / "report.html").read_text(encoding="utf-8")
    assert "can tell that some counts or changes are 1" in page


def few() -> str:
    """A woman and a man in each of forty regions."""
    rows = [(sex, 20 + n % 6, f"r{n:02d}") for n in range(40) for sex in "FM"]
    return "id,sex,age,region\n" + "".join(f"{n},{sex},{age},{place}\n" for n, (sex, age, place) in enumerate(rows))


def test_sound_settings_hold_and_readers_are_told(tmp_path):
    folder = project(tmp_path, 1, STRONG)
    build_project(folder)
    found = report(folder)
    assert (found["verdict"], found["narrower"], found["not_examined"]) == ("holds", 0, 0)
    page = (folder / "build" / "report.html").read_text(encoding="utf-8")
    assert "solves all these tables together can prove of no count" in page


def figures(result) -> dict[tuple[str, ...], float]:
    """Published figure by sex, age and region; zero where none is listed."""
    found: dict[tuple[str, ...], float] = defaultdict(float)
    for name in ("by_sex_and_age", "by_region", "by_sex_and_region"):
        table = read_table(result, name)
        place = table["area"].replace("XX", "_T")
        found |= zip(zip(table["sex"], table["age"], place, strict=True), table["value"], strict=True)
    return found


def test_a_record_added_between_releases_is_examined(tmp_path):
    folder = project(tmp_path, 4, STRONG)
    before = figures(build_project(folder))
    keep_release(folder, "2024")
    project(tmp_path, 4, STRONG, more=1)
    after = build_project(folder)
    now = figures(after)
    found = report(folder)
    # the woman of 20 in the north is in the totals over all, sex, age, region and in the two pairs that are tabulated
    mine = [("_T", "_T", "_T"), ("F", "_T", "_T"), ("_T", "Y15T24", "_T"), ("_T", "_T", "north"), ("F", "Y15T24", "_T")]
    mine.append(("F", "_T", "north"))
    assert (found["releases"], found["changes"]) == (2, 6)
    assert found["changes_seen"] == sum(before[cell] != now[cell] for cell in mine) > 0
    assert [cell for cell in now if before[cell] != now[cell] and cell not in mine] == []
    assert facts(after, "audit:people")["attack"]["releases"] == 2
    page = (folder / "build" / "report.html").read_text(encoding="utf-8")
    assert "all these tables and 1 earlier release together" in page


def test_build_and_release_from_the_command_line(kyoto, tmp_path):
    folder = project(tmp_path, 4, STRONG)
    code, out, err = kyoto("build", folder)
    assert (code, err) == (0, "")
    assert "attack on all tables of people: the protection holds" in out
    code, out, err = kyoto("release", folder, "2024", "--json")
    assert (code, [row["release"] for row in json.loads(out)]) == (0, ["2024"])
    project(tmp_path, 4, STRONG, more=1)
    code, out, err = kyoto("build", folder)
    assert "attack on all tables of people and 1 earlier release: " in out
    assert kyoto("release", folder, "2024")[0] == 2
    code, out, err = kyoto("build", folder)
    assert "Nothing changed" in out
    make_project(tmp_path, PROJECT.format(settings=WEAK), people__csv=few())
    code, out, err = kyoto("build", folder, "--force")
    assert "the protection is broken; see build/audit/sources/people.json" in " ".join(out.split())


def test_suppression_has_no_such_step(tmp_path):
    text = PROJECT.replace('"cell-key"', '"suppression"').format(settings="")
    folder = make_project(tmp_path, text, people__csv=people(4))
    result = build_project(folder)
    assert not [name for name in result.manifest["steps"] if name.startswith("audit:")]
    assert not (folder / "build" / "audit" / "sources").exists()


def test_nothing_for_the_office_is_published(tmp_path):
    """True counts and what was told stay in folders that the portal does not hand out."""
    from fastapi.testclient import TestClient

    from kyoto.portal.application import portal_app
    from kyoto.portal.store import Store

    folder = make_project(tmp_path, PROJECT.format(settings=WEAK), people__csv=few())
    build_project(folder)
    assert (folder / "build" / "protection" / "by_region.parquet").is_file()
    with TestClient(portal_app(Store(folder)), base_url="http://127.0.0.1") as client:
        methods = client.get("/en/methods").text
        assert "can tell that some counts or changes are 1" in methods
        for path in ("audit/sources/people.json", "protection/by_region.parquet", "audit/by_region.json"):
            assert client.get(f"/en/files/{path}").status_code == 404
        manifest = client.get("/en/files/manifest.json").text
    assert "narrower" not in manifest
    with pytest.raises(KyotoError, match="already"):
        keep_release(folder, "a")
        keep_release(folder, "a")


def test_the_example_holds_and_with_less_noise_would_not(examples_copy, tmp_path):
    """Real complaints of New York City: what is told with noise of two is true, with that of the example nothing is."""
    folder = tmp_path / "example"
    shutil.copytree(examples_copy / "new-york-hate-crimes", folder, ignore=shutil.ignore_patterns("build", ".kyoto"))
    build_project(folder)
    path = folder / "build" / "audit" / "sources" / "complaints.json"
    (found,) = json.loads(path.read_text(encoding="utf-8"))
    assert (found["verdict"], found["not_examined"]) == ("holds", 0)
    assert found["protected"] > 100
    file = folder / "kyoto.toml"
    text = file.read_text(encoding="utf-8")
    assert "max_deviation = 5" in text
    file.write_text(text.replace("max_deviation = 5", "max_deviation = 2"), encoding="utf-8")
    build_project(folder)
    (found,) = json.loads(path.read_text(encoding="utf-8"))
    assert (found["verdict"], found["narrower"], found["exact"]) == ("broken", 4, 4)
    true = pd.read_parquet(folder / "build" / "protection" / "by_offence_and_year.parquet")
    told = pd.DataFrame(found["told"]).merge(true, on=["iccs", "period", "area"], validate="one_to_one")
    assert (told["lower"] == told["value"]).all()
    assert (told["upper"] == told["value"]).all()
    assert (told["published"] != told["value"]).all()

"""The second example against published figures, its files added up by pandas, and what is known of the definitions."""

from __future__ import annotations

import pandas as pd
import pytest

from kyoto.core.build import run_build
from kyoto.core.engine import open_engine
from kyoto.core.errors import KyotoError
from kyoto.core.project import load_project
from kyoto.statistics.comparability import comparable_classes, compare
from kyoto.statistics.pipeline.settings import read_settings
from kyoto.statistics.pipeline.steps import project_steps


@pytest.fixture(scope="module")
def built(examples_copy):
    settings = read_settings(load_project(examples_copy / "four-areas"))
    run_build(settings.project, project_steps(settings), settings=settings.engine)
    return settings


@pytest.fixture(scope="module")
def engine():
    with open_engine("duckdb") as opened:
        yield opened


@pytest.fixture(scope="module")
def figures(built):
    folder = built.project.build_folder / "tables"
    tables = [pd.read_csv(path, dtype={"iccs": str, "period": str}) for path in sorted(folder.glob("*.csv"))]
    return pd.concat(tables).set_index(["series", "area", "iccs", "period"])["value"].sort_index()


def test_united_states_2019_as_published(figures):
    # FBI, Crime in the United States 2019, Table 1: 16,425 murders (5.0), 267,988 robberies, 1,117,696 burglaries
    assert figures["united_states", "US", "0101", "2019"] == 16_425
    assert figures["united_states", "US", "0401", "2019"] == 267_988
    assert figures["united_states", "US", "0501", "2019"] == 1_117_696
    assert round(figures["united_states.rate", "US", "0101", "2019"], 1) == 5.0


def test_scotland_adds_up_to_the_published_totals(built, engine):
    # Scottish Government, Recorded Crime in Scotland 2022-23: 289,362 crimes and 172,207 offences
    records = engine.read_parquet([built.project.build_folder / "records" / "scotland.parquet"])
    rows = engine.fetch(records.select("offence", "count")).to_pandas()
    crimes = rows["offence"].str.startswith("Crimes")
    assert (rows.loc[crimes, "count"].sum(), rows.loc[~crimes, "count"].sum()) == (289_362, 172_207)


def test_parts_do_not_count_twice_in_berlin(built, figures):
    wide = pd.read_csv(built.project.folder / "data" / "Berlin_crimes.csv")
    by_year = wide.groupby("Year").sum(numeric_only=True)
    for year, row in by_year.iterrows():
        at = lambda code, year=year: figures["berlin", "DE-BE", code, str(year)]  # noqa: E731
        assert at("0401") == row["Robbery"]
        assert at("040111") == row["Street_robbery"]
        assert at("05") == row["Theft"] + row["Fire"] + row["Damage"]
        assert at("0504") == row["Fire"] + row["Damage"]
        assert at("02") == row["Injury"] + row["Threat"]
        assert at("050229") == row["Bike"]


def test_maryland_is_the_sum_of_its_jurisdictions(built, figures):
    wide = pd.read_csv(built.project.folder / "data" / "MD_Crime_Data.csv")
    whole = wide[wide["YEAR"] == 2020].sum(numeric_only=True)
    assert figures["maryland", "US-MD", "0502", "2020"] == whole["LARCENY THEFT"] + whole["M/V THEFT"]
    rate = figures["maryland.rate", "US-MD", "0101", "2020"]
    assert rate == pytest.approx(whole["MURDER"] / whole["POPULATION"] * 100_000)


def verdicts(comparison):
    areas = {each.label: each.area for each in comparison.definitions}
    return {(areas[pair.left], areas[pair.right]): pair.verdict for pair in comparison.pairs}


def test_burglary_of_dwellings_is_not_burglary(built, engine):
    comparison = compare(engine, built, "0501")
    assert verdicts(comparison) == {
        ("DE-BE", "US-MD"): "not comparable",
        ("DE-BE", "GB-SCT"): "not comparable",
        ("DE-BE", "US"): "not comparable",
        ("US-MD", "GB-SCT"): "with caution",
        ("US-MD", "US"): "comparable",
        ("GB-SCT", "US"): "with caution",
    }
    berlin = comparison.definitions[0]
    assert (berlin.coverage, berlin.rest_above) == ("partly", ("05",))
    assert "holds part of the class in 05 (Theft)" in " ".join(comparison.pairs[0].reasons)


def test_murder_hidden_among_other_homicide_is_not_comparable(built, engine):
    comparison = compare(engine, built, "0101")
    scotland = next(each for each in comparison.definitions if each.area == "GB-SCT")
    assert (scotland.coverage, scotland.rest_above) == ("none", ("01",))
    assert verdicts(comparison)["US-MD", "US"] == "comparable"
    assert verdicts(comparison)["US-MD", "GB-SCT"] == "not comparable"


def test_a_change_of_definition_is_named_with_its_years(built, engine):
    comparison = compare(engine, built, "03011", ["maryland", "united_states"])
    text = " ".join(comparison.pairs[0].reasons)
    assert "rape_legacy 1979–2012; rape_revised 2013–2019" in text
    assert comparison.pairs[0].verdict == "with caution"


def test_overview_has_every_class_that_two_sources_have(built, engine):
    found = {comparison.iccs: verdicts(comparison) for comparison in comparable_classes(engine, built)}
    assert set(found) == {"0101", "0201", "0301", "0401", "0501", "0502", "0504", "0601"}
    assert "not comparable" not in found["0401"].values()


def test_tidy_and_summary(built, engine):
    comparison = compare(engine, built, "0401")
    frame = comparison.tidy()
    assert frame.columns.tolist() == ["iccs", "left", "right", "verdict", "reasons"]
    assert len(frame) == 6
    assert comparison.definitions_frame()["years"].tolist() == ["2012–2019", "1975–2020", "2022", "1979–2019"]
    summary = comparison.summary()
    assert "the gravest offence of each only" in summary
    assert max(map(len, summary.splitlines())) <= 130


def test_wrong_requests(built, engine):
    with pytest.raises(KyotoError) as caught:
        compare(engine, built, "0401", ["berlni"])
    assert (caught.value.code, caught.value.hint) == ("comparability.unknown-source", "Did you mean 'berlin'?")
    with pytest.raises(KyotoError) as caught:
        compare(engine, built, "0401", ["berlin"])
    assert caught.value.code == "comparability.nothing-to-compare"
    with pytest.raises(KyotoError) as caught:
        compare(engine, built, "9999")
    assert caught.value.code == "classification.unknown-code"


def test_before_the_first_build(engine, tmp_path, built):
    (tmp_path / "kyoto.toml").write_text(built.project.text, encoding="utf-8")
    with pytest.raises(KyotoError) as caught:
        compare(engine, read_settings(load_project(tmp_path)), "0401")
    assert caught.value.code == "comparability.not-built"

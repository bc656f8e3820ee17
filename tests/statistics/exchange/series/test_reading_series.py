"""Published files in the forms that publishers use, and what they never tell about themselves."""

from __future__ import annotations

import gzip
import json

import openpyxl
import pandas as pd
import pytest

from kyoto.core.errors import KyotoError
from kyoto.statistics.exchange.series import area_of, read_series
from kyoto.statistics.observations import observation_columns

UNODC = (
    "Iso3_code,Country,Region,Subregion,Indicator,Dimension,Category,Sex,Age,Year,Unit of measurement,VALUE,Source\n"
    "AUT,Austria,Europe,Western Europe,Persons held,Total,Total,Male,Adult,2019,Counts,8000,CTS\n"
    "GBR_E_W,United Kingdom (England and Wales),Europe,Northern Europe,Violent offences,by type of offence,"
    '"Sexual violence: Rape",Total,Total,2019,Counts,58000,CTS/MoI\n'
    "XKX,Kosovo,Europe,Southern Europe,Persons held,Total,Total,Total,Juveniles,2019,"
    '"Rate per 100,000 population",1.5,CTS\n'
)


def rows(series, *columns):
    return series.tidy()[list(columns)].to_numpy().tolist()


def write(tmp_path, text, name="file.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def codes(series):
    return [note.code for note in series.notes]


# --- UNODC ----------------------------------------------------------------------------------------
def test_unodc_rows_become_observations(tmp_path):
    series = read_series(write(tmp_path, UNODC))
    assert series.publisher == "unodc"
    assert list(series.observations.columns) == observation_columns(["dimension", "category"])
    assert rows(series, "area", "period", "series", "iccs", "sex", "age", "unit", "value", "source") == [
        ["AUT", "2019", "Persons held", "_T", "M", "Y_GE18", "number", 8000.0, "CTS"],
        ["GBR_E_W", "2019", "Violent offences", "03011", "_T", "_T", "number", 58000.0, "CTS/MoI"],
        ["XKX", "2019", "Persons held", "_T", "_T", "Y0T17", "per 100000 population", 1.5, "CTS"],
    ]
    assert series.notes == ()


@pytest.mark.parametrize("above", [0, 1, 7])
@pytest.mark.parametrize(
    "names", [{}, {"Iso3_code": "ISO3 Code", "VALUE": "Value", "Source": "Sources", "Sex": "Gender"}]
)
def test_the_heading_of_a_workbook_moves_and_changes_its_names(tmp_path, above, names):
    book = openpyxl.Workbook()
    sheet = book.active
    for number in range(above):
        sheet.append(["UNODC data portal, 02/06/2025" if number == 0 else None])
    lines = pd.read_csv(write(tmp_path, UNODC), dtype=str)
    sheet.append([names.get(name, name) for name in lines.columns])
    for line in lines.itertuples(index=False):
        sheet.append([int(cell) if name == "Year" else cell for name, cell in zip(lines.columns, line, strict=True)])
    book.create_sheet("Metadata", 0)["A1"] = "About this file"
    book.save(tmp_path / "portal.xlsx")
    series = read_series(tmp_path / "portal.xlsx")
    assert rows(series, "value") == [[8000.0], [58000.0], [1.5]]
    assert rows(series, "period") == [["2019"]] * 3
    assert series.vintage == ("2025-06-02" if above else "")


def test_a_vintage_without_columns_is_read_and_said(tmp_path):
    frame = pd.read_csv(write(tmp_path, UNODC), dtype=str).drop(columns=["Source", "Age", "Region"])
    series = read_series(write(tmp_path, frame.to_csv(index=False)))
    assert codes(series) == ["series.no-column"]
    assert "region, age, source" in series.notes[0].message


def test_doubles_strange_years_unknown_areas_and_no_figures_are_reported_and_kept(tmp_path):
    text = UNODC + UNODC.splitlines()[1].replace("8000", "8001") + "\n"
    text += "ZZZ,Nowhere,,,Persons held,Total,Total,Total,Total,1013,Counts,many,CTS\n"
    series = read_series(write(tmp_path, text))
    assert len(series.observations) == 5
    found = {note.code: note for note in series.notes}
    assert set(found) == {"series.duplicate-keys", "series.strange-year", "series.unknown-area", "series.no-figure"}
    message = found["series.duplicate-keys"].message
    assert message == (
        "1 keys stand more than once (1 rows too many), 1 with different figures: "
        "AUT 2019 Persons held M Y_GE18 Total Total number"
    )
    assert series.duplicates["value"].tolist() == [8000.0, 8001.0]
    assert "1013" in found["series.strange-year"].message
    assert "ZZZ" in found["series.unknown-area"].message
    assert "5 figures" in series.summary()


# --- Eurostat -------------------------------------------------------------------------------------
EUROSTAT = """DATAFLOW,LAST UPDATE,freq,iccs,unit,geo,TIME_PERIOD,OBS_VALUE,OBS_FLAG,CONF_STATUS
ESTAT:CRIM_OFF_CAT(1.0),24/04/25 11:00:00,A,ICCS0101,NR,EL,2022,85,b,
ESTAT:CRIM_OFF_CAT(1.0),24/04/25 11:00:00,A,ICCS02011,P_HTHAB,UK,2018,12.5,ep,
ESTAT:CRIM_OFF_CAT(1.0),24/04/25 11:00:00,A,ICCS05012,NR,AT13,2022,,,C
ESTAT:CRIM_OFF_CAT(1.0),24/04/25 11:00:00,A,TOTAL,NR,EU27_2020,2022,,,
"""


def test_eurostat_sdmx_csv_keeps_flags_and_confidentiality(tmp_path):
    series = read_series(write(tmp_path, EUROSTAT))
    assert (series.publisher, series.vintage) == ("eurostat", "2025-04-24")
    assert rows(series, "area", "period", "series", "iccs", "unit", "status", "confidentiality", "note") == [
        ["GRC", "2022", "crim_off_cat", "0101", "number", "B", "F", "break in time series"],
        ["GBR", "2018", "crim_off_cat", "02011", "per 100000 population", "E", "F", "estimated; provisional"],
        ["AT13", "2022", "crim_off_cat", "05012", "number", "Q", "C", ""],
    ]
    assert codes(series) == ["series.blank"]


def test_eurostat_sdmx_csv_with_names_behind_the_codes_reads_the_same(tmp_path):
    """As the data browser writes it with labels for both."""
    names = {"freq": "Time frequency", "geo": "Reporting: country", "OBS_VALUE": "Observation value"}
    lines = [line.split(",") for line in EUROSTAT.strip().splitlines()]
    header = [
        f"{name}: {names.get(name, 'Name')}" if name not in ("DATAFLOW", "LAST UPDATE") else name for name in lines[0]
    ]
    labelled = [
        [f"{cell}: its name" if cell and place not in (1, 6, 7) else cell for place, cell in enumerate(line)]
        for line in lines[1:]
    ]
    text = "\n".join(",".join(line) for line in [header, *labelled]) + "\n"
    plain, found = read_series(write(tmp_path, EUROSTAT)), read_series(write(tmp_path, text))
    assert found.observations.equals(plain.observations)
    assert (found.vintage, found.notes) == (plain.vintage, plain.notes)


def test_duplicates_on_the_command_line(kyoto, tmp_path):
    path = write(tmp_path, EUROSTAT + EUROSTAT.splitlines()[1].replace(",85,", ",86,") + "\n")
    ran = kyoto("series", "read", path, "--duplicates", "--csv")
    assert [line.split(",")[7] for line in ran.out.splitlines()[1:]] == ["85.0", "86.0"]
    assert "1 with different figures: GRC 2022 crim_off_cat 0101 number" in ran.err
    ran = kyoto("series", "read", write(tmp_path, EUROSTAT), "--duplicates")
    assert "No key stands more than once." in ran.out


TSV = (
    "freq,iccs,leg_stat,unit,geo\\TIME_PERIOD\t2020 \t2021 \t2022 \n"
    "A,ICCS0101,VICT,NR,AT\t60 \t57 b\t: c\n"
    "A,ICCS0101,VICT,NR,XK\t: \t9 \t11 p\n"
)


@pytest.mark.parametrize("zipped", [False, True])
def test_eurostat_tsv_has_a_column_a_year(tmp_path, zipped):
    path = tmp_path / ("crim_hom.tsv.gz" if zipped else "crim_hom.tsv")
    path.write_bytes(gzip.compress(TSV.encode()) if zipped else TSV.encode())
    series = read_series(path)
    assert "leg_stat" in series.observations
    assert rows(series, "area", "period", "series", "status", "confidentiality") == [
        ["AUT", "2020", "crim_hom", "A", "F"],
        ["AUT", "2021", "crim_hom", "B", "F"],
        ["AUT", "2022", "crim_hom", "Q", "C"],
        ["XKX", "2021", "crim_hom", "A", "F"],
        ["XKX", "2022", "crim_hom", "P", "F"],
    ]
    assert series.observations["value"].dropna().tolist() == [60.0, 57.0, 9.0, 11.0]


@pytest.mark.parametrize("extra", ["", "geo", "unit", "status", "source", "a-b,a_b", "sex,sex"])
def test_headings_that_stand_twice_or_clash_lose_no_figure(tmp_path, extra):
    header, *lines = EUROSTAT.strip().splitlines()
    text = "\n".join([f"{header},{extra}", *(line + ",x" * len(extra.split(",")) for line in lines)])
    series = read_series(write(tmp_path, text))
    assert series.observations.columns.is_unique
    assert series.observations["value"].dropna().tolist() == [85.0, 12.5]


# --- Our World in Data, World Bank, any table -----------------------------------------------------
def test_owid_has_a_column_a_series(tmp_path):
    text = "Entity,Code,Year,homicide_rate,deaths\n"
    text += "Kosovo,OWID_KOS,2020,2.5,45\nWorld,OWID_WRL,2020,5.6,\nAfrica,,2020,12,\n"
    series = read_series(write(tmp_path, text))
    assert rows(series, "area", "series", "value") == [
        ["XKX", "homicide_rate", 2.5],
        ["XKX", "deaths", 45.0],
        ["OWID_WRL", "homicide_rate", 5.6],
        ["Africa", "homicide_rate", 12.0],
    ]


def test_world_bank_download_has_a_column_a_year_below_a_heading(tmp_path):
    text = (
        '"Data Source","World Development Indicators",\n\n"Last Updated Date","2025-10-07",\n\n'
        '"Country Name","Country Code","Indicator Name","Indicator Code","2022","2023"\n'
        '"Austria","AUT","Population, total","SP.POP.TOTL","9041851","9131761"\n'
        '"World","WLD","Population, total","SP.POP.TOTL","","8061876001"\n'
    )
    series = read_series(write(tmp_path, text))
    assert series.vintage == "2025-10-07"
    assert rows(series, "area", "period", "series", "value") == [
        ["AUT", "2022", "SP.POP.TOTL", 9041851.0],
        ["AUT", "2023", "SP.POP.TOTL", 9131761.0],
        ["WLD", "2023", "SP.POP.TOTL", 8061876001.0],
    ]


def test_world_bank_answers_of_its_service(tmp_path):
    figure = {
        "indicator": {"id": "SP.POP.TOTL", "value": "Population, total"},
        "country": {"id": "AT", "value": "Austria"},
    }
    row = {**figure, "countryiso3code": "AUT", "date": "2023", "value": 9131761}
    pages = [{"page": 1, "pages": 1, "lastupdated": "2025-10-07"}, [row]]
    for data in (pages, [pages, pages]):
        series = read_series(write(tmp_path, json.dumps(data), "wb.json"))
        assert rows(series, "area", "period", "value")[0] == ["AUT", "2023", 9131761.0]
        assert series.vintage == "2025-10-07"


def test_an_excerpt_of_the_sdg_database_keeps_the_nature_of_its_figures(tmp_path):
    text = "iso3,m49,area,year,sex,nature,units,value\n"
    text += "ABW,533,Aruba,1990,female,c,number,0\nAFG,004,Afghanistan,2004,bothsex,e,number,9\n"
    series = read_series(write(tmp_path, text, "sdg_homicide.csv"))
    assert rows(series, "area", "series", "sex", "status", "value") == [
        ["ABW", "sdg_homicide", "F", "A", 0.0],
        ["AFG", "sdg_homicide", "_T", "E", 9.0],
    ]


# --- areas ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("code", "becomes", "kind", "of"),
    [
        ("AUT", "AUT", "country", ""), ("at", "AUT", "country", ""), ("EL", "GRC", "country", ""),
        ("GBR_E_W", "GBR_E_W", "part", "GBR"), ("GBR_S", "GBR_S", "part", "GBR"), ("GBR_NI", "GBR_NI", "part", "GBR"),
        ("IRQ_C", "IRQ_C", "part", "IRQ"), ("IRQ_KRI", "IRQ_KRI", "part", "IRQ"), ("XKX", "XKX", "country", ""),
        ("AT13", "AT13", "nuts", "AUT"), ("EL30", "EL30", "nuts", "GRC"), ("UKM", "UKM", "nuts", "GBR"),
        ("DE1", "DE1", "nuts", "DEU"), ("EU27_2020", "EU27_2020", "aggregate", ""), ("SSF", "SSF", "aggregate", ""),
        ("ZZZ", "ZZZ", "unknown", ""), ("Atlantis", "Atlantis", "unknown", ""), ("", "", "unknown", ""),
    ],
)  # fmt: skip
def test_codes_of_areas(code, becomes, kind, of):
    area = area_of(code)
    assert (area.code, area.kind, area.of) == (becomes, kind, of)


# --- bad input ------------------------------------------------------------------------------------
BAD = {
    "empty": (b"", "x.csv", "series.empty-file"),
    "only blanks": (b"  \n\n", "x.csv", "series.empty-file"),
    "another table": (b"name,colour\nx,y\n", "x.csv", "series.unknown-form"),
    "heading cut off": (b"AUT,Austria,2019,5\n", "x.csv", "series.unknown-form"),
    "JSON of another form": (b'{"a": 1}', "x.json", "series.unknown-form"),
    "broken JSON": (b"[{", "x.json", "series.unknown-form"),
    "broken gzip": (b"\x1f\x8b\x08\0broken", "x.tsv.gz", "series.missing-file"),
    "CSV called a workbook": (b"Iso3_code,VALUE\n", "x.xlsx", "workbook.not-a-workbook"),
    "heading without figures": (b"Entity,Code,Year\n", "x.csv", "series.unknown-form"),
    "bytes": (bytes(range(256)) * 4, "x.csv", "series.unknown-form"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_published_series(tmp_path, name):
    content, file, code = BAD[name]
    path = tmp_path / file
    path.write_bytes(content)
    with pytest.raises(KyotoError) as caught:
        read_series(path)
    assert caught.value.code == code
    assert caught.value.where.file == str(path)


def test_a_workbook_of_something_else_and_no_file_at_all(tmp_path):
    book = openpyxl.Workbook()
    book.active["A1"] = "Hello"
    book.save(tmp_path / "x.xlsx")
    for path, code in ((tmp_path / "x.xlsx", "series.unknown-form"), (tmp_path / "none.csv", "series.missing-file")):
        with pytest.raises(KyotoError) as caught:
            read_series(path)
        assert caught.value.code == code


# --- real files -----------------------------------------------------------------------------------
@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("unodc_cts_prisons_counts_2023vintage.csv", 28_336),
        ("unodc_cts_violent_sexual_counts_2025vintage.csv", 11_545),
        ("unodc_cts_corruption_economic_counts_2024vintage.csv", 9_484),
        ("sdg_16_1_1_homicide_counts_2020vintage.csv", 4_281),
        ("sdg_16_2_2_detected_trafficking_victims_2020vintage.csv", 990),
        ("population_total_wdi_2025.csv", 9_275),
    ],
)
def test_real_files_are_read_in_full(shared_data, name, figures):
    """Reference: rows that the README of the data states; sums against a plain reader of CSV."""
    series = read_series(shared_data / "un" / name)
    plain = pd.read_csv(shared_data / "un" / name)
    column = next(name for name in ("VALUE", "value", "population") if name in plain)
    assert len(series.observations) == figures
    assert series.observations["value"].sum() == pytest.approx(plain[column].sum(), rel=1e-12)
    assert "series.unknown-area" not in codes(series)
    assert "series.no-figure" not in codes(series)


@pytest.mark.shared
def test_real_prisons_hold_six_doubles_and_the_jurisdictions_that_no_iso_list_has(shared_data):
    """Reference: the README of the data states six duplicate keys and these codes."""
    series = read_series(shared_data / "un" / "unodc_cts_prisons_counts_2023vintage.csv")
    note = next(note for note in series.notes if note.code == "series.duplicate-keys")
    assert note.message.startswith("6 keys stand more than once")
    assert {"GBR_E_W", "GBR_S", "GBR_NI", "IRQ_C", "IRQ_KRI", "XKX"} & set(series.observations["area"]) >= {
        "GBR_E_W",
        "XKX",
    }

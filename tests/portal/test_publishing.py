"""The portal as files: complete, linked among themselves, exchanged whole."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest
import sdmx.reader.xml.v30  # sdmx1 cannot load it any more once it has read structure-specific data of 2.1
from lxml import html

import sdmx
from kyoto.core.errors import KyotoError
from kyoto.portal.publishing import plan_publication, publish


@pytest.fixture(scope="module")
def published(book, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("public") / "site"
    publish(book, folder)
    return folder


@pytest.fixture
def few(monkeypatch):
    """A portal of a few pages, where it does not matter which."""
    monkeypatch.setattr("kyoto.portal.publishing._MOST_VIEWS", 2)
    monkeypatch.setattr("kyoto.portal.publishing.iccs", list)


def test_everything_planned_is_there_but_charts_of_nothing(book, published):
    planned = plan_publication(book).files
    there = {path.relative_to(published).as_posix() for path in published.rglob("*") if path.is_file()}
    assert there - planned == {".kyoto-portal.json"}
    assert {Path(name).suffix for name in planned - there} <= {".svg"}


def test_every_link_leads_to_a_file(published):
    checked = 0
    for page in sorted(published.rglob("*.html")):
        if page.is_relative_to(published / "files"):
            continue
        found = html.fromstring(page.read_bytes())
        for address in found.xpath("//a/@href | //link/@href | //script/@src"):
            if address.startswith("#"):
                continue
            checked += 1
            assert not address.startswith(("/", "http", "//")), (page, address)
            target = page.parent / unquote(address.partition("#")[0])
            assert target.is_file(), (page, address)
    assert checked > 5000


def test_pages_need_no_server(published):
    for page in published.rglob("index.html"):
        found = html.fromstring(page.read_bytes())
        assert found.xpath("//form") == []
        assert found.xpath("//*[@*[starts-with(name(), 'hx-')]]") == []
        assert found.xpath("//meta[@http-equiv='Content-Security-Policy']")


def test_files_hold_what_the_server_gives(site, published):
    query = (("by", "area"),)
    theirs = site.answer("en/explore/by_area/data.csv", query).answer.body
    assert (published / "data" / "explore" / "by_area" / "by-area" / "data.csv").read_bytes() == theirs
    page = html.fromstring((published / "en" / "explore" / "by_area" / "by-area" / "index.html").read_bytes())
    served = html.fromstring(site.answer("en/explore/by_area", query).answer.body)
    cells = "//table//td/text()"
    assert page.xpath(cells) == served.xpath(cells)
    assert page.xpath("//p[@class='sentence']/text()") == served.xpath("//p[@class='sentence']/text()")


def observed(published, table):
    """Values of the published CSV of a table by series, area, class, period."""
    frame = pd.read_csv(published / "files" / "tables" / f"{table}.csv", dtype=str, keep_default_na=False)
    keys = zip(frame["series"], frame["area"], frame["iccs"], frame["period"], strict=True)
    return {key: float(value) if value else None for key, value in zip(keys, frame["value"], strict=True)}


@pytest.mark.parametrize("edition", ["sdmx-ml-3.0", "sdmx-ml-2.1"])
def test_sdmx1_reads_every_value_of_the_files_beside_the_pages(published, edition):
    structures = sdmx.read_sdmx(published / "sdmx" / f"structures.{edition}.xml")
    message = sdmx.read_sdmx(
        published / "sdmx" / f"BY_AREA.{edition}.xml", structure=structures.structure["DSD_BY_AREA"]
    )
    names = ("SERIES", "REF_AREA", "ICCS", "TIME_PERIOD")
    found = {}
    for data_set in message.data:
        for each in data_set.obs:
            value = None if each.value in (None, "") else float(each.value)
            series, *rest = (str(each.key[name].value) for name in names)
            found[series.replace("_rate", ".rate"), *rest] = value  # SDMX allows no dot in a code
    assert found == observed(published, "by_area")


def test_csv_and_json_hold_as_many(published):
    expected = observed(published, "by_area")
    with (published / "sdmx" / "BY_AREA.sdmx-csv-2.0.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {(row["REF_AREA"], row["ICCS"], row["TIME_PERIOD"]) for row in rows} == {key[1:] for key in expected}
    total = sum(float(row["OBS_VALUE"]) for row in rows if row["OBS_VALUE"])
    assert total == pytest.approx(sum(value for value in expected.values() if value is not None))
    data = json.loads((published / "sdmx" / "BY_AREA.sdmx-json-2.0.json").read_bytes())["data"]
    blocks = data["dataSets"][0]["series"].values()
    assert sum(len(block["observations"]) for block in blocks) == len(expected)


@pytest.mark.parametrize("page", ["downloads", "api"])
@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_sdmx_files_are_linked(published, page, language):
    found = html.fromstring((published / language / page / "index.html").read_bytes())
    links = found.xpath("//section[@aria-labelledby='sdmx']//a/@href")
    there = {path.name for path in (published / "sdmx").iterdir()}
    assert {Path(link).name for link in links} == there
    assert {"structures.sdmx-ml-3.0.xml", "INDICATORS.sdmx-ml-2.1.xml", "BY_MONTH.sdmx-json-2.0.json"} <= there


def test_a_server_links_its_service_and_no_files(site):
    found = html.fromstring(site.answer("en/downloads").answer.body)
    assert found.xpath("//section[@aria-labelledby='sdmx']") == []


def test_a_table_that_sdmx_cannot_tell_is_left_out_and_said(book, monkeypatch):
    from kyoto.portal.sdmx import files

    def refuse(source, flow):
        if flow.table == "by_month":
            raise KyotoError("Two figures of 'by_month' have the same key", code="sdmx.repeated-key")

    monkeypatch.setattr(files, "require_unique", refuse)
    planned = files.plan_sdmx(book.snapshot)
    assert planned.left_out == {"by_month": "Two figures of 'by_month' have the same key"}
    assert not any(name.startswith("sdmx/BY_MONTH") for name in planned.names)


def test_records_and_rejects_are_not_published(published):
    names = [path.relative_to(published).as_posix() for path in published.rglob("*")]
    assert not [name for name in names if "records" in name or "rejects" in name or "toml" in name]


def test_publishing_again_replaces_the_whole(book, tmp_path, few):
    folder = tmp_path / "site"
    folder.mkdir()
    publish(book, folder)
    (folder / "stray.html").write_text("left behind")
    publish(book, folder)
    assert not (folder / "stray.html").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


@pytest.mark.parametrize("name", ["thesis.txt", ".hidden"])
def test_a_folder_that_holds_something_else_is_refused(book, tmp_path, name):
    (tmp_path / name).write_text("years of work")
    with pytest.raises(KyotoError) as caught:
        publish(book, tmp_path)
    assert caught.value.code == "portal.not-empty"
    assert (tmp_path / name).read_text() == "years of work"


def test_a_file_in_the_place_of_the_folder_is_refused(book, tmp_path):
    (tmp_path / "site").write_text("a file")
    with pytest.raises(KyotoError) as caught:
        publish(book, tmp_path / "site")
    assert caught.value.code == "portal.not-empty"


def test_failure_leaves_what_stood_there(book, tmp_path, monkeypatch, few):
    folder = tmp_path / "site"
    publish(book, folder)
    before = (folder / "en" / "index.html").read_bytes()

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kyoto.portal.publishing._put", full)
    with pytest.raises(KyotoError) as caught:
        publish(book, folder)
    assert caught.value.code == "files.cannot-write"
    assert (folder / "en" / "index.html").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_killed_in_the_middle_leaves_what_stood_there(book, arboria, tmp_path, few):
    folder = tmp_path / "site"
    publish(book, folder)
    before = {path: path.stat().st_ino for path in folder.rglob("*.html")}
    command = [sys.executable, "-m", "kyoto", "publish", str(arboria), "--static", str(folder)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    for _ in range(600):
        parts = list(tmp_path.glob(".site.*.part"))
        if parts and len(list(parts[0].rglob("*.html"))) > 20:
            break
        assert running.poll() is None
        signal.sigtimedwait([], 0.02)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert {path: path.stat().st_ino for path in folder.rglob("*.html")} == before


def test_command_says_what_it_would_do_and_does_it(arboria, tmp_path):
    from typer.testing import CliRunner

    from kyoto.cli.main import app

    folder = tmp_path / "site"
    dry = CliRunner().invoke(app, ["publish", str(arboria), "--static", str(folder), "--dry-run"])
    assert dry.exit_code == 0
    assert "nothing was written" in dry.output
    assert not folder.exists()
    missing = CliRunner().invoke(app, ["publish", str(arboria)])
    assert isinstance(missing.exception, KyotoError)
    assert missing.exception.code == "portal.no-target"


def test_links_hold_where_not_every_choice_is_prepared(book, tmp_path, monkeypatch):
    monkeypatch.setattr("kyoto.portal.publishing._MOST_VIEWS", 3)
    monkeypatch.setattr("kyoto.portal.publishing.LANGUAGES", ("en",))
    monkeypatch.setattr("kyoto.portal.pages.rendering.LANGUAGES", ("en",))
    planned, size = publish(book, tmp_path / "site")
    assert planned.left_out["by_area"] > 0
    assert size > 1_000_000
    for page in (tmp_path / "site" / "en").rglob("index.html"):
        for address in html.fromstring(page.read_bytes()).xpath("//main//a/@href"):
            target = page.parent / unquote(address.partition("#")[0])
            assert target.is_file() or target.suffix == ".svg", (page, address)

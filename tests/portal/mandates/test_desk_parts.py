"""Parts of the desk by themselves: catalogues, marks in the text, the graph, facets, what is kept, the command."""

from __future__ import annotations

import string
import tomllib
from dataclasses import replace
from datetime import date
from importlib import resources

import pytest
from lxml import etree

from kyoto.cooperation.mandates.followup.register import STATES, STATUSES, Entry, Event
from kyoto.cooperation.mandates.library import document_from_plain, document_to_plain
from kyoto.cooperation.mandates.links import links
from kyoto.cooperation.mandates.mechanisms import RESPONSES
from kyoto.cooperation.mandates.model import KINDS as NODE_KINDS
from kyoto.cooperation.mandates.obligations import obligations
from kyoto.cooperation.mandates.obligations.lexicon import known_conditions
from kyoto.cooperation.mandates.review import SUBJECTS, Edit, apply_edit, differences, edit_of
from kyoto.cooperation.mandates.structure import parse
from kyoto.cooperation.mandates.verbs import known_verbs
from kyoto.core.errors import KyotoError
from kyoto.portal.mandates.marking import KINDS, lines_of
from kyoto.portal.mandates.network import draw, links_of
from kyoto.portal.mandates.wording import desk_words, due_name

from .conftest import TEXT


def catalogue(language):
    text = resources.files("kyoto.portal.mandates").joinpath("locale", f"{language}.toml").read_text(encoding="utf-8")
    return {f"{part}.{key}": value for part, table in tomllib.loads(text).items() for key, value in table.items()}


def names(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", ["fr", "es"])
def test_catalogues_say_the_same_things(language):
    english, other = catalogue("en"), catalogue(language)
    assert set(other) == set(english)
    assert [key for key, text in other.items() if names(text) != names(english[key]) or not text.strip()] == []
    same = [key for key, text in other.items() if text == english[key]]
    assert len(same) < len(english) * 0.08, same


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_every_code_has_its_words(language):
    texts = desk_words(language).texts
    wanted = [f"status.{one}" for one in STATUSES] + [f"state.{one}" for one in STATES]
    wanted += [f"force.{one}" for one in set(known_verbs().force_of.values())] + [f"mark.{one}" for one in KINDS[:-1]]
    wanted += [f"condition.{one}" for one, _ in known_conditions()] + [f"node.{one}" for one in NODE_KINDS]
    wanted += [f"response.{one}" for one in RESPONSES] + [f"total.{one}" for one in parse(TEXT, "a").totals()]
    wanted += [f"field.{one.field}" for one in differences({}, dict.fromkeys(("state", "due", "clause"), "x"))]
    wanted += [f"field.{name}" for one in SUBJECTS.values() for name in one.fields]
    wanted += [f"kind.{kind}{end}" for kind in SUBJECTS for end in ("", "s")]
    wanted += [f"change.conflict_{kind}" for kind in SUBJECTS]
    assert [key for key in wanted if key not in texts] == []


def test_every_word_is_used():
    """A text that no page, template or module asks for would be translated for nothing."""
    folder = resources.files("kyoto.portal.mandates")
    sources = [path for part in (folder, folder / "pages", folder / "templates") for path in part.iterdir()]
    written = "\n".join(path.read_text(encoding="utf-8") for path in sources if path.name.endswith((".py", ".j2")))
    families = (
        "said", "status", "state", "force", "condition", "node", "mark", "facet", "total", "field", "decision", "role",
        "recurrence", "relation", "cited", "problems", "failures", "act_status", "response", "site",
        "recommendations", "start",
    )  # fmt: skip
    prefixes = (
        "change.others_", "change.conflict_", "start.way_", "sessions.by_", "kind.", "verified.",
        "direction.", "brief.by_",
    )  # fmt: skip
    unused = [
        key for key in catalogue("en") if key.split(".")[0] not in families and key not in written
        and not key.startswith(prefixes)
    ]  # fmt: skip
    assert unused == []


@pytest.fixture(scope="module")
def document():
    return parse(TEXT, "report")


def test_marks_cover_exactly_what_was_found(document):
    """Letter by letter against the spans in the source, without the module's own cutting."""
    found = {}
    for one in obligations(document):
        found[one.paragraph] = (*found.get(one.paragraph, ()), one)
    lines = lines_of(document, document.resolutions()[0], found)
    first = next(line for line in lines if line.kind == "operative")
    marked = {part.kind: part.text for part in first.segments if part.kind not in ("", "clause")}
    assert marked["verb"] == "Requests"
    assert marked["addressee"] == "Secretary-General"
    assert "forty-first session" in marked["due"].replace("\n", " ")
    assert "".join(part.text for part in first.segments).startswith("Requests the Secretary-General to report")
    for one in found[first.id]:
        for party in one.addressees:
            assert document.text[slice(*party.span)] == party.text == marked["addressee"]


def test_nothing_is_lost_between_the_marks(document):
    from kyoto.cooperation.mandates.cleantext import clean_node

    found = {}
    for one in obligations(document):
        found[one.paragraph] = (*found.get(one.paragraph, ()), one)
    for line in lines_of(document, document.resolutions()[0], found):
        node = document.find(line.id)
        assert "".join(part.text for part in line.segments) == clean_node(document, node).text
        assert all(part.text for part in line.segments)


def test_the_graph_is_drawn_once_a_link(document):
    found = links_of(links(document))
    assert sum(link.count for link in found) == len(links(document))
    picture = etree.fromstring(str(draw(found, {}, "A <title> & more")))
    assert len(picture.findall("path")) == len(found)
    assert len(picture.findall("text")) == len({link.source for link in found}) + len({link.target for link in found})
    assert picture.get("aria-label") == "A <title> & more"


def test_documents_come_back_whole(document, report_like):
    for one in (document, report_like):
        assert document_from_plain(document_to_plain(one)) == one


@pytest.fixture
def report_like():
    notes = "Resolution 1/1\n\nData\n\nThe General Assembly,¹\n\n1. Notes it:\n\n(a) Once;\n\n(b) Twice.\n\n¹ A/1.\n"
    return parse(notes, "notes")


ENTRY = Entry(
    id="a#1:1", document="a", act="r", paragraph="r/1", place=1, force="request", clause="Requests", asks=True,
    addressees=("unodc",), due=("date:2031",), history=(Event("2031-01-01", "rules", "suggested"),),
)  # fmt: skip


def applied(**wanted):
    edit = replace(edit_of(ENTRY), **wanted)
    return apply_edit(ENTRY, edit, by="desk", today=date(2031, 2, 3), approved_by="head")


def test_an_edit_changes_what_it_says_and_nothing_else():
    changed = applied(state="accepted", status="under-way", units=("Research",))
    assert replace(changed, state="suggested", status="not-started", units=(), history=ENTRY.history) == ENTRY
    assert changed.history[-1] == Event(
        "2031-02-03", "desk", "state: accepted; status: under-way; units: Research; approved by head", ""
    )


def test_an_edit_can_take_everything_away():
    changed = applied(addressees=(), due=())
    assert (changed.addressees, changed.due, changed.state) == ((), (), "edited")
    assert changed.history[-1].what == "addressees: –; due: –; state: edited; approved by head"


def test_times_have_one_spelling():
    assert applied(due=("2031-06-30",)).due == ("date:2031-06-30",)


def test_rejecting_wins_over_editing():
    assert applied(state="rejected", due=()).state == "rejected"


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(KyotoError) as caught:
        applied(due=("soon", "later"), conditions=("rain",))
    assert [one.code for one in caught.value.problems] == [
        "mandates.unknown-condition", "mandates.wrong-due", "mandates.wrong-due",
    ]  # fmt: skip


def test_edits_survive_the_database():
    edit = Edit(("unodc",), due=("date:2031",), state="accepted", evidence="A/1")
    assert Edit.of(edit.plain()) == edit


@pytest.mark.parametrize(
    ("language", "due", "said"),
    [
        ("en", "session:ccpcj-27", "session 27, Commission on Crime Prevention and Criminal Justice"),
        ("fr", "date:2031-07-20", "20 juillet 2031"),
        ("es", "recurrence:biennial", "cada dos años"),
        ("en", "event:congress-15", "Congress 15"),
        ("en", "before:10-working-days", "10 working days before"),
    ],
)
def test_times_in_words(language, due, said):
    assert due_name(desk_words(language), due) == said


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--host", "0.0.0.0"], "portal.plain-http"),
        (["--address", "http://mandates.example.org"], "portal.plain-http"),
        (["--address", "mandates.example.org"], "portal.wrong-address"),
        (["--openid", "https://id.example.org kyoto"], "portal.wrong-provider"),
        (["--database", "none.db"], "database.not-initialised"),
        (["--project", "nowhere"], "mandates.no-figures"),
    ],
)
def test_the_command_refuses_what_is_not_safe(kyoto, tmp_path, monkeypatch, arguments, code):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KYOTO_OPENID_SECRET", raising=False)
    ran = kyoto("mandates", "serve", *arguments)
    assert ran.code == 2
    assert code in ran.err


def test_the_command_serves(office, tmp_path):
    """As a process: it says where, answers, and ends when told to."""
    import re
    import signal
    import socket
    import subprocess
    import sys
    import time
    import urllib.request

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "kyoto",
        "mandates",
        "serve",
        "-d",
        office.engine.url.database,
        "--port",
        str(port),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path)
    try:
        for _ in range(300):
            try:
                page = urllib.request.urlopen(f"http://127.0.0.1:{port}/fr/", timeout=5).read().decode()
                break
            except OSError:
                time.sleep(0.1)
        assert "Se connecter" in page
    finally:
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=20)[0]
    assert re.search(rf"Serving sqlite:///.*office\.db at http://127\.0\.0\.1:{port}/", said)
    assert process.returncode in (0, 130, -2)


def kept_register(database):
    """Every obligation of a register as it stands in the database, read without the desk."""
    from kyoto.cooperation.mandates.followup import DatabaseStore

    return {entry.id: entry for entry in DatabaseStore(database).load().entries}


def facets_counted(database, shelf):
    """Facets of all obligations by the desk's index, and counted one by one from the register."""
    from collections import Counter

    from kyoto.core.database.work import working

    with working(database, "head") as work:
        found = shelf.search_obligations(work, "", {}, limit=1000, offset=0)
    entries = kept_register(database).values()
    counted = {
        "kind": Counter(entry.state for entry in entries),
        "status": Counter(entry.status for entry in entries),
        "document": Counter(entry.document for entry in entries),
        "addressee": Counter(party for entry in entries for party in entry.addressees),
    }
    return {name: found.facets[name] for name in counted}, {name: dict(each) for name, each in counted.items()}


def test_the_index_follows_every_change_of_another_process(office):
    """Changes by another: the desk's index says what the register says, counted one by one, and is built once."""
    from kyoto.cooperation.mandates.followup import DatabaseStore, change
    from kyoto.cooperation.mandates.library import add_document
    from kyoto.core.database.work import working
    from kyoto.portal.mandates.shelf import Shelf

    shelf, other = Shelf(), DatabaseStore(office, "head")
    shown, counted = facets_counted(office, shelf)
    assert shown == counted
    index = shelf._indexes._obligations
    for place, (status, party) in enumerate([("under-way", "unodc"), ("lapsed", "Ministry"), ("done", "unodc")]):
        now = other.load()
        entry = now.entries[place % len(now.entries)].id
        facts = {"by": "head", "today": date(2031, 9, 1), "state": "accepted", "evidence": "A/1"}
        other.save(change(now, entry, status=status, addressees=[party], **facts))
        shown, counted = facets_counted(office, shelf)
        assert shown == counted
    second = TEXT.replace("E/2031/30", "E/2032/30").replace("prisons", "gardens")
    add_document(office, "desk", parse(second, "b"), adopted="", today=date(2032, 8, 1))
    shown, counted = facets_counted(office, shelf)
    assert shown == counted
    assert shown["document"] == {"E/2031/30": 3, "E/2032/30": 3}
    with working(office, "head") as work:
        order = list(shelf.register(work).entries)
        assert shelf.search_paragraphs(work, "gardens", {}, limit=9, offset=0).total == 1
        assert shelf.search_paragraphs(work, "prisons", {}, limit=9, offset=0).total == 1
    assert order == list(kept_register(office))
    add_document(
        office, "desk", parse(second.replace("gardens", "gold mines"), "b"), adopted="", today=date(2032, 8, 1)
    )
    with working(office, "head") as work:
        assert shelf.search_paragraphs(work, "gardens", {}, limit=9, offset=0).total == 0
        assert shelf.search_paragraphs(work, "gold mines", {}, limit=9, offset=0).total == 1
        topics = shelf.search_obligations(work, "gold", {}, limit=9, offset=0)
        assert topics.total == 1
    assert shelf._indexes._obligations is index
    shelf.close()


def test_a_desk_that_was_warmed_up_knows_what_a_cold_one_finds(office):
    """And what is written while it reads is not missed."""
    from kyoto.cooperation.mandates.library import add_document
    from kyoto.core.database.work import working
    from kyoto.portal.mandates.shelf import Shelf

    warm, cold = Shelf(), Shelf()
    assert warm.warm_up(office) == 1
    for _ in range(2):
        found = []
        for shelf in (warm, cold):
            with working(office, "head") as work:
                texts = shelf.search_paragraphs(work, "", {}, limit=99, offset=0)
                entries = shelf.search_obligations(work, "", {}, limit=99, offset=0)
                found.append((texts.facets, texts.total, entries.facets, shelf.documents(work), shelf.register(work)))
        assert found[0] == found[1]
        add_document(
            office, "desk", parse(TEXT.replace("E/2031/30", "E/2032/30"), "b"), adopted="", today=date(2032, 8, 1)
        )
    warm.close()
    cold.close()


def test_an_index_that_could_not_be_changed_is_built_again(office, monkeypatch):
    from kyoto.cooperation.mandates.followup import DatabaseStore, change
    from kyoto.cooperation.mandates.search import Index
    from kyoto.portal.mandates.shelf import Shelf

    shelf, store = Shelf(), DatabaseStore(office, "head")
    facets_counted(office, shelf)
    now = store.load()
    store.save(change(now, now.entries[0].id, by="head", today=date(2031, 9, 1), state="rejected"))

    def full(self, paragraphs):
        raise OSError("No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(Index, "put", full)
        with pytest.raises(OSError, match="No space"):
            facets_counted(office, shelf)
    shown, counted = facets_counted(office, shelf)
    assert shown == counted
    assert shown["kind"]["rejected"] == 1
    shelf.close()

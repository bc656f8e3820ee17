"""Search: facets against a count by hand, filters, ranking, hostile questions, saved searches."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kyoto.cooperation.mandates.search import FACETS, Index, IndexedParagraph, build_index, fts_query, paragraphs_of
from kyoto.cooperation.mandates.structure import parse
from kyoto.core.errors import KyotoError

WORDS = ("prison", "child", "gold", "sport", "water", "report")


def made(number, drawn):
    facets = {
        "force": tuple(drawn.sample(["request", "urge", "invite"], drawn.randint(0, 2))),
        "year": (str(drawn.choice([2017, 2018, 2019])),),
        "cites": tuple(drawn.sample(["A/RES/70/1", "A/RES/70/174", "untoc"], drawn.randint(0, 3))),
    }
    return IndexedParagraph("d", f"p{number}", "a", " ".join(drawn.choices(WORDS, k=3)), facets)


@pytest.fixture(scope="module")
def paragraphs():
    drawn = random.Random(7)
    return [made(number, drawn) for number in range(800)]


@pytest.fixture(scope="module")
def index(paragraphs, tmp_path_factory):
    path = tmp_path_factory.mktemp("index") / "a.sqlite"
    assert build_index(path, paragraphs) == 800
    return Index(path)


def counted(paragraphs):
    """The facets of paragraphs, counted one by one."""
    counts = {name: Counter() for name in FACETS}
    for one in paragraphs:
        for name, values in one.facets.items():
            counts[name].update(values)
    return {name: dict(count) for name, count in counts.items()}


@pytest.mark.parametrize(
    "words", ["", "prison", "prison child", "-gold", "water -gold", '"prison child"', "pris*", "nothing"]
)
@pytest.mark.parametrize(
    "where",
    [
        {},
        {"force": ["request"]},
        {"force": ["request", "urge"], "year": ["2018"]},
        {"cites": ["untoc"]},
        {"year": ["1900"]},
    ],
)
def test_totals_and_facets_are_exact(index, paragraphs, words, where):
    def fits(one):
        text = f" {one.text} "
        by_words = {
            "": True,
            "prison": " prison " in text,
            "prison child": " prison " in text and " child " in text,
            "-gold": False,
            "water -gold": " water " in text and " gold " not in text,
            '"prison child"': " prison child " in text,
            "pris*": " pris" in text,
            "nothing": False,
        }[words]
        return by_words and all(set(values) & set(one.facets[name]) for name, values in where.items())

    expected = [one for one in paragraphs if fits(one)]
    found = index.search(words, where=where, limit=1000)
    assert found.total == len(expected)
    assert {hit.paragraph for hit in found.hits} == {one.paragraph for one in expected}
    assert found.facets == counted(expected)


def test_an_index_that_is_changed_says_what_a_new_one_says(tmp_path):
    """Paragraphs put, replaced and taken away at random, against an index of the outcome built at once."""
    drawn = random.Random(11)
    there = {(f"d{number % 5}", f"p{number}"): made(number, drawn) for number in range(200)}
    there = {key: replace(one, document=key[0]) for key, one in there.items()}
    build_index(tmp_path / "a.sqlite", there.values())
    index = Index(tmp_path / "a.sqlite")
    for turn in range(30):
        if turn % 7 == 3:
            document = f"d{drawn.randint(0, 5)}"
            keep = {key[1] for key in there if key[0] == document and drawn.random() < 0.7}
            index.drop(document, keep)
            there = {key: one for key, one in there.items() if key[0] != document or key[1] in keep}
        new = [replace(made(drawn.randint(0, 230), drawn), document=f"d{drawn.randint(0, 5)}") for _ in range(6)]
        new = [replace(one, facets={**one.facets, "topic": (f"t{turn}",)}) for one in new]
        index.put(new)
        there |= {(one.document, one.paragraph): one for one in new}
        for words, where in (
            ("", {}),
            ("prison", {}),
            ("water -gold", {"year": ["2018"]}),
            ("", {"topic": [f"t{turn}"]}),
        ):
            found = index.search(words, where=where, limit=500)
            fits = [
                one for one in there.values()
                if all(set(values) & set(one.facets.get(name, ())) for name, values in where.items())
                and (not words or words.split()[0] in one.text.split())
                and not ("-gold" in words and "gold" in one.text.split())
            ]  # fmt: skip
            assert found.total == len(fits)
            assert {(hit.document, hit.paragraph, hit.text) for hit in found.hits} == {
                (one.document, one.paragraph, one.text) for one in fits
            }
            assert found.facets == counted(fits)
    again = Index(tmp_path / "a.sqlite")
    build_index(tmp_path / "b.sqlite", there.values())
    fresh = Index(tmp_path / "b.sqlite")
    assert index.size == again.size == fresh.size == len(there)
    assert (
        again.search("prison child").facets
        == fresh.search("prison child").facets
        == index.search("prison child").facets
    )


def test_an_index_can_be_emptied_and_filled(tmp_path):
    build_index(tmp_path / "a.sqlite", [])
    index = Index(tmp_path / "a.sqlite")
    index.put([])
    index.drop("d")
    assert index.search("").total == 0
    index.put([IndexedParagraph("d", "1", "", "gold", {"year": ("2031",)})])
    assert index.search("gold").facets["year"] == {"2031": 1}
    index.drop("d")
    assert (index.size, index.search("gold").total, index.search("", where={"year": ["2031"]}).total) == (0, 0, 0)


def test_pages_of_hits_do_not_overlap(index):
    pages = [index.search("prison", limit=10, offset=start).hits for start in (0, 10, 20)]
    assert len({hit.paragraph for page in pages for hit in page}) == 30


def test_the_best_comes_first(tmp_path):
    texts = ["gold and much else that has nothing to do with it at all", "gold gold gold", "water"]
    build_index(tmp_path / "a.sqlite", [IndexedParagraph("d", str(n), "", text, {}) for n, text in enumerate(texts)])
    assert [hit.paragraph for hit in Index(tmp_path / "a.sqlite").search("gold").hits] == ["1", "0"]


def test_too_many_are_not_ranked_and_it_is_said(tmp_path, monkeypatch):
    from kyoto.cooperation.mandates.search import query

    monkeypatch.setattr(query, "RANKED", 1)
    texts = ["gold and much else that has nothing to do with it at all", "gold gold gold", "water"]
    build_index(tmp_path / "a.sqlite", [IndexedParagraph("d", str(n), "", text, {}) for n, text in enumerate(texts)])
    index = Index(tmp_path / "a.sqlite")
    assert [hit.paragraph for hit in index.search("gold").hits] == ["0", "1"]
    assert (index.search("gold").ranked, index.search("water").ranked, index.search("").ranked) == (False, True, False)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="abc\"*-()^:{}+ ANDORNEAR'\\;%_é", max_size=30))
def test_no_question_breaks_the_search(index, words):
    assert index.search(words, limit=1).total >= 0
    assert fts_query(words).count('"') % 2 == 0


def test_saved_searches(index):
    index.save("gold of 2018", {"words": "gold", "where": {"year": ["2018"]}})
    assert index.saved("gold of 2018") == {"words": "gold", "where": {"year": ["2018"]}}
    with pytest.raises(KyotoError) as caught:
        index.saved("gold of 2019")
    assert caught.value.hint == "Did you mean 'gold of 2018'?"


def test_saved_searches_outlive_a_new_index(paragraphs, tmp_path):
    path = tmp_path / "a.sqlite"
    build_index(path, paragraphs[:10])
    Index(path).save("gold", {"words": "gold", "where": {}})
    assert build_index(path, paragraphs) == 800
    assert Index(path).saved_names() == ["gold"]
    assert Index(path).saved("gold")["words"] == "gold"
    path.write_text("no index", encoding="utf-8")
    assert build_index(path, paragraphs[:10]) == 10


def test_errors(index, tmp_path):
    with pytest.raises(KyotoError) as caught:
        index.search("gold", where={"yaer": ["2018"]})
    assert (caught.value.code, caught.value.hint) == ("mandates.unknown-facet", "Did you mean 'year'?")
    with pytest.raises(KyotoError) as caught:
        Index(tmp_path / "no.sqlite")
    assert caught.value.code == "mandates.no-index"
    (tmp_path / "text.sqlite").write_text("no database " * 100, encoding="utf-8")
    with pytest.raises(KyotoError) as caught:
        Index(tmp_path / "text.sqlite")
    assert caught.value.code == "mandates.no-index"


def test_facets_of_a_document(report):
    found = {one.paragraph: one for one in paragraphs_of(report)}
    urged = found["draft-resolution-A-I/2"]
    assert urged.facets["force"] == ("request", "urge")
    assert urged.facets["addressee"] == ("member-states", "secretary-general")
    assert (urged.facets["year"], urged.facets["status"]) == (("2031",), ("recommended",))
    assert urged.facets["body"] == ("General Assembly",)
    assert found["draft-resolution-A-I/p1"].facets["cites"] == ("A/RES/70/175",)
    assert found["para-4"].facets["force"] == ()


def test_the_commands(kyoto, report_text, tmp_path):
    (tmp_path / "gardens.txt").write_text(report_text, encoding="utf-8")
    path = str(tmp_path / "i.sqlite")
    assert "documents: 1" in kyoto("mandates", "index", str(tmp_path / "gardens.txt"), "-i", path).out
    told = json.loads(
        kyoto("mandates", "search", "tools", "-i", path, "-w", "force=encourage", "--save", "t", "--json").out
    )
    assert [hit["paragraph"] for hit in told["hits"]] == ["draft-resolution-A-II/3"]
    assert told["facets"]["addressee"] == {"donors": 1}
    assert json.loads(kyoto("mandates", "search", "-i", path, "--saved", "t", "--json").out)["total"] == 1
    assert kyoto("mandates", "search", "-i", path, "-w", "force").code == 2
    assert kyoto("mandates", "search", "-i", path, "--list-saved", "--json").rows == [
        {"name": "t", "words": "tools", "where": {"force": ["encourage"]}}
    ]
    kyoto("mandates", "index", str(tmp_path / "gardens.txt"), "-i", path)
    assert kyoto("mandates", "search", "-i", path, "--saved", "t", "--json").rows["total"] == 1


def test_a_report_is_of_the_year_of_its_records():
    head = "Commission on Data\n\nReport on the second session (7 December 2018 and 20-24 May 2019)\n\n"
    text = f"{head}Economic and Social Council\nOfficial Records, 2019\nSupplement No. 10\n\nResolution 1/1\n\nData\n\n"
    document = parse(f"{text}The General Assembly,\n\n1. Notes it.\n", "report")
    assert {one.facets["year"] for one in paragraphs_of(document)} == {("2019",)}

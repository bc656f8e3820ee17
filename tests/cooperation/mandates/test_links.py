"""Links: citations in one spelling, relations, topics, and the evidence brief."""

from __future__ import annotations

import json
import re
import zipfile
from xml.etree import ElementTree

import pytest

from kyoto.analysis.evaluation.register import read_register
from kyoto.analysis.evaluation.register.storage import Entry, write_entries
from kyoto.cooperation.mandates.intake import read_document
from kyoto.cooperation.mandates.links import (
    Held,
    citations,
    evaluations_on,
    evidence_brief,
    known_topics,
    links,
    read_held_figures,
    subjects,
    to_graphml,
    topics_of,
)
from kyoto.cooperation.mandates.links.brief import brief_html, brief_markdown, write_brief
from kyoto.cooperation.mandates.links.citations import _instruments, known_instruments
from kyoto.cooperation.mandates.structure import parse
from kyoto.core.errors import KyotoError
from kyoto.statistics.classification import iccs
from kyoto.statistics.indicators import registry


@pytest.mark.parametrize(
    ("text", "body", "targets"),
    [
        ("General Assembly resolution 70/174, annex, para. 3", "", ["A/RES/70/174"]),
        ("its resolutions 56/119, 57/270 B and S-30/1", "General Assembly",
         ["A/RES/56/119", "A/RES/57/270B", "A/RES/S-30/1"]),
        ("General Assembly resolutions 53/243 A and B", "", ["A/RES/53/243A", "A/RES/53/243B"]),
        ("resolution 217 A (III) and Security Council resolution 2133 (2014)", "General Assembly",
         ["A/RES/217A(III)", "S/RES/2133(2014)"]),
        ("Economic and Social Council decision 2015/234", "", ["E/DEC/2015/234"]),
        ("its resolution 22/7 of 26 April 2013", "Commission on Crime Prevention and Criminal Justice",
         ["CCPCJ/RES/22/7"]),
        ("Commission on Narcotic Drugs resolutions 58/12 of 17 March 2015 and 59/9", "",
         ["CND/RES/58/12", "CND/RES/59/9"]),
        ("Conference of the States Parties to the United Nations Convention against Corruption resolution 7/8", "",
         ["uncac", "COSP/RES/7/8"]),
        ("See A/RES/70/174, E/RES/2017/15 and E/CN.15/2019/10", "",
         ["A/RES/70/174", "E/RES/2017/15", "E/CN.15/2019/10"]),
        ("E/CN.7/2017/3-E/CN.15/2017/3 and A/CONF.234/PM.1", "",
         ["E/CN.7/2017/3", "E/CN.15/2017/3", "A/CONF.234/PM.1"]),
        ("the ILO Worst Forms of Child Labour Convention, 1999 (No. 182)", "", ["ILO/C182"]),
        ("Sustainable Development Goals 4, 5 and 16, and targets 5.2, 8.7, and 16.2", "",
         ["sdg-4", "sdg-5", "sdg-16", "target-5.2", "target-8.7", "target-16.2"]),
        ("the 2030 Agenda and Goal 99", "", ["agenda-2030"]),
        ("24/7 service at 10/11 o'clock", "", []),
    ],
)  # fmt: skip
def test_citations_in_one_spelling(text, body, targets):
    assert [found.target for found in citations(text, body)] == targets
    for found in citations(text, body):
        assert 0 <= found.start < found.end <= len(text)


@pytest.mark.parametrize(
    ("text", "target", "locator"),
    [
        ("article 31 of the Convention on the Rights of the Child", "crc", "article 31"),
        ("article 2, paragraph (b), of the Organized Crime Convention", "untoc", "article 2, paragraph (b)"),
        ("the United Nations Convention against Corruption, in particular its article 11", "uncac", "article 11"),
        ("General Assembly resolution 70/174, annex", "A/RES/70/174", "annex"),
        ("A/CONF.203/15, para. 45", "A/CONF.203/15", "para. 45"),
        ("paragraph 5 of General Assembly resolution 70/174", "A/RES/70/174", "paragraph 5"),
        (
            "operative paragraphs 7 and 8 of Economic and Social Council resolution 2017/15",
            "E/RES/2017/15",
            "operative paragraphs 7 and 8",
        ),
        ("in paragraph 2 (a) of resolution 70/174", "A/RES/70/174", "paragraph 2 (a)"),
        ("annex II to General Assembly resolution 70/174", "A/RES/70/174", "annex II"),
        ("section I of General Assembly resolution 65/230", "A/RES/65/230", "section I"),
        ("rule 45 of the Nelson Mandela Rules", "nelson-mandela-rules", "rule 45"),
        (
            "article 16, paragraphs 1 and 2, of the Organized Crime Convention",
            "untoc",
            "article 16, paragraphs 1 and 2",
        ),
        ("articles 5 and 6 of the United Nations Convention against Corruption", "uncac", "articles 5 and 6"),
        ("article 3 of the ILO Worst Forms of Child Labour Convention, 1999 (No. 182)", "ILO/C182", "article 3"),
    ],
)
def test_articles_annexes_and_paragraphs(text, target, locator):
    assert [(found.target, found.locator) for found in citations(text)] == [(target, locator)]


@pytest.mark.parametrize(
    ("number", "body", "target"),
    [
        ("70/174", "Commission on Crime Prevention and Criminal Justice", "A/RES/70/174"),
        ("26/4", "Commission on Crime Prevention and Criminal Justice", "CCPCJ/RES/26/4"),
        ("2017/15", "General Assembly", "E/RES/2017/15"),
        ("70/174", "Economic and Social Council", "A/RES/70/174"),
    ],
)
def test_a_resolution_without_a_body_is_of_one_that_numbers_so(number, body, target):
    assert [found.target for found in citations(f"resolution {number}", body)] == [target]


def test_relations_and_where_they_stand(report):
    edges = links(report)
    assert [(edge.source, edge.paragraph, edge.relation, edge.target) for edge in edges] == [
        ("E/2031/30#draft-resolution-A-I", "draft-resolution-A-I/p1", "recalls", "A/RES/70/175"),
        ("E/2031/30#draft-resolution-A-I", "note-1", "cites", "A/RES/70/175"),
        ("E/2031/30#draft-resolution-A-I", "note-2", "cites", "E/CN.15/2019/10"),
    ]
    assert [report.text[edge.start : edge.end] for edge in edges] == ["70/175", "70/175", "E/CN.15/2019/10"]


def test_a_resolution_that_supersedes_another():
    document = parse(
        "Resolution 30/1\n\nData\n\nThe General Assembly,\n\n1. Decides that this text supersedes resolution 70/1.\n"
    )
    assert [(edge.relation, edge.target) for edge in links(document)] == [("supersedes", "A/RES/70/1")]


def test_graphml_holds_every_edge(report):
    space = "{http://graphml.graphdrawing.org/xmlns}"
    graph = ElementTree.fromstring(to_graphml(links(report))).find(f"{space}graph")
    assert len(graph.findall(f"{space}edge")) == 3
    assert {node.get("id") for node in graph.findall(f"{space}node")} == {
        "E/2031/30#draft-resolution-A-I", "A/RES/70/175", "E/CN.15/2019/10",
    }  # fmt: skip


@pytest.mark.shared
def test_links_of_the_real_reports(shared_documents):
    edges = links(read_document(shared_documents / "report-26th-session-2017.txt"))
    recalled = {
        edge.target for edge in edges if edge.source.endswith("#draft-resolution-A-I") and edge.relation == "recalls"
    }
    assert {"A/RES/56/119", "A/RES/57/270B", "A/RES/62/173", "A/RES/70/174", "A/RES/71/206", "A/RES/70/1"} <= recalled
    asked = {edge.target for edge in edges if edge.source.endswith("#resolution-26-4")}
    assert {"A/RES/65/230", "A/RES/70/174", "CCPCJ/RES/22/7", "CCPCJ/RES/22/8"} <= asked


def test_the_thesaurus_names_what_there_is():
    known, tree = registry(), iccs()
    for topic in known_topics().values():
        assert set(topic.indicators) <= set(known), topic.id
        assert not topic.broader or topic.broader in known_topics()
        for code in topic.iccs:
            assert tree.get(code).code == code
        for target in topic.targets:
            assert target.split(".")[0].isdigit()


def test_topics():
    assert "trafficking-in-persons" in topics_of("victims of trafficking in persons")
    assert "drugs" not in topics_of("United Nations Office on Drugs and Crime")
    assert topics_of("the weather") == {}


GUIDE = """Introduction

Agenda item 3. Prisons

C. Questions for discussion

1. Consider the following questions for discussion:

(a) How can overcrowding of prisons and pretrial detention be reduced?

(b) How can recidivism be measured?

(c) What <b>else</b> is there?
"""


def test_the_brief_says_what_answers_and_what_is_missing(tmp_path):
    brief = evidence_brief(parse(GUIDE, "guide"), "item-3")
    assert [question.number for question in brief.questions] == ["a", "b", "c"]
    assert brief.questions[0].topics == ("prisons", "pretrial")
    assert {"prisoners_per_100k", "16.3.2"} <= set(brief.questions[0].indicators)
    assert brief.questions[1].indicators == ()
    assert "reoffending by cohort, follow-up and definition" in brief.questions[1].missing
    assert brief.questions[2].topics == ("prisons",), "without a topic of its own a question has that of its item"
    computed = {answer.code: answer.computed for answer in brief.answers}
    assert computed["16.3.2"] is True
    assert "target-16.3" in brief.goals
    for suffix in ("html", "md", "json", "docx", "pdf"):
        write_brief(brief, tmp_path / f"brief.{suffix}")
    assert json.loads((tmp_path / "brief.json").read_text(encoding="utf-8"))["unanswered"] == ["para-1/b"]
    assert (tmp_path / "brief.pdf").read_bytes().startswith(b"%PDF-")
    assert zipfile.ZipFile(tmp_path / "brief.docx").testzip() is None
    page = brief_html(brief)
    assert "<b>else</b>" not in page
    assert "16.3.2" in page
    assert "reoffending by cohort" in brief_markdown(brief)


def test_an_unknown_item_or_format(tmp_path):
    document = parse(GUIDE, "guide")
    with pytest.raises(KyotoError) as caught:
        evidence_brief(document, "itm-3")
    assert (caught.value.code, caught.value.hint) == ("mandates.unknown-item", "Did you mean 'item-3'?")
    with pytest.raises(KyotoError) as caught:
        write_brief(evidence_brief(document, "item-3"), tmp_path / "a.odt")
    assert caught.value.code == "mandates.unknown-format"


@pytest.mark.shared
def test_every_item_of_the_guide_has_a_brief(shared_documents):
    document = read_document(shared_documents / "discussion-guide-14th-congress-2018.txt")
    briefs = [evidence_brief(document, node.id) for node in document.walk() if node.kind in ("item", "workshop")]
    assert sum(len(brief.questions) for brief in briefs) == 112
    assert all(brief.answers and brief.missing for brief in briefs)
    assert all(question.topics for brief in briefs for question in brief.questions)


REGISTER = [
    {"id": "a", "title": "Classes for inmates", "kind": "evaluation", "year": 2015, "grade": 3, "direction": "works",
     "source": "Report <A>", "iccs": []},
    {"id": "b", "title": "Lamps", "kind": "evaluation", "year": 2010, "grade": 5, "direction": "unclear",
     "iccs": ["0501"]},
    {"id": "c", "title": "Work after release", "programme": "against recidivism", "kind": "review", "grade": None},
    {"id": "d", "title": "Shelters", "kind": "practice", "iccs": ["01"]},
]  # fmt: skip


def test_evaluations_of_the_register_answer_questions(tmp_path):
    brief = evidence_brief(parse(GUIDE, "guide"), "item-3", evaluations=REGISTER)
    assert [(found.id, found.topics) for found in brief.evaluations] == [("a", ("prisons",)), ("c", ("reoffending",))]
    assert [question.evaluations for question in brief.questions] == [("a",), ("c",), ("a",)]
    assert brief.unanswered == ()
    assert ("an evaluation in the register", "Pretrial detention") in brief.missing
    assert ("an evaluation in the register", "Prisons and prisoners") not in brief.missing
    page = brief_html(brief)
    assert "Classes for inmates (2015): works, grade 3 of 5. Report &lt;A&gt;" in page
    assert "Work after release: not measured, design not graded" in brief_markdown(brief)
    for suffix in ("docx", "json"):
        write_brief(brief, tmp_path / f"brief.{suffix}")
    none = evidence_brief(parse(GUIDE, "guide"), "item-3", evaluations=[])
    assert "The register that was searched holds none" in brief_html(none)
    assert "register" not in brief_html(evidence_brief(parse(GUIDE, "guide"), "item-3"))


def test_evaluations_are_found_by_what_lies_above_and_below_a_class():
    found = evaluations_on(["homicide"], REGISTER)
    assert [one.id for one in found] == ["d"]
    assert evaluations_on(["terrorism"], REGISTER) == ()


def test_evaluations_are_found_by_their_targets():
    """Targets and indicators of a topic; a whole Goal says too little of what an evaluation is about."""
    assert known_topics()["prisons"].targets == ("16.3",)
    rows = [
        {"id": "target", "title": "Lay visits", "sdg": ["16.3"]},
        {"id": "indicator", "title": "Bail forms", "sdg": ["16.3.2"], "iccs": []},
        {"id": "goal", "title": "Talks", "sdg": ["16"]},
        {"id": "other", "title": "Taps", "sdg": ["6.1", "16.30"]},
        {"id": "words", "title": "Classes for inmates", "sdg": ["4.1"]},
    ]
    found = {one.id: one.found_by for one in evaluations_on(["prisons"], rows)}
    assert found == {"target": ("sdg",), "indicator": ("sdg",), "words": ("words",)}


FIGURES = """area,period,series,iccs,sex,age,unit,value,status
AUT,2019,16.3.2,_T,_T,_T,%,20.5,A
AUT,2020,16.3.2,_T,_T,_T,%,21.5,A
AUT,2020,16.3.2,_T,F,_T,%,25,A
AUT,_Z,5.2.1,_T,_T,_T,%,,M
"""


def test_figures_that_a_project_holds(tmp_path):
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "indicators.csv").write_text(FIGURES, encoding="utf-8")
    held = read_held_figures(tmp_path)
    assert set(held) == {"16.3.2"}, "a figure without a value is none"
    assert held["16.3.2"] == Held(figures=3, areas=1, first="2019", last="2020", latest=21.5, area="AUT", unit="%")
    brief = evidence_brief(parse(GUIDE, "guide"), "item-3", held=held)
    lacking = {lack.split(",")[0] for lack, _ in brief.missing if lack.startswith("figures on")}
    assert "figures on prisoners_per_100k" in lacking
    assert "figures on 16.3.2" not in lacking
    assert "held: 3 figures, 2019 to 2020; latest: 21.5 % (AUT, 2020)" in brief_markdown(brief)
    with pytest.raises(KyotoError) as caught:
        read_held_figures(tmp_path / "none")
    assert caught.value.code == "mandates.no-figures"


@pytest.mark.shared
def test_fast_patterns_find_what_the_plain_ones_find(shared_documents):
    """Names of instruments and words of topics, each pattern by itself at every place of five documents."""
    names = [(text, key) for key, entry in known_instruments().items() for text in entry["patterns"]]
    names.sort(key=lambda each: len(each[0]), reverse=True)
    plain = re.compile("|".join(f"((?<!\\w){text}(?!\\w))" for text, _ in names))
    for path in sorted(shared_documents.glob("*-*.txt")):
        for block in path.read_text(encoding="utf-8").split("\n\n"):
            text = " ".join(block.split())
            found = [(one.start, one.end) for one in _instruments(text)]
            assert [end for _, end in found] == [match.end() for match in plain.finditer(text)]
            counts = {key: len(topic.pattern.findall(text)) for key, topic in known_topics().items()}
            assert topics_of(text) == {key: count for key, count in counts.items() if count}


def test_what_paragraphs_are_about():
    tree = iccs()
    report = parse(GUIDE, "guide")
    edges = subjects(report)
    assert {edge.relation for edge in edges} == {"about"}
    for edge in edges:
        if edge.kind == "topic":
            assert known_topics()[edge.target].pattern.search(report.text[edge.start : edge.end])
        if edge.kind == "iccs":
            assert edge.name == tree.get(edge.target).title
    document = parse("Resolution 1/1\n\nData\n\nThe General Assembly,\n\n1. Urges States to counter terrorism.\n", "a")
    told = [(edge.source, edge.paragraph, edge.kind, edge.target) for edge in subjects(document)]
    assert told == [
        ("a#resolution-1-1", "resolution-1-1/1", "topic", "terrorism"),
        ("a#resolution-1-1", "resolution-1-1/1", "target", "target-16.1"),
        ("a#resolution-1-1", "resolution-1-1/1", "target", "target-16.a"),
        ("a#resolution-1-1", "resolution-1-1/1", "iccs", "0906"),
    ]
    graph = ElementTree.fromstring(to_graphml(subjects(document)))
    labels = {data.text for data in graph.iter() if data.get("key") == "label"}
    assert {"Terrorism", "a#resolution-1-1"} <= labels


def test_characters_that_no_document_holds_do_not_break_what_is_written(tmp_path):
    """Extraction leaves control characters in sentences; they are no part of them."""
    filler = "".join(f"\n\n{number}. Welcomes the work of many people in many places." for number in range(2, 30))
    head = "Resolution 1/1\n\nDa\x02ta\n\nThe General Assembly,\n\n"
    text = f"{head}1. Urges Sta\x01tes to he\uffffal\x7f prisons;{filler}\n"
    document = parse(text, "odd")
    brief = evidence_brief(document, "resolution-1-1")
    assert brief.title == "Data"
    assert brief.questions[0].text == "Urges States to heal prisons;"
    for suffix in ("docx", "html", "pdf"):
        write_brief(brief, tmp_path / f"brief.{suffix}")
    (edge,) = [edge for edge in subjects(document) if edge.kind == "topic" and edge.target == "prisons"]
    assert text[edge.start : edge.end] == "prison"


def test_the_commands_of_the_brief(kyoto, tmp_path):
    (tmp_path / "guide.txt").write_text(GUIDE, encoding="utf-8")
    (tmp_path / "register.csv").write_text(
        "id,title,kind,programme,year\na,Classes for inmates,evaluation,classes,2015\n", encoding="utf-8"
    )
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "indicators.csv").write_text(FIGURES, encoding="utf-8")
    words = ("mandates", "brief", tmp_path / "guide.txt", "--item", "item-3", "--json")
    told = kyoto(*words, "--evaluations", tmp_path / "register.csv", "--project", tmp_path).rows
    assert [found["id"] for found in told["evaluations"]] == ["a"]
    assert {answer["code"]: answer["held"]["last"] for answer in told["answers"] if answer["held"]} == {
        "16.3.2": "2020"
    }
    assert kyoto(*words, "--project", tmp_path / "build").code == 2
    entries = tuple(Entry(record) for record in read_register(tmp_path / "register.csv"))
    (tmp_path / "build" / "evaluation").mkdir()
    write_entries(tmp_path / "build" / "evaluation" / "register.json", entries)
    of_build = kyoto(*words, "--project", tmp_path).rows
    assert [found["id"] for found in of_build["evaluations"]] == ["a"]
    assert not kyoto(*words).rows["searched"]
    rows = kyoto("mandates", "links", tmp_path / "guide.txt", "--about", "--kind", "topic", "--json").rows
    assert {row["target"] for row in rows} >= {"prisons", "pretrial", "reoffending"}

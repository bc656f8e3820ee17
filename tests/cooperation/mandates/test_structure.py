"""Structure: each paragraph under its own resolution, and no character lost."""

from __future__ import annotations

import html
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kyoto.cooperation.mandates.cleantext import clean_node
from kyoto.cooperation.mandates.intake import read_document
from kyoto.cooperation.mandates.structure import parse


def text_of(document, identifier):
    node = document.find(identifier)
    assert node is not None, identifier
    return clean_node(document, node).text


def assert_partition(document):
    position = 0
    for piece in document.pieces():
        assert piece.span[0] == position
        assert piece.span[1] > piece.span[0]
        position = piece.span[1]
    assert position == len(document.text)


def test_acts_are_found_with_their_parts_status_and_bodies(report):
    found = [(act.id, act.status, act.body, len(report.operative(act))) for act in report.resolutions()]
    assert found == [
        ("draft-resolution-A-I", "recommended", "General Assembly", 3),
        ("draft-resolution-A-II", "recommended", "General Assembly", 4),
        ("resolution-5-1", "adopted", "Commission on Gardens", 1),
        ("decision-5-1", "adopted", "Commission", 1),
    ]
    assert report.symbol == "E/2031/30"


def test_sentences_that_notes_and_page_breaks_cut_are_joined(report):
    assert text_of(report, "draft-resolution-A-I/p2") == "Mindful that gardens bring people together in towns,"
    assert text_of(report, "draft-resolution-A-I/2").startswith(
        "Urges Member States to open gardens, in accordance with domestic law, and requests the Secretary-General"
    )
    assert text_of(report, "note-2") == "E/CN.15/2019/10."
    assert [report.text[start:end].strip() for start, end in report.furniture] == ["V.31-00001", "* * *"]


def test_a_sentence_goes_on_with_a_capital_behind_a_page_break():
    text = (
        "Resolution 1/1\n\nSport\n\nThe General Assembly,\n\n1. Invites all committees and the International Olympic\n"
    )
    document = parse(text + "\n¹ A/73/325.\n\nCommittee and its Partners to act;\n\n2. Decides so.\n")
    found = text_of(document, "resolution-1-1/1")
    assert found == "Invites all committees and the International Olympic Committee and its Partners to act;"
    assert [node.number for node in document.operative()] == ["1", "2"]


def test_lost_and_displaced_numbers(report):
    assert text_of(report, "draft-resolution-A-II/1") == "Invites all Member States to Share tools;"
    lost = report.find("draft-resolution-A-II/3")
    assert lost.inferred
    assert clean_node(report, lost).text == "Encourages donors to give tools;"
    speakers = report.find("para-5")
    assert speakers.inferred
    assert speakers.kind == "paragraph"
    assert not report.find("draft-resolution-A-I/3").inferred


def test_sub_paragraphs_and_agendas_stand_below_their_paragraph(report):
    paragraph = report.find("draft-resolution-A-I/2")
    assert [node.id.rsplit("2/", 1)[1] for node in paragraph.walk() if node.kind == "sub"] == ["a", "b", "b/i", "b/ii"]
    agenda = report.find("draft-resolution-A-II/2")
    assert [node.number for node in agenda.walk() if node.kind == "agenda"] == ["1", "2", "a", "b", "3"]


def test_the_text_of_a_decision_ends_with_it(report):
    assert text_of(report, "decision-5-1/3").startswith("At its 4th meeting")
    assert report.find("para-4").kind == "paragraph"
    assert report.find("para-2") is not None


def test_garbled_lines_of_the_contents_are_listed(report):
    assert [(entry.reason, report.text[slice(*entry.span)].strip()) for entry in report.unclear] == [
        ("garbled line of the table of contents", "| | II. | Xq | 1 11 | 5 |")
    ]


def test_no_character_is_lost(report):
    assert_partition(report)
    totals = report.totals()
    assert totals["characters"] == sum(
        totals[f"characters_{part}"] for part in ("in_structure", "in_furniture", "not_understood")
    )


def test_a_number_out_of_sequence_is_not_understood():
    document = parse(
        "Resolution 1/1\n\nData\n\nThe General Assembly,\n\nNoting it,\n\n1. Decides so;\n\n9. The end of it.\n"
    )
    assert [entry.reason for entry in document.unclear] == ["number out of sequence: expected 2"]
    assert_partition(document)


def test_lines_broken_by_hand_are_joined():
    lines = [
        "Resolution 1/1",
        "Data and what they are good for",
        "The Commission on Statistics,",
        "Recalling its resolution 3/4, in which it asked for data of a kind that",
        "nobody had, and that would have been good to have,",
        "1. Requests the Secretary-General to collect the data that are missing, to",
        "publish them every year, and to report thereon to the Commission at its",
        "tenth session;",
        "2. Thanks everybody.",
    ]
    document = parse("\n".join(lines), "wrapped")
    act = document.resolutions()[0]
    assert [node.kind for node in act.children] == ["title", "enacting", "preamble", "operative", "operative"]
    assert text_of(document, "resolution-1-1/1").endswith("at its tenth session;")
    assert_partition(document)


def test_the_official_form_and_the_form_without_heading():
    official = parse("72/192. Follow-up to the Congress\n\nThe General Assembly,\n\nRecalling it,\n\n1. Decides so.\n")
    assert [(act.id, act.status) for act in official.resolutions()] == [("resolution-72-192", "adopted")]
    bare = parse(
        "Clean water\n\nThe General Assembly,\n\nRecalling it,\n\n1. Decides so;\n\n2. Urges States to do so.\n"
    )
    act = bare.resolutions()[0]
    assert (act.status, len(bare.operative(act))) == ("draft", 2)
    assert clean_node(bare, act.child("title")).text == "Clean water"


def test_letters_after_h_are_letters_and_romans_below_a_colon_are_romans():
    letters = "".join(f"({letter}) Is it {letter}?\n\n" for letter in "abcdefghij")
    text = f"Agenda item 3. Water\n\nC. Questions for discussion\n\n1. Consider the following questions:\n\n{letters}"
    document = parse(f"Introduction\n\n{text}(k) Which of these:\n\n(i) One;\n\n(ii) Two?\n\n")
    questions = [node.number for node in document.walk() if node.kind == "question"]
    assert questions == list("abcdefghijk")
    assert [node.number for node in document.find("para-1/k").children] == ["i", "ii"]


def test_a_call_that_lost_its_superscript_is_no_part_of_the_sentence():
    text = "Resolution 1/1\n\nData\n\nThe General Assembly,\n\n1. Takes note of the report; 19\n\n¹⁹ A/73/325.\n"
    document = parse(text)
    assert text_of(document, "resolution-1-1/1") == "Takes note of the report;"


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "1. Decides so;",
                "- 2. Urges States to act,",
                "(a) One;",
                "(i) Two",
                "Draft resolution I",
                "Resolution 3/4",
                "Chapter II",
                "A. Part",
                "The General Assembly,",
                "Recalling it,",
                "¹ E/2017/30.",
                "| a | b |",
                "\f",
                "12",
                "",
                "lower case goes on",
                "Contents",
                "Agenda item 3. Water",
                "Questions",
                "^{17 x",
                "* * *",
                "\ufffd",
                "Workshop 1. Fire",
                "9. Nine",
                "“Quoted",
                "Text. 3",
            ]
        ),
        max_size=40,
    ),
    st.sampled_from(["\n", "\n\n"]),
)
def test_any_order_of_lines_is_partitioned(lines, between):
    document = parse(between.join(lines))
    if document.text:
        assert_partition(document)
    assert len({node.id for node in document.walk()}) == sum(1 for _ in document.walk())


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("report-26th-session-2017.txt", [21, 14, 19, 13, 9, 14, 15, 19, 7]),
        ("report-28th-session-2019.txt", [14, 23, 13, 14, 21, 30, 4, 17, 13, 5, 17]),
    ],
)
def test_the_paragraphs_of_real_reports(shared_documents, name, expected):
    document = parse((shared_documents / name).read_text(encoding="utf-8"), name)
    acts = [act for act in document.resolutions() if act.kind == "resolution"]
    assert [len(document.operative(act)) for act in acts] == expected
    for act in acts:
        assert [int(node.number) for node in document.operative(act)] == list(
            range(1, len(document.operative(act)) + 1)
        )
    assert_partition(document)
    totals = document.totals()
    assert totals["characters_not_understood"] < 0.005 * totals["characters"]
    paragraphs = {int(node.number) for node in document.walk() if node.kind == "paragraph"}
    assert max(paragraphs) == (150 if "26th" in name else 138)
    assert {node.number for node in document.walk() if node.kind == "note"} == {str(number) for number in range(1, 73)}


@pytest.mark.shared
def test_the_two_reports_have_302_paragraphs_in_20_resolutions(shared_documents):
    totals = [
        parse(path.read_text(encoding="utf-8")).totals() for path in sorted(shared_documents.glob("report-*.txt"))
    ]
    assert sum(total["operative_paragraphs"] for total in totals) == 302
    assert sum(total["resolutions"] for total in totals) == 20


@pytest.mark.shared
def test_the_112_questions_of_the_guide_stand_under_their_items(shared_documents):
    document = parse(
        (shared_documents / "discussion-guide-14th-congress-2018.txt").read_text(encoding="utf-8"), "guide"
    )
    items = [node for node in document.walk() if node.kind in ("item", "workshop")]
    found = {node.id: sum(below.kind == "question" for below in node.walk()) for node in items}
    assert found == {
        "item-3": 9, "workshop-1": 12, "item-4": 19, "workshop-2": 13, "item-5": 15, "workshop-3": 17, "item-6": 17,
        "workshop-4": 10,
    }  # fmt: skip
    assert sum(found.values()) == 112
    assert_partition(document)


def broken_at(text, width):
    """The text with its lines broken, as other programs extract it; rows of tables stay."""
    lines = text.split("\n")
    kept = (line if line.startswith("|") or "\t" in line else "\n".join(textwrap.wrap(line, width)) for line in lines)
    return "\n".join(kept)


def without_blanks(text):
    return "\n".join(line for line in text.split("\n") if line.strip())


def paged(text):
    """Pages of 55 lines with running heads and page numbers."""
    lines = text.split("\n")
    pages = [lines[start : start + 55] for start in range(0, len(lines), 55)]
    heads = (["E/2031/30", "", *page, "", f"{place}/{len(pages)}", "V.31-04047"] for place, page in enumerate(pages, 1))
    return "\n\f".join("\n".join(page) for page in heads)


RENDERINGS = {
    "broken lines": lambda text: broken_at(text, 90),
    "narrow lines": lambda text: broken_at(text, 64),
    "broken lines without blanks": lambda text: without_blanks(broken_at(text, 90)),
    "pages": lambda text: paged(broken_at(text, 90)),
}


@pytest.mark.shared
@pytest.mark.parametrize("rendering", RENDERINGS)
def test_the_same_paragraphs_in_other_renderings(shared_documents, rendering):
    render = RENDERINGS[rendering]
    for name in ("report-26th-session-2017.txt", "report-28th-session-2019.txt"):
        text = (shared_documents / name).read_text(encoding="utf-8")
        plain, other = parse(text, name), parse(render(text), name)
        assert [(act.id, act.status) for act in other.resolutions()] == [
            (act.id, act.status) for act in plain.resolutions()
        ]
        for act in plain.resolutions():
            wanted = [node.number for node in plain.operative(act)]
            assert [node.number for node in other.operative(other.find(act.id))] == wanted, act.id
        assert_partition(other)
        assert other.totals()["characters_not_understood"] < 0.01 * len(text)
    guide = render((shared_documents / "discussion-guide-14th-congress-2018.txt").read_text(encoding="utf-8"))
    assert parse(guide, "guide").totals()["questions"] == 112


@pytest.mark.shared
def test_the_same_paragraphs_in_a_pdf(shared_documents, tmp_path):
    weasyprint = pytest.importorskip("weasyprint")
    text = (shared_documents / "report-28th-session-2019.txt").read_text(encoding="utf-8")
    text = text[
        text.index("Chapter I\n") : text.index("B. Draft resolutions for adoption by the Economic and Social Council\n")
    ]
    body = "".join(f"<p>{html.escape(line)}</p>" for line in text.split("\n") if line.strip())
    style = "@page { size: A4; @top-left { content: 'E/2019/30' } @bottom-right { content: counter(page) } }"
    weasyprint.HTML(string=f"<style>{style}</style>{body}").write_pdf(tmp_path / "a.pdf")
    document = read_document(tmp_path / "a.pdf")
    acts = [act for act in document.resolutions() if act.kind == "resolution"]
    assert [len(document.operative(act)) for act in acts] == [14, 23, 13, 14, 21, 30]
    assert_partition(document)

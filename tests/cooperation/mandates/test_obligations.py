"""Obligations: against paragraphs labelled by hand before the rules read them, and against sentences of our own."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import pytest

from kyoto.cooperation.mandates.intake import read_document
from kyoto.cooperation.mandates.obligations import obligations
from kyoto.cooperation.mandates.structure import parse

LABELS = Path(__file__).with_name("labels.tsv")
REPORTS = {"E/2017/30": "report-26th-session-2017.txt", "E/2019/30": "report-28th-session-2019.txt"}
PARTS = ("development", "second", "held-out")


def facts(entry):
    return entry.paragraph, entry.force, ids(entry.addressees), ids(entry.conditions), ids(entry.due)


def of(sentence):
    text = f"Resolution 1/1\n\nData\n\nThe Commission on Statistics,\n\nNoting data,\n\n1. {sentence}\n"
    return obligations(parse(text))


def ids(found):
    return [entry.id for entry in found]


@pytest.fixture(scope="module")
def labels():
    with LABELS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.fixture(scope="module")
def found(shared_documents):
    by_paragraph = {}
    for symbol, name in REPORTS.items():
        grouped = defaultdict(list)
        for entry in obligations(read_document(shared_documents / name)):
            grouped[entry.paragraph].append(entry)
        by_paragraph[symbol] = grouped
    return by_paragraph


def score(labels, found, parts):
    """Force: (right, all verbs of either side); the others: (both, found alone, labelled alone)."""
    paragraphs = defaultdict(list)
    for row in labels:
        if row["half"] in parts:
            paragraphs[row["document"], row["paragraph"]].append(row)
    force = [0, 0]
    counts = {name: [0, 0, 0] for name in ("addressees", "conditions", "due")}
    for (document, paragraph), rows in paragraphs.items():
        entries = found[document][paragraph]
        wanted, got = [row["force"] for row in rows], [entry.force for entry in entries]
        force[0] += sum(one == other for one, other in zip(wanted, got, strict=False))
        force[1] += max(len(wanted), len(got))
        for name, count in counts.items():
            want = {(int(row["place"]), value) for row in rows for value in row[name].split(",") if value}
            have = {(entry.place, value) for entry in entries for value in ids(getattr(entry, name))}
            count[0] += len(want & have)
            count[1] += len(have - want)
            count[2] += len(want - have)
    return force[0] / force[1], {name: 2 * a / (2 * a + b + c) for name, (a, b, c) in counts.items()}


def test_at_least_150_paragraphs_are_labelled_in_three_parts(labels):
    paragraphs = {
        part: {(row["document"], row["paragraph"]) for row in labels if row["half"] == part} for part in PARTS
    }
    assert {part: len(found) for part, found in paragraphs.items()} == {"development": 88, "second": 84, "held-out": 58}
    assert not paragraphs["development"] & paragraphs["held-out"]
    assert not paragraphs["second"] & paragraphs["held-out"]


@pytest.mark.shared
@pytest.mark.parametrize("parts", [PARTS, ("development",), ("second",), ("held-out",)], ids="+".join)
def test_accuracy_on_the_labels(labels, found, parts):
    force, measures = score(labels, found, parts)
    assert force >= 0.98
    assert {name: value for name, value in measures.items() if value < 0.95} == {}


def test_the_measure_can_fail(labels):
    nobody = defaultdict(lambda: defaultdict(list))
    force, measures = score(labels, nobody, PARTS)
    assert force == 0
    assert set(measures.values()) == {0}


@pytest.mark.shared
def test_every_operative_paragraph_of_the_reports_gives_an_obligation(shared_documents):
    for name in REPORTS.values():
        document = read_document(shared_documents / name)
        entries = obligations(document)
        assert {node.id for node in document.operative()} == {entry.paragraph for entry in entries}
        acts = {act.id for act in document.resolutions()}
        assert {entry.act for entry in entries} == acts
        for entry in entries:
            start, end = entry.span
            assert document.text[start:end].replace("*", "").startswith(entry.verb.split()[0])


@pytest.mark.parametrize(
    ("sentence", "force"),
    [
        ("Decides so;", ["decide"]),
        ("Also requests States to act, and in that regard further invites donors to give;", ["request", "invite"]),
        ("Strongly urges States to act;", ["urge"]),
        ("Takes note with appreciation of the report, and requests its author to go on;", ["note", "request"]),
        ("Reiterates its invitation to States to act;", ["invite"]),
        ("Recalls “its resolution, and requests for help” of 2017;", ["recall"]),
        ("Welcomes requests for help, notes from all sides and calls for action;", ["welcome"]),
        ("Expresses its gratitude to Japan and calls upon States to help;", ["appreciate", "call"]),
        ("Nobody is asked;", []),
    ],
)
def test_verbs(sentence, force):
    assert [entry.force for entry in of(sentence)] == force


@pytest.mark.parametrize(
    ("sentence", "addressees"),
    [
        ("Requests the Secretary-General, in consultation with Member States, to act;", ["secretary-general"]),
        ("Invites Member States, intergovernmental and non-governmental organizations and donors to act;",
         ["member-states", "igo", "ngo", "donors"]),
        ("Calls upon the Executive Director of the Office to act;", ["executive-director"]),
        ("Requests that the report be distributed by the Secretariat;", ["secretariat"]),
        ("Decides that the Expert Group shall meet;", ["expert-group"]),
        ("Decides that the theme shall be water;", []),
        ("Requests the Office, in collaboration with Member States, the Secretariat and donors, to act;", ["unodc"]),
        ("Calls upon Member States, including through networks, and the Office to act;", ["member-states", "unodc"]),
        ("Encourages cooperation between Member States and civil society;", []),
        ("Invites the Working Group on Firearms established by the Secretariat to act;", ["working-group"]),
        ("Urges States parties to the Convention, including through UNODC, to act;", ["states-parties"]),
    ],
)  # fmt: skip
def test_addressees(sentence, addressees):
    assert ids(of(sentence)[0].addressees) == addressees


@pytest.mark.parametrize(
    ("words", "condition"),
    [
        ("upon request", "upon-request"),
        ("within existing resources", "existing-resources"),
        ("subject to the availability of extrabudgetary resources", "extrabudgetary"),
        ("in accordance with domestic law", "domestic-law"),
        ("consistent with international law", "international-law"),
        ("where appropriate", "as-appropriate"),
        ("within its mandate", "within-mandate"),
        ("in accordance with past practice", "past-practice"),
        ("as may be necessary", "where-necessary"),
    ],
)
def test_conditions_and_the_span_they_came_from(words, condition):
    text = f"Resolution 1/1\n\nData\n\nThe General Assembly,\n\n1. *Requests* the Secretariat,¹ {words}, to act;\n"
    document = parse(text)
    found = obligations(document)[0].conditions
    assert ids(found) == [condition]
    assert [document.text[start:end] for start, end in (entry.span for entry in found)] == [words]


@pytest.mark.parametrize(
    ("words", "due"),
    [
        ("report to the General Assembly at its seventy-third session", ["session:ga-73"]),
        (
            "report to the Commission on Crime Prevention and Criminal Justice at its next session",
            ["session:ccpcj-next"],
        ),
        ("report to the Economic and Social Council at its 2020 session", []),
        ("act by 31 December 2030", ["date:2030-12-31"]),
        ("act by June 2021", ["date:2021-06"]),
        ("report every two years", ["recurrence:biennial"]),
        ("report annually", ["recurrence:annual"]),
        ("send it no later than 10 working days before the meeting", ["before:10-working-days"]),
        (
            "report at the Fourteenth United Nations Congress on Crime Prevention and Criminal Justice",
            ["event:congress-14"],
        ),
        ("implement the 2030 Agenda by all means", []),
        ("consider the agenda items to be discussed at the Fourteenth Congress", []),
        ("send a paper, to be discussed at the Fourteenth Congress", ["event:congress-14"]),
        ("act on the declaration on Ending the Epidemic by 2030", []),
        ("send it to the General Assembly by 2030", ["date:2030"]),
        ("approve the agenda for its tenth session", []),
        ("act with a view to adopting it at its tenth session", []),
    ],
)
def test_due(words, due):
    assert ids(of(f"Requests the Secretary-General to {words};")[0].due) == due


def test_partners_beneficiaries_and_recipients():
    found = of(
        "Requests the Secretary-General, in cooperation with civil society, to provide technical assistance to"
        " Member States,"
        " and to report thereon to the General Assembly;"
    )[0]
    assert (ids(found.partners), ids(found.beneficiaries), ids(found.report_to)) == (
        ["civil-society"], ["member-states"], ["general-assembly"],
    )  # fmt: skip


def test_speakers_and_summaries_are_no_mandates(report):
    found = obligations(report)
    assert {entry.act for entry in found} == {act.id for act in report.resolutions()}
    assert not [entry for entry in found if "water more" in entry.clause]
    assert {entry.state for entry in found} == {"suggested"}


def test_obligations_of_the_report_of_our_own(report):
    assert [facts(entry) for entry in obligations(report)] == [
        ("draft-resolution-A-I/1", "welcome", [], [], []),
        ("draft-resolution-A-I/2", "urge", ["member-states"], ["domestic-law"], []),
        ("draft-resolution-A-I/2", "request", ["secretary-general"], ["upon-request", "existing-resources"], []),
        ("draft-resolution-A-I/3", "request", ["secretary-general"], [], ["session:ga-87"]),
        ("draft-resolution-A-II/1", "invite", ["member-states"], [], []),
        ("draft-resolution-A-II/2", "decide", [], [], []),
        ("draft-resolution-A-II/3", "encourage", ["donors"], [], []),
        ("draft-resolution-A-II/4", "note", [], [], []),
        ("resolution-5-1/1", "decide", [], [], []),
        ("resolution-5-1/1", "encourage", ["expert-group"], [], ["recurrence:periodic"]),
        ("decision-5-1/3", "decide", [], [], []),
    ]  # fmt: skip

"""ICCS 1.0: complete, well formed, and the same as the printed standard says."""

from __future__ import annotations

import csv
import subprocess
import sys
import unicodedata
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyoto.core.errors import KyotoError, KyotoErrors
from kyoto.statistics.classification import iccs, variables

ICCS = iccs()
CODES = [category.code for category in ICCS]
codes = st.sampled_from(CODES)


def test_every_entry_of_the_standard_is_there():
    assert len(ICCS) == 320
    assert Counter(category.level for category in ICCS) == {1: 11, 2: 63, 3: 148, 4: 98}
    assert len(ICCS.index) == 968
    assert len(ICCS.leaves()) == 231
    assert [section.code for section in ICCS.sections] == [f"{n:02d}" for n in range(1, 12)]


def test_importing_the_room_and_reading_iccs_loads_nothing_heavy():
    script = (
        "import sys; from kyoto.statistics.classification import iccs, correspondence; iccs(); "
        "correspondence('cl-cnp'); print([m for m in ('pandas', 'numpy', 'ibis', 'pyarrow') if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "[]"


def test_codes_are_unique_and_their_length_gives_their_level():
    assert len(set(CODES)) == 320
    assert all(len(category.code) == {1: 2, 2: 4, 3: 5, 4: 6}[category.level] for category in ICCS)


def test_every_parent_exists_one_level_up_and_begins_the_code():
    for category in ICCS:
        if category.parent is None:
            assert category.level == 1
        else:
            assert ICCS.get(category.parent).level == category.level - 1
            assert category.code.startswith(category.parent)


def test_every_entry_has_titles_in_both_languages_with_accents():
    assert all(category.title and category.title_es for category in ICCS)
    assert ICCS.get("02").title_es == "Actos que causan daños o que tienen la intención de causar daños a las personas"
    assert not [category.code for category in ICCS if "cion " in f"{category.title_es} "]


def test_known_titles_of_the_standard():
    # UNODC (2015), ICCS 1.0, structure list
    assert ICCS.get("0101").title == "Intentional homicide"
    assert ICCS.get("050121").title == "Burglary of permanent private residences"
    assert ICCS.get("110135").title == "Conscripting or enlisting child soldiers"
    assert ICCS.get("0401").title_es == "Robo"


@pytest.mark.parametrize(("alias", "code"), [("02049", "02044"), ("01042", "01049"), ("0908", "0909")])
def test_other_printed_codes_are_accepted_and_become_canonical(alias, code):
    assert alias in ICCS
    assert ICCS.get(f" {alias} ").code == code
    assert ICCS.path(alias)[-1] == code
    assert alias not in CODES
    assert ICCS.get(code).note
    assert ICCS.get(code).residual


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("101", "Did you mean '0101'? Codes are text: keep the leading zero."),
        ("05012l", "Did you mean '05012'?"),
        ("theft", "Search by words: kyoto iccs search WORDS."),
        ("", "Search by words: kyoto iccs search WORDS."),
    ],
)
def test_unknown_codes_are_refused_with_a_remedy(code, hint):
    assert code not in ICCS
    with pytest.raises(KyotoError) as caught:
        ICCS.get(code)
    assert caught.value.code == "classification.unknown-code"
    assert caught.value.hint == hint


def test_ancestors_children_and_descendants_worked_out_by_hand():
    assert [above.code for above in ICCS.ancestors("010321")] == ["01", "0103", "01032"]
    assert ICCS.ancestors("01") == ()
    assert [child.code for child in ICCS.children("0202")] == ["02021", "02022", "02029"]
    assert [below.code for below in ICCS.descendants("02029")] == ["020291", "020292", "020299"]
    assert [leaf.code for leaf in ICCS.leaves("0103")] == ["01031", "010321", "010322"]
    assert [leaf.code for leaf in ICCS.leaves("0101")] == ["0101"]


@given(codes)
def test_descendants_are_exactly_the_codes_that_name_it_as_an_ancestor(code):
    below = {category.code for category in ICCS if code in ICCS.path(category.code)} - {code}
    assert {category.code for category in ICCS.descendants(code)} == below


@given(st.lists(codes, min_size=1, max_size=4))
def test_common_ancestor_is_the_longest_common_code(given_codes):
    # codes grow by their parents, so the answer is the longest code that begins all of them
    shared = [code for code in CODES if all(other.startswith(code) for other in given_codes)]
    found = ICCS.common_ancestor(given_codes)
    assert (found.code if found else None) == (max(shared, key=len) if shared else None)


def test_ancestor_rows_hold_every_code_with_itself_and_all_above():
    rows = ICCS.ancestor_rows()
    # a code at level n has n rows
    assert len(rows) == 11 * 1 + 63 * 2 + 148 * 3 + 98 * 4
    assert len(set(rows)) == len(rows)
    assert all(code.startswith(ancestor) and ICCS.get(ancestor).level == level for code, ancestor, level in rows)


def test_index_leads_to_existing_codes_and_says_where_it_was_corrected():
    assert all(term.code in CODES for term in ICCS.index)
    corrected = [term for term in ICCS.index if term.printed != term.code]
    assert len(corrected) == 16
    assert all(term.note for term in corrected)
    by_term = {term.term: term for term in ICCS.index}
    assert (by_term["Piracy"].printed, by_term["Piracy"].code) == ("011012", "11012")
    assert by_term["Drug trafficking"].code == "060121"
    assert "Murder" in [term.term for term in ICCS.index_terms("0101")]


def test_disaggregating_variables():
    found = variables()
    assert len(found) == 34
    assert Counter(variable.group for variable in found) == {
        "event": 9,
        "victim": 8,
        "perpetrator": 9,
        "data_inclusion": 5,
        "homicide_only": 3,
    }
    attempted = next(variable for variable in found if variable.code == "At")
    assert [value.observation for value in attempted.values] == ["1", "2", "_Z", "_U"]
    for variable in found:
        own = {value.code for value in variable.values}
        assert len(own) == len(variable.values)
        assert all(value.parent in own for value in variable.values if value.parent)


def test_variables_apply_where_the_standard_says():
    tags = {code: {variable.code for variable in ICCS.variables_for(code)} for code in ("0101", "0102", "0501")}
    assert "At" not in tags["0101"]
    assert "At" in tags["0501"]
    assert {"HomSiC", "HomRel", "HomMech"} <= tags["0101"]
    assert {"HomSiC", "HomRel", "HomMech"} & tags["0102"] == {"HomSiC"}
    assert {"HomSiC", "HomRel", "HomMech"} & tags["0501"] == set()


@pytest.mark.shared
def test_agrees_with_an_independent_copy_of_the_structure(shared_data):
    folder = shared_data / "classification"
    with (folder / "iccs.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["code"], row["parent"] or None, row["title"]) for row in rows] == [
        (category.code, category.parent, category.title) for category in ICCS
    ]
    with (folder / "iccs_titles_es.csv").open(encoding="utf-8", newline="") as file:
        spanish = {row["code"]: row["title"] for row in csv.DictReader(file)}
    assert {code: plain(title) for code, title in spanish.items()} == {
        category.code: plain(category.title_es) for category in ICCS
    }


def plain(text):
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(character for character in decomposed if not unicodedata.combining(character))


@pytest.mark.shared
def test_texts_come_from_the_users_copy(shared_data):
    assert ICCS.texts("0101") is None
    with_texts = ICCS.with_texts(shared_data / "classification" / "iccs.csv")
    texts = with_texts.texts("0101")
    assert texts.definition.startswith("Unlawful death inflicted upon a person")
    assert "femicide" in texts.inclusions
    assert len(texts.inclusions) == 10
    assert sum(bool(with_texts.texts(code).definition) for code in CODES) >= 300


def test_bad_copies_of_the_texts_are_refused_in_one_pass(tmp_path):
    file = tmp_path / "texts.csv"
    with pytest.raises(KyotoError) as caught:
        ICCS.with_texts(file)
    assert caught.value.code == "classification.missing-file"
    file.write_text("code,definition\n0101,x\n")
    with pytest.raises(KyotoErrors) as caught:
        ICCS.with_texts(file)
    assert [problem.code for problem in caught.value.problems] == ["classification.missing-column"] * 2
    file.write_text("code,definition,inclusions,exclusions\n0101,x,a; b,\n101,,,\nzzz,,,\n", encoding="utf-8-sig")
    with pytest.raises(KyotoErrors) as caught:
        ICCS.with_texts(file)
    assert [(problem.code, problem.where.line) for problem in caught.value.problems] == [
        ("classification.unknown-code", 3),
        ("classification.unknown-code", 4),
    ]
    file.write_text("code,definition,inclusions,exclusions\n02049,x,a; b,\n")
    assert ICCS.with_texts(file).texts("02044").inclusions == ("a", "b")

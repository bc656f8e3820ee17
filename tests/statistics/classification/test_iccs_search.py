"""Searching by words: titles and index terms find their own class, in both languages."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kyoto.statistics.classification import Classification, iccs

ICCS = iccs()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("murder", "0101"),
        ("pickpocketing", "050221"),
        ("shoplifting", "050231"),
        ("carjacking", "040121"),
        ("car jacking", "040121"),
        ("money laundering", "07041"),
        ("hostigamiento", "02081"),
        ("homicidio intencional", "0101"),
        ("tráfico ilícito de migrantes", "08051"),
        ("trafico ilicito de migrantes", "08051"),
        ("RAPE", "03011"),
        ("kidnap", "020221"),
        ("burglary private residential", "05012"),
        ("Fahrraddiebstahl", "050229"),
        ("traffic death", "010321"),
    ],
)
def test_words_find_their_class_first(text, code):
    assert ICCS.search(text)[0].category.code == code


def test_digits_find_codes_that_begin_so():
    assert [hit.category.code for hit in ICCS.search("0103")] == ["0103", "01031", "01032", "010321", "010322"]


def test_a_rare_word_says_more_than_a_common_one():
    # "livestock" stands in few titles, "theft" in many
    assert {hit.category.code for hit in ICCS.search("theft livestock", limit=1)} == {"05025"}
    assert ICCS.search("livestock other")[0].category.code in {"05025", "04014"}


def test_titles_of_national_offences_are_searched_for_iccs_alone():
    assert ICCS.search("Fahrraddiebstahl")[0].kind == "national"
    other = Classification("other", ICCS.categories[:3], ICCS.index[:3])
    assert other.search("Fahrraddiebstahl") == ()


def test_nothing_is_found_for_nothing():
    assert ICCS.search("") == ()
    assert ICCS.search("of the") == ()
    assert ICCS.search("xylophone") == ()


def test_the_limit_is_kept_and_the_best_stands_first():
    hits = ICCS.search("theft vehicle", limit=5)
    assert len(hits) == 5
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(list(ICCS)))
def test_every_title_finds_its_class_with_full_score(category):
    best = ICCS.search(category.title, limit=400)
    same = [other.code for other in ICCS if other.title == category.title]
    full = [hit.category.code for hit in best if hit.score == pytest.approx(1)]
    assert set(same) <= set(full)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(ICCS.index))
def test_every_index_term_finds_its_class_among_the_full_scores(term):
    full = [hit.category.code for hit in ICCS.search(term.term, limit=400) if hit.score == pytest.approx(1)]
    assert term.code in full

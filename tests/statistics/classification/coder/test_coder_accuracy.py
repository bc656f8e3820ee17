"""The accuracy that is promised, measured on tables whose country the coder does not know."""

import numpy as np
import pytest

from kyoto.statistics.classification.coder import suggest
from kyoto.statistics.classification.coder.accuracy import accuracy, reliability
from kyoto.statistics.classification.coder.coding import Coder, shipped
from kyoto.statistics.classification.coder.features import FEATURES, Features
from kyoto.statistics.classification.coder.index import PhraseIndex
from kyoto.statistics.classification.coder.knowledge import Phrase, labelled_titles, phrases
from kyoto.statistics.classification.coder.reading import Reader
from kyoto.statistics.classification.coder.structure import structure
from kyoto.statistics.classification.coder.thesaurus import Lexicon, terms
from kyoto.statistics.classification.iccs import iccs


@pytest.fixture(scope="module")
def forgetful():
    made = {}

    def of(country):
        if country not in made:
            made[country] = Coder((country,), apart=True)
        return made[country]

    return of


@pytest.mark.parametrize(("table", "country"), [("us-nibrs", "US"), ("au-anzsoc2011", "AU"), ("ca-ucr", "CA")], ids=str)
def test_a_table_left_out_is_coded_as_well_as_promised(forgetful, table, country):
    found = accuracy(table, coder=forgetful(country))
    assert found.titles > 45
    assert found.top3 >= 0.80
    assert found.division_first >= 0.85


def test_leaving_a_country_out_removes_all_of_its_tables():
    assert any(phrase.country == "US" for phrase in phrases())
    assert not any(phrase.country == "US" for phrase in phrases(("US",)))
    tables_of_us = {"us-nibrs", "us-ucr", "us-maryland", "us-nypd-hate-crimes"}
    titles = {title for table in tables_of_us for title in labelled_titles("US", table)}
    assert titles == set(labelled_titles("US"))


def test_a_legal_term_does_not_answer_for_a_title_of_the_same_words(forgetful):
    """Otherwise the figure would be that of looking titles up in our own thesaurus."""
    coder = forgetful("US")
    same = [
        (title, term)
        for title in labelled_titles("US", "us-nibrs")
        for term in terms()
        if coder.reader.read(title).words == coder.reader.read(term.text).words
    ]
    assert same  # there is something to keep apart
    kept = coder._features._apart
    assert {coder.index.phrases[place].origin for place in kept} == {"term"}
    assert len(kept) == len(terms())


def test_a_term_kept_apart_has_no_say():
    """A term invented for the test decides when it may, and not when it is kept apart."""
    reader = Reader(Lexicon([]))
    known = [*phrases(("US",), thesaurus=False), Phrase("zyxomatic deed", "10043", "term")]
    index = PhraseIndex(known, reader)
    titles = ["Zyxomatic deed"]
    readings = [reader.read(title) for title in titles]
    place = structure().number("10043")
    likeness = [
        Features(index, reader, apart=apart).cube(titles, readings)[0, place, FEATURES.index("like_own_phrase")]
        for apart in (False, True)
    ]
    assert likeness[0] > 0.4
    assert likeness[1] < 0.1


def test_a_coder_of_one_class_would_fail_the_promise(forgetful):
    """The measure can fail: the most frequent class for every title is far below the promise."""
    labelled = labelled_titles("CA", "ca-ucr")
    codes = [code for answers in labelled.values() for code in answers]
    most = max(sorted(set(codes)), key=codes.count)
    assert np.mean([most in answers for answers in labelled.values()]) < 0.3


def test_held_out_languages_are_better_than_without_the_thesaurus(forgetful):
    """German titles share hardly a word with the standard: what is right there comes from the thesaurus."""
    with_it = accuracy("de-pks", coder=forgetful("DE"))
    without = accuracy("de-pks", thesaurus=False)
    assert with_it.top3 > 0.6
    assert without.top3 < 0.3


def test_scores_of_countries_left_out_mean_what_they_say(forgetful):
    scored = [
        accuracy(table, coder=forgetful(country))
        for table, country in (("us-nibrs", "US"), ("ca-ucr", "CA"), ("au-anzsoc2011", "AU"), ("de-pks", "DE"))
    ]
    bands = reliability(scored, bands=(0, 0.4, 0.7, 1.0))
    assert sum(number for _, _, number, _, _ in bands) == sum(one.titles for one in scored)
    shares = [share for *_, share in bands]
    assert shares == sorted(shares)
    for _, _, number, mean, share in bands:
        assert abs(mean - share) < 0.1 + 1.96 * (0.25 / number) ** 0.5


def test_shipped_weights_are_those_that_the_tables_give():
    again = Coder(refit=True)
    as_shipped = Coder()
    assert shipped().weights.shape == (len(FEATURES),)
    titles = list(labelled_titles("US"))
    same = again.strengths(titles).argmax(axis=1) == as_shipped.strengths(titles).argmax(axis=1)
    assert same.mean() > 0.97


def test_titles_of_the_standard_find_their_own_class():
    classification = list(iccs())
    found = suggest([category.title for category in classification])
    alike = {}
    for category in classification:
        alike.setdefault(category.title.casefold(), set()).add(category.code)
    hits = [
        any(one.code in alike[category.title.casefold()] for one in found[row])
        for row, category in enumerate(classification)
    ]
    assert np.mean(hits) > 0.97

"""Verdicts: each rule by itself, and properties of all of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyoto.core.errors import Problems
from kyoto.core.project import Project
from kyoto.statistics.classification import Link, correspondence, iccs
from kyoto.statistics.comparability import Definition, LinkUse, read_statements
from kyoto.statistics.comparability.judging import coverage_of, judged
from kyoto.statistics.comparability.model import spans

EXACT = LinkUse("B", "Burglary", "0501", "exact", "at", years=(2019, 2020))
FULL = Definition("a", "AA", ("offence",), ("inside",), False, ("recorded",), (2019, 2020), "fully", (), (EXACT,))
OTHER = replace(FULL, source="b", area="BB")


def test_same_definition_is_comparable():
    pair = judged(FULL, OTHER)
    assert (pair.verdict, pair.reasons) == ("comparable", ())


@pytest.mark.parametrize(
    ("change", "verdict", "reason"),
    [
        ({"units": ("victim",)}, "not comparable", "counts victim"),
        ({"units": ("person arrested",)}, "not comparable", "counts person arrested"),
        ({"units": ("incident",)}, "with caution", "one incident may hold several offences"),
        ({"principal_offence": True}, "with caution", "the gravest offence only"),
        ({"attempts": ("excluded",)}, "with caution", "attempts are inside in AA (a), excluded in BB (b)"),
        ({"years": (2001,)}, "with caution", "no year in common: AA (a) 2019–2020, BB (b) 2001"),
        ({"years": ()}, "not comparable", "has no records of this class"),
        ({"dates": ("occurred",)}, "with caution", "counts by date recorded"),
        ({"coverage": "none", "links": ()}, "not comparable", "has no category for this class"),
        ({"coverage": "partly", "rest_above": ("05",)}, "not comparable", "holds part of the class in 05"),
        ({"coverage": "partly"}, "with caution", "covers a part of the class"),
        (
            {"coverage": "mixed", "links": (replace(EXACT, match="broader"),)},
            "with caution",
            "includes what belongs to other classes: B",
        ),
    ],
)
def test_each_difference_gives_its_reason(change, verdict, reason):
    pair = judged(FULL, replace(OTHER, **change))
    assert pair.verdict == verdict
    assert any(reason in text for text in pair.reasons), pair.reasons


DEFINITIONS = st.builds(
    Definition,
    source=st.sampled_from("ab"),
    area=st.sampled_from(["AA", "BB"]),
    units=st.sampled_from([("offence",), ("incident",), ("victim",)]),
    attempts=st.sampled_from([("inside",), ("excluded",)]),
    principal_offence=st.booleans(),
    dates=st.sampled_from([("recorded",), ("period",), ("occurred",)]),
    years=st.sampled_from([(), (2019,), (2019, 2020), (2001,)]),
    coverage=st.sampled_from(["fully", "mixed", "partly", "none"]),
    rest_above=st.sampled_from([(), ("05",)]),
    links=st.just((EXACT,)),
)


@given(DEFINITIONS, DEFINITIONS)
def test_the_order_of_a_pair_does_not_matter_and_no_verdict_is_without_reason(left, right):
    pair = judged(left, right)
    assert pair.verdict == judged(right, left).verdict
    assert (pair.verdict == "comparable") == (pair.reasons == ())


def covered(code, *links):
    below = {category.code for category in iccs().descendants(code)}
    above = {category.code for category in iccs().ancestors(code)}
    uses = [
        LinkUse(
            link.national_code,
            "",
            link.iccs_code,
            link.match,
            "at" if link.iccs_code == code else "below" if link.iccs_code in below else "above",
            years=(2020,),
        )
        for link in links
        if link.iccs_code in below | above | {code}
    ]
    return coverage_of(code, links, uses, iccs())


def link(iccs_code, match):
    return Link(f"n{iccs_code}{match}", "", "", iccs_code, match)


def test_coverage():
    assert covered("0501", link("0501", "exact")) == ("fully", ())
    assert covered("0501", link("0501", "broader")) == ("mixed", ())
    assert covered("0501", link("05012", "exact"), link("05", "partial")) == ("partly", ("05",))
    assert covered("0501", link("05012", "exact")) == ("partly", ())
    assert covered("0501", link("0502", "exact")) == ("none", ())
    # all classes below make the class, and what stands above then holds none of it
    parts = [link(child.code, "exact") for child in iccs().children("0501")]
    assert covered("0501", *parts, link("05", "partial")) == ("fully", ())
    assert covered("0501", *parts[1:], link("05", "partial")) == ("partly", ("05",))


def test_iccs_itself_covers_every_class():
    links = correspondence("iccs").links
    for category in iccs():
        uses = [LinkUse(category.code, "", category.code, "exact", "at", years=(2020,))]
        assert coverage_of(category.code, links, uses, iccs()) == ("fully", ())


def test_spans():
    assert spans(()) == ""
    assert spans((2003, 2001, 2002)) == "2001–2003"


def test_statements_report_every_problem():
    data = {"sources": {"berlin": {}}, "comparability": {"berlni": {"attempts": "some", "nots": "x"}}}
    problems = Problems()
    read_statements(Project(Path(), Path("kyoto.toml"), data, ""), problems)
    assert len(problems) == 3

"""Gaps, breaks and what was computed: told in the definitions and among the reasons."""

from __future__ import annotations

import json

from kyoto.statistics.classification import correspondence
from kyoto.statistics.comparability.history import found_breaks, missing_years, recomputed
from kyoto.statistics.comparability.judging import judged
from kyoto.statistics.comparability.model import Comparison, Definition, LinkUse


def definition(area, **more):
    fields = {
        "source": "police", "area": area, "units": ("offence",), "attempts": ("inside",), "principal_offence": False,
        "dates": ("occurred",), "years": (2019, 2020), "coverage": "fully", "rest_above": (), "links": (),
    }  # fmt: skip
    return Definition(**{**fields, **more})


def test_years_without_records():
    assert missing_years([2012, 2013, 2016, 2018]) == ("no records in 2014–2015, 2017",)
    assert missing_years([2012, 2013]) == ()
    assert missing_years([]) == ()


def test_breaks_come_from_the_checks_of_the_build(tmp_path):
    assert found_breaks(tmp_path, "police") == ()
    findings = [
        {"source": "police", "code": "series.break", "message": "The level falls from 2019-04 on."},
        {"source": "police", "code": "coding.uncoded", "message": "Not a break."},
        {"source": "courts", "code": "series.break", "message": "Another source."},
    ]
    (tmp_path / "quality.json").write_text(json.dumps({"findings": findings}), encoding="utf-8")
    assert found_breaks(tmp_path, "police") == ("The level falls from 2019-04 on",)


def test_a_break_asks_for_caution():
    whole, broken = definition("AA"), definition("BB", breaks=("the level falls from 2019-04 on",))
    assert judged(whole, definition("CC")).verdict == "comparable"
    pair = judged(whole, broken)
    assert (pair.verdict, pair.reasons) == ("with caution", ("BB (police): the level falls from 2019-04 on",))


def test_what_was_computed():
    table = correspondence("de-pks")
    conditional = next(link for link in table.links if link.condition)
    uses = [LinkUse(conditional.national_code, "", conditional.iccs_code, "exact", "at", years=(2020,))]
    told = recomputed(conditional.iccs_code, table, uses, ())
    assert told == (f"divided among classes by what the records say: {conditional.national_code}",)
    assert recomputed(conditional.iccs_code, table, [], ()) == ()


def test_summary_says_both():
    one = definition("AA", breaks=("no records in 2014",), recomputed=("2 national categories added up to 0401",))
    text = Comparison("0401", "Robbery", (one,)).summary()
    assert "  computed  2 national categories added up to 0401" in text
    assert "  break     no records in 2014" in text

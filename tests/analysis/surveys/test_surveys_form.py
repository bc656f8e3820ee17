"""The questionnaire: complete in each language, tied to codes that exist, converted by pyxform, and read back."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest

from kyoto.analysis.surveys.answers import check_answers, read_answers
from kyoto.analysis.surveys.questionnaire import instrument
from kyoto.analysis.surveys.sdg import INDICATORS, derive, indicator_columns
from kyoto.analysis.surveys.xlsform import write_xlsform
from kyoto.core.errors import KyotoError
from kyoto.statistics.classification import iccs
from kyoto.statistics.indicators.registry import registry

PERSONS, BUSINESS = instrument("persons"), instrument("business")


@pytest.mark.parametrize("form", [PERSONS, BUSINESS], ids=lambda form: form.name)
def test_every_text_is_there_in_every_language(form):
    for question in form.questions():
        assert set(question.label) == set(form.languages), question.name
        assert all(text.strip() for text in question.label.values())
        assert "{what}" not in "".join(question.label.values())
    for name, codes in form.choices.items():
        for code, texts in codes.items():
            assert set(texts) == set(form.languages), (name, code)
            assert re.fullmatch(r"\w+", code)


@pytest.mark.parametrize("form", [PERSONS, BUSINESS], ids=lambda form: form.name)
def test_codes_conditions_and_choices_exist(form):
    tree = iccs()
    names = [question.name for question in form.questions()]
    assert len(names) == len(set(names))
    for question in form.questions():
        assert not question.iccs or question.iccs in tree, question.name
        assert not question.choices or question.choices in form.choices
        assert set(question.indicators) <= set(registry())
    for name, conditions in form.conditions().items():
        for condition in conditions:
            assert names.index(condition.question) < names.index(name), (name, condition)


def test_all_survey_indicators_are_served():
    served = {code for form in (PERSONS, BUSINESS) for question in form.questions() for code in question.indicators}
    wanted = {"16.1.3", "16.1.4", "16.3.1", "16.3.3", "16.5.1", "16.5.2", "11.7.2", "5.2.1", "5.2.2"}
    assert served == wanted == {one.indicator for one in INDICATORS}
    assert all(one.iccs in {"_Z", "_T"} or one.iccs in iccs() for one in INDICATORS)
    safety = [question.name for question in PERSONS.questions() if question.safety]
    assert safety == ["alone_note", "violence_note", "support_note"]


@pytest.mark.parametrize("form", [PERSONS, BUSINESS], ids=lambda form: form.name)
def test_pyxform_converts_the_form_without_a_word(form, tmp_path):
    pyxform = pytest.importorskip("pyxform.xls2xform")
    write_xlsform(form, tmp_path / "form.xlsx")
    made = pyxform.convert(str(tmp_path / "form.xlsx"), validate=False)
    assert made.warnings == []
    for question in form.questions():
        assert f"/{question.name}" in made.xform
    for language in form.languages.values():
        assert f'lang="{language}"' in made.xform
    if form is PERSONS:
        assert "selected( /data/part_bribery/officials" in made.xform.replace("kyoto_persons", "data")


def test_the_form_can_be_part_of_it_and_start_in_another_language(tmp_path):
    pyxform = pytest.importorskip("pyxform.xls2xform")
    small = instrument("persons", modules=["safety"])
    assert [module.name for module in small.modules] == ["start", "safety"]
    write_xlsform(small, tmp_path / "form.xlsx", languages=["fr", "en"])
    made = pyxform.convert(str(tmp_path / "form.xlsx"), validate=False)
    assert "Español" not in made.xform
    assert '<translation lang="Français (fr)" default="true()">' in made.xform
    for change, code in (
        ({"name": "person"}, "survey.unknown-instrument"),
        ({"name": "persons", "modules": ["safty"]}, "survey.unknown-module"),
    ):
        with pytest.raises(KyotoError) as caught:
            instrument(**change)
        assert caught.value.code == code
    with pytest.raises(KyotoError):
        write_xlsform(small, tmp_path / "form.xlsx", languages=["de"])


PERSON = {
    "consent": "yes",
    "cluster": "1",
    "household": "7",
    "sex": "F",
    "age": "34",
    "partnered": "yes",
    "walk_dark": "safe",
    "violence_go_on": "yes",
    "assault_5y": "yes",
    "assault_12m": "yes",
    "assault_times": "3",
    "assault_told": "police",
    "assault_partner": "yes",
    "psychological_5y": "no",
    "sexual_violence_5y": "no",
    "harassment_5y": "yes",
    "harassment_12m": "no",
    "robbery_5y": "no",
    "officials": "police tax",
    "bribe_paid": "no",
    "bribe_asked": "yes",
    "disputes": "land",
    "mechanisms": "none",
    "why_no_mechanism": "no_need",
}


def checked(*rows):
    return check_answers(pd.DataFrame(list(rows), dtype=object), PERSONS)


def test_a_good_interview_has_no_finding_and_counts_as_the_metadata_say():
    man = {"sex": "M", "walk_dark": "never", "why_no_mechanism": "barrier", "assault_partner": None}
    found = checked(PERSON, {**PERSON, **man})
    assert found.findings == ()
    table = derive(found.frame)
    first, second = table.iloc[0], table.iloc[1]
    assert first["count_assault"] == 3
    assert first["count_harassment"] == 0
    flags = {name: first[name] for name in table.columns if name.startswith("sdg_")}
    expected = {
        "sdg_16_1_3_physical": 1,
        "sdg_16_1_3_psychological": 0,
        "sdg_16_1_3_sexual": 0,
        "sdg_16_1_3_robbery": 0,
        "sdg_16_1_4": 1,
        "sdg_16_3_1_physical": 1,
        "sdg_16_5_1": 1,
        "sdg_11_7_2": 0,
        "sdg_5_2_1": 1,
        "sdg_5_2_2": 0,
    }
    assert {name: flags[name] for name in expected} == expected
    assert np.isnan(first["sdg_16_3_3"])  # no need: not in the denominator
    assert second["sdg_16_3_3"] == 0
    assert second["sdg_16_1_4"] == 0
    assert np.isnan(second["sdg_5_2_1"])
    assert derive(found.frame, cap=2)["count_assault"].tolist() == [2, 2]


def test_refusals_are_missing_and_not_no():
    found = checked(
        {**PERSON, "assault_5y": "refused", "assault_12m": None, "assault_times": None, "assault_told": None}
    )
    table = derive(found.frame)
    assert np.isnan(table["count_assault"].iloc[0])
    assert np.isnan(table["sdg_16_1_3_physical"].iloc[0])


@pytest.mark.parametrize(
    ("change", "question", "code"),
    [
        ({"sex": "X"}, "sex", "unknown-code"),
        ({"age": "7"}, "age", "out-of-range"),
        ({"age": "old"}, "age", "not-a-number"),
        ({"age": ""}, "age", "missing"),
        ({"robbery_12m": "yes"}, "robbery_12m", "not-to-be-asked"),
        ({"officials": "none police"}, "officials", "none-and-more"),
    ],
)
def test_wrong_answers_are_emptied_and_told(change, question, code):
    found = checked({**PERSON, **change})
    assert (found.findings[0].question, found.findings[0].code) == (question, code)
    assert found.frame[question].iloc[0] is None
    assert found.rejected == 0


def test_interviews_in_are_interviews_kept_and_rejected():
    rows = [{**PERSON, "KEY": "a"}, {**PERSON, "KEY": "a"}, {**PERSON, "KEY": "b", "consent": "no"}, {"KEY": "c"}]
    found = checked(*rows)
    assert found.rows_in == 4 == len(found.frame) + found.rejected
    assert [one.code for one in found.findings if one.rejects] == ["duplicate", "no-consent", "empty"]
    assert "1 kept, 3 rejected" in found.summary()


def test_exports_of_both_servers_read_alike(tmp_path):
    flat = pd.DataFrame([PERSON])
    central = flat.rename(columns={name: f"part_x-{name}" for name in PERSON}).assign(
        KEY="uuid:1", SubmissionDate="2024"
    )
    kobo = flat.rename(columns={name: f"part_x/{name}" for name in PERSON})
    kobo["part_x/officials/police"] = "1"
    central.to_csv(tmp_path / "central.csv", index=False)
    kobo.to_csv(tmp_path / "kobo.csv", index=False, sep=";")
    nested = {"value": [{"__id": "uuid:1", "part_x": PERSON, "meta": {"instanceID": "uuid:1"}}]}
    (tmp_path / "odata.json").write_text(json.dumps(nested))
    (tmp_path / "kobo.json").write_text(json.dumps({"results": [{f"part_x/{k}": v for k, v in PERSON.items()}]}))
    for name in ("central.csv", "kobo.csv", "odata.json", "kobo.json"):
        found = read_answers(tmp_path / name, PERSONS)
        assert found.frame[list(PERSON)].iloc[0].to_dict() == PERSON, name
        assert [one for one in found.findings if one.row] == []


@pytest.mark.parametrize("text", ["", "[1, 2]", '{"a": ', '[{"x": 1}]'])
def test_answers_that_cannot_be_read(text, tmp_path):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(KyotoError) as caught:
        read_answers(tmp_path / "a.json", PERSONS)
    codes = {"survey.unreadable-answers", "survey.no-answers"}
    assert caught.value.code in (codes if text else {"source.unreadable-table"})
    assert caught.value.where.file == str(tmp_path / "a.json")


def test_businesses_are_read_too():
    row = {"consent": "yes", "business": "4", "officials": "tax", "bribe_paid": "no", "bribe_asked": "no"}
    table = derive(check_answers(pd.DataFrame([row], dtype=object), BUSINESS).frame)
    assert table[indicator_columns([], "business")[0].column].tolist() == [0]


def test_the_commands_write_and_read(tmp_path, survey_command):
    def run(*words):
        code, out, errors = survey_command(*words)
        assert code == 0, errors
        return out

    assert "14 offences" in run("form", "--out", tmp_path / "form.xlsx")
    assert sorted(pd.read_excel(tmp_path / "form.xlsx", sheet_name=None)) == ["choices", "settings", "survey"]
    pd.DataFrame([PERSON, {**PERSON, "age": "200"}]).to_csv(tmp_path / "in.csv", index=False)
    told = json.loads(run("read", tmp_path / "in.csv", "-o", tmp_path / "out.csv", "--json"))
    assert (told["rows_in"], told["kept"]) == (2, 2)
    assert told["findings"][0]["problem"] == "out-of-range"
    made = pd.read_csv(tmp_path / "out.csv")
    assert made["sdg_16_5_1"].tolist() == [1, 1]
    code, out, errors = survey_command("read", "-", "--json", text=json.dumps({"value": [PERSON, PERSON, PERSON]}))
    assert (code, json.loads(out)["rows_in"]) == (0, 3), errors

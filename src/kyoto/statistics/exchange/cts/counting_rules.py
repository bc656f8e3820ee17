"""What a build says about how its figures were counted: the questions on counting rules, answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from kyoto.statistics.exchange.cts.built import Built
from kyoto.statistics.exchange.cts.questionnaire import questionnaire
from kyoto.statistics.exchange.series.areas import area_names

__all__ = ["respondent", "rule_answers"]

_ATTEMPTS: Final = {"inside": "counted with completed offences", "apart": "shown apart", "excluded": "left out"}

Tables = Mapping[str, Mapping[str, Any]]
"""Facts of the tables that answered, by name."""


def respondent(built: Built) -> dict[str, str]:
    """Who answers, and from what: texts of the first sheet; a country that the project does not name is by its code."""
    project = built.settings.title
    named = area_names([built.area]).get(built.area)
    return {
        **({"R.name": named} if named else {}),
        **{f"R.{name}": text for name, text in built.cts.respondent.items()},
        "R.project": project,
        "R.built": str(built.manifest.get("finished", ""))[:10],
    }


def rule_answers(built: Built, used: Mapping[str, set[str]], figures: Iterable[str]) -> dict[str, str]:
    """Answers on counting rules for each institution whose tables were filled.

    Parameters
    ----------
    built
        The build.
    used
        Names of the project's tables that answered, by table of the questionnaire.
    figures
        Cells that were answered.

    Returns
    -------
    dict
        Text by id of the answer, such as ``M.02.police``. Where tables differ, each is named.
    """
    form = questionnaire()
    classes = frozenset(code for name in figures for code in form.cells[name].row.iccs)
    by_institution: dict[str, dict[str, Mapping[str, Any]]] = {}
    for table, names in used.items():
        institution = form.section_of[table].institution
        facts = {name: built.tables[name].facts for name in sorted(names)}
        by_institution.setdefault(institution, {}).update(facts)
    found = {}
    for answer, (question, asked) in form.answers.items():
        tables = by_institution.get(asked.key)
        if tables and question.filled:
            found[answer] = (
                _differences(built, tables, classes)
                if question.filled == "coverage"
                else _FILLED[question.filled](built, tables)
            )
    return {name: text for name, text in found.items() if text}


def _joined(values: Mapping[str, str]) -> str:
    """One text where all tables say the same, else each with its table."""
    different = list(dict.fromkeys(text for text in values.values() if text))
    if len(different) == 1 and all(values.values()):
        return different[0]
    return "; ".join(f"{text} ({name})" for name, text in values.items() if text)


def _source(built: Built, tables: Tables) -> str:
    sources = {str(facts["source"]): None for facts in tables.values()}
    return "; ".join(f"{name} ({_files(built, name)})" for name in sources)


def _files(built: Built, source: str) -> str:
    files = built.manifest["steps"][f"source:{source}"]["facts"].get("files", [])
    return ", ".join(str(file["path"]) for file in files) or "database"


def _unit(built: Built, tables: Tables) -> str:
    return _joined({name: str(facts["unit"]) for name, facts in tables.items()})


def _principal_offence(built: Built, tables: Tables) -> str:
    """What the tables do, or what the office says it did before."""
    stated = _statements(built)
    rules = {
        bool(facts["principal_offence"]) or bool(stated.get(str(facts["source"]), (None, ""))[0])
        for facts in tables.values()
    }
    return "partly" if len(rules) > 1 else ("yes" if rules.pop() else "no")


def _attempts(built: Built, tables: Tables) -> str:
    stated = _statements(built)
    rules = {stated.get(str(facts["source"]), (None, ""))[1] or str(facts["attempts"]) for facts in tables.values()}
    return "partly" if len(rules) > 1 else _ATTEMPTS[rules.pop()]


def _statements(built: Built) -> dict[str, tuple[bool | None, str]]:
    """Principal offence rule and treatment of attempts that ``[comparability.SOURCE]`` states."""
    from kyoto.core.errors import Problems
    from kyoto.statistics.comparability.statements import read_statements

    if "comparability" not in built.settings.project.data:
        return {}
    found = read_statements(built.settings.project, Problems())
    return {name: (statement.principal_offence, statement.attempts) for name, statement in found.items()}


def _date(built: Built, tables: Tables) -> str:
    return _joined({name: f"by {facts['date']}" if facts["date"] else "" for name, facts in tables.items()})


def _reference_period(built: Built, tables: Tables) -> str:
    spans = {
        name: "/".join(facts["reference_period"]) if facts["reference_period"] else f"calendar year {built.year}"
        for name, facts in tables.items()
    }
    return _joined(spans)


def _correspondence(built: Built, tables: Tables) -> str:
    names = {}
    for facts in tables.values():
        source = str(facts["source"])
        name = built.manifest["steps"][f"source:{source}"]["facts"].get("correspondence")
        if name:
            names[source] = "ICCS codes in the source" if name == "iccs" else f"correspondence table {name}"
    return _joined(names)


def _uncoded(built: Built, tables: Tables) -> str:
    texts = {}
    for source in {str(facts["source"]) for facts in tables.values()}:
        facts = built.manifest["steps"][f"source:{source}"]["facts"]
        parts = [f"{facts['rows_rejected']} of {facts['rows_in']} rows rejected"]
        if facts.get("coding"):
            parts.append(f"{facts['coding']['uncoded']} without ICCS code")
        texts[source] = ", ".join(parts)
    return _joined(dict(sorted(texts.items())))


def _differences(built: Built, tables: Tables, classes: frozenset[str]) -> str:
    """Answered classes that a source covers only in part, or with others."""
    remarks = []
    for name in tables:
        table = built.tables[name]
        if "iccs" not in table.dimensions:
            continue
        for code in sorted(classes):
            coverage, remark = table.covers(code)
            if remark and coverage in ("partly", "mixed"):
                remarks.append(f"{code} {remark} ({table.facts['source']})")
    return "; ".join(dict.fromkeys(remarks))


def _disclosure(built: Built, tables: Tables) -> str:
    return _joined({name: _protection(facts["disclosure"]) for name, facts in tables.items()})


def _protection(report: Mapping[str, Any]) -> str:
    method = str(report["method"])
    return "not protected" if method == "none" else f"{method}: {report['guarantee']}"


_FILLED: Final[Mapping[str, Callable[[Built, Tables], str]]] = {
    "source": _source,
    "unit": _unit,
    "principal_offence": _principal_offence,
    "attempts": _attempts,
    "date": _date,
    "reference_period": _reference_period,
    "correspondence": _correspondence,
    "uncoded": _uncoded,
    "disclosure": _disclosure,
}

"""What a quality check finds, and all that was found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    import altair
    import pandas as pd

__all__ = ["SEVERITIES", "Finding", "Findings", "Severity", "example_text", "percent", "several"]

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[str, ...] = get_args(Severity)
"""``error``: figures cannot be right; ``warning``: figures may mislead; ``note``: good to know."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a reader of the figures should know about the data.

    Parameters
    ----------
    severity
        One of :data:`SEVERITIES`.
    code
        Stable identifier, ``check.what-is-so``.
    source
        Source in which it was found.
    message
        What was found, in one sentence.
    remedy
        What can be done about it.
    variable
        Concept concerned; empty for the whole source.
    count
        Records (or months, areas, values: the message says) concerned.
    share
        Their part of all, 0 to 1; None where there is no whole.
    examples
        A few of them: ``file`` and ``row`` where the engine keeps the order of rows, and values.
    """

    severity: Severity
    code: str
    source: str
    message: str
    remedy: str = ""
    variable: str = ""
    count: int = 0
    share: float | None = None
    examples: tuple[Mapping[str, Any], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-able form."""
        plain = asdict(self)
        plain["examples"] = [{key: _plain(value) for key, value in example.items()} for example in self.examples]
        return plain


@dataclass(frozen=True, slots=True)
class Findings:
    """All findings of a project, the gravest first.

    Parameters
    ----------
    findings
        In the order: errors, warnings, notes; within them by source and by number of records.
    profile
        One mapping a variable: ``source``, ``variable``, ``records``, ``missing``, ``unknown``, ``not_applicable``.
    coverage
        One mapping a source: records coded to each level of ICCS, outside it, and not coded.
    """

    findings: tuple[Finding, ...] = ()
    profile: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    coverage: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    @property
    def by_severity(self) -> dict[str, int]:
        """Number of findings of each severity."""
        return {name: sum(found.severity == name for found in self.findings) for name in SEVERITIES}

    def tidy(self) -> pd.DataFrame:
        """One row a finding, without its examples: severity, code, source, variable, count, share, message, remedy."""
        import pandas as pd

        columns = ["severity", "code", "source", "variable", "count", "share", "message", "remedy"]
        return pd.DataFrame([{name: getattr(found, name) for name in columns} for found in self], columns=columns)

    def summary(self) -> str:
        """Text for a terminal.

        Examples
        --------
        >>> print(Findings((Finding("note", "a.b", "police", "Something is so.", "Do this."),)).summary())
        1 note
        note     police: Something is so. Do this. [a.b]
        """
        if not self.findings:
            return "Nothing found."
        counts = [f"{n} {name}{'s' if n != 1 else ''}" for name, n in self.by_severity.items() if n]
        lines = [f"{found.severity:<8} {found.source}: {found.message} {found.remedy} [{found.code}]" for found in self]
        return "\n".join([", ".join(counts), *lines])

    def plot(self) -> altair.Chart:
        """Share of records without a value, by variable and source."""
        import altair as alt
        import pandas as pd

        rows = [
            {
                "source": row["source"],
                "variable": row["variable"],
                "what": what,
                "share": row[what.replace(" ", "_")] / max(row["records"], 1),
            }
            for row in self.profile
            for what in ("missing", "unknown", "not applicable")
        ]
        base = alt.Chart(pd.DataFrame(rows, columns=["source", "variable", "what", "share"]))
        bars = base.mark_bar().encode(
            x=alt.X("sum(share)", title="share of records", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
            y=alt.Y("variable", title=None, sort=None),
            color=alt.Color("what", title=None, scale=alt.Scale(range=["#b2551f", "#8a8a8a", "#c9c9c9"])),
            tooltip=["source", "variable", "what", alt.Tooltip("share", format=".1%")],
        )
        chart: altair.Chart = bars.properties(title="Which variables have no value, and how often?")
        return chart

    def to_dict(self) -> dict[str, Any]:
        """JSON-able form, as ``build/quality.json`` holds it."""
        return {
            "by_severity": self.by_severity,
            "findings": [found.to_dict() for found in self],
            "profile": [dict(row) for row in self.profile],
            "coverage": [dict(row) for row in self.coverage],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Findings:
        """Findings of their JSON form.

        Examples
        --------
        >>> found = Findings((Finding("note", "a.b", "police", "Something is so."),))
        >>> Findings.from_dict(found.to_dict()) == found
        True
        """
        findings = [Finding(**{**entry, "examples": tuple(entry["examples"])}) for entry in data["findings"]]
        return cls(tuple(findings), tuple(data.get("profile", ())), tuple(data.get("coverage", ())))

    @classmethod
    def collected(
        cls, findings: Iterable[Finding], profile: Iterable[Mapping[str, Any]], coverage: Iterable[Mapping[str, Any]]
    ) -> Findings:
        """Findings in their order."""
        ranked = sorted(
            findings, key=lambda found: (SEVERITIES.index(found.severity), found.source, -found.count, found.code)
        )
        return cls(tuple(ranked), tuple(profile), tuple(coverage))


def percent(part: float, whole: float) -> str:
    """Share in words, never rounded to nothing or to all.

    Examples
    --------
    >>> percent(1, 3), percent(1, 1_000_000), percent(999_999, 1_000_000)
    ('33.3%', 'under 0.1%', 'over 99.9%')
    """
    share = part / whole if whole else 0.0
    if 0 < share < 0.001:
        return "under 0.1%"
    if 0.999 < share < 1:
        return "over 99.9%"
    return f"{100 * share:.1f}%"


def _plain(value: Any) -> Any:
    """Value that JSON knows."""
    if isinstance(value, float) and value != value:
        return None
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def several(number: int, word: str) -> str:
    """Number with its word, in the plural where it needs to be.

    Examples
    --------
    >>> several(1, "month"), several(1200, "row")
    ('1 month', '1,200 rows')
    """
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def example_text(example: Mapping[str, Any]) -> str:
    """One example in words: the place first, then the values that are there.

    Examples
    --------
    >>> example_text({"file": "a.csv", "row": 12, "sex": None, "age": 34})
    'a.csv row 12: age 34'
    """
    place = " ".join(
        f"row {example['row']}" if name == "row" else str(example[name])
        for name in ("file", "row")
        if example.get(name) is not None
    )
    values = ", ".join(f"{k} {v}" for k, v in example.items() if k not in ("file", "row") and v is not None)
    return ": ".join(part for part in (place, values) if part)

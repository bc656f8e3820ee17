"""The registry of indicators, and what a project uses of it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path

from kyoto.core.errors import KyotoError, Problems, did_you_mean
from kyoto.core.project import Project
from kyoto.statistics.indicators.model import Indicator, IndicatorSettings
from kyoto.statistics.indicators.reading import read_dimensions, read_indicator

__all__ = ["indicator", "read_settings", "registry"]

_FILE = "indicators.toml"


@cache
def registry() -> Mapping[str, Indicator]:
    """Indicators that come with Kyoto, by code, in the order of the reference page.

    Returns
    -------
    Mapping of str to Indicator

    Examples
    --------
    >>> registry()["16.1.1"].numerator
    Count(unit='victim', iccs=('0101',), sex='_T', where=(), attempts='inside')
    >>> registry()["16.1.4"].computed
    False
    """
    text = resources.files(__package__).joinpath("data", _FILE).read_text(encoding="utf-8")
    file = Project(Path(), Path(_FILE), tomllib.loads(text), text)
    problems = Problems()
    found = {code: read_indicator(file.section(code, problems=problems), own=False) for code in file.data}
    problems.raise_if_any()
    return found


def indicator(code: str) -> Indicator:
    """Indicator of a code.

    Raises
    ------
    KyotoError
        ``indicator.unknown``, with the nearest code.

    Examples
    --------
    >>> indicator("robbery_rate").unit
    'per 100000 population'
    """
    found = registry().get(code)
    if found is None:
        raise KyotoError(
            f"No indicator {code!r}",
            code="indicator.unknown",
            hint=f"{did_you_mean(code, registry())} Print all with `kyoto indicators list`.",
        )
    return found


def read_settings(project: Project, problems: Problems) -> IndicatorSettings:
    """Read ``[indicators]`` of a project, its own indicators among them.

    Parameters
    ----------
    project
        The project file.
    problems
        Collector: every problem of the section is added to it.

    Returns
    -------
    IndicatorSettings
        Complete only if no problem was added.

    Examples
    --------
    >>> data = {"indicators": {"use": ["16.1.1", "theft_rate"]}}
    >>> settings = read_settings(Project(Path("."), Path("kyoto.toml"), data, ""), Problems())
    >>> [indicator.code for indicator in settings.use]
    ['16.1.1', 'theft_rate']
    """
    if "indicators" not in project.data:
        return IndicatorSettings()
    section = project.section("indicators", problems=problems)
    known = dict(registry())
    for own in section.table("own").tables():
        if own.name in registry():
            section.table("own").wrong(own.name, f"{own.name!r} is an indicator of Kyoto", hint="Choose another name.")
        known[own.name] = read_indicator(own, own=True)
    use = []
    for code in section.texts("use", [code for code, entry in known.items() if entry.own]):
        if code in known:
            use.append(known[code])
        else:
            section.wrong("use", f"No indicator {code!r}", hint=did_you_mean(code, known))
    settings = IndicatorSettings(
        use=tuple(use),
        by=read_dimensions(section, "by") if "by" in section else None,
        sources=_chosen_sources(project, problems, known),
        given=section.text("given"),
        households=section.text("households"),
    )
    section.table("sources")
    section.finish()
    return settings


def _chosen_sources(project: Project, problems: Problems, known: Mapping[str, Indicator]) -> dict[str, str]:
    """Read ``[indicators.sources]``: the source that serves an indicator."""
    chosen = project.section("indicators", "sources", problems=problems)
    sources = [*project.data.get("sources", {})]
    found = {}
    for code in chosen.data:
        source = chosen.text(code)
        if code not in known:
            chosen.wrong(code, f"No indicator {code!r}", hint=did_you_mean(code, known))
        elif source is not None and source not in sources:
            chosen.wrong(code, f"No source {source!r}", hint=did_you_mean(source, sources))
        elif source is not None:
            found[code] = source
    return found

"""The section ``[publish]`` as a step of a build: the published figures as SDMX files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kyoto.core.build.model import Facts, Step, StepContext
from kyoto.core.project import Project, Section
from kyoto.statistics.exchange.sdmx.settings import SdmxSettings, read_sdmx_settings

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["build_steps", "read_settings"]

_FOLDER = "sdmx"


def read_settings(section: Section) -> SdmxSettings:
    """Read the section; problems are recorded in it."""
    settings = read_sdmx_settings(section)
    section.finish()
    return settings


def build_steps(settings: SdmxSettings, project: Project, before: Sequence[str]) -> list[Step]:
    """The step ``sdmx``: structures, and the data of every dataflow; no step unless the section asks for the files.

    Parameters
    ----------
    settings
        The section ``[publish]``.
    project
        Its title names the category scheme.
    before
        Steps that come before; those that make tables and indicators are needed.
    """
    from dataclasses import asdict

    if not settings.files:
        return []
    given = project.data.get("project", {})
    title = str(given.get("title", "")) if isinstance(given, dict) else ""
    return [
        Step(
            name="sdmx",
            run=lambda context: _make(context, settings, title),
            needs=tuple(name for name in before if name.startswith("table:") or name == "indicators"),
            settings=[asdict(settings), title],
            outputs=(_FOLDER,),
        )
    ]


def _make(context: StepContext, settings: SdmxSettings, title: str) -> Facts:
    from kyoto.statistics.exchange.sdmx.files import write_build_files

    files: list[Path] = write_build_files(context.folder, settings, title=title, manifest=context.manifest)
    return {"agency": settings.agency.id, "files": [path.as_posix() for path in files]}

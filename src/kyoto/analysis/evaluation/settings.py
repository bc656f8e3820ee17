"""The ``[evaluation]`` section of a project file.

.. code-block:: toml

   [evaluation]
   designs = ["lighting/evaluation.toml"]   # each becomes a card
   register = "register.csv"                # evaluations, reviews and practices, for the pages of evidence
   title = "What worked?"

   [evaluation.synthesis]
   studies = "studies.csv"
   effect = "yi"
   variance = "vi"                          # or std_error
   model = "reml"
   hksj = true
   exponentiate = true
   measure = "Odds ratio"
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kyoto.core.project import Section

__all__ = ["EvaluationSettings", "SynthesisSettings", "design_name", "read_settings"]

_TAKEN = ("register", "synthesis", "forest")
_MODELS = ("fixed", "dl", "reml", "pm", "ml", "eb", "sj", "he", "hs")


@dataclass(frozen=True, slots=True)
class SynthesisSettings:
    """A synthesis that the section asks for.

    Parameters
    ----------
    studies
        File of studies.
    effect, variance, std_error, label, by, cluster
        Columns.
    model, hksj, exponentiate, measure
        As in :func:`~kyoto.analysis.evaluation.synthesis.synthesize.synthesize_studies`.
    """

    studies: Path
    effect: str
    variance: str | None
    std_error: str | None
    label: str | None
    by: str | None
    cluster: str | None
    model: str
    hksj: bool
    exponentiate: bool
    measure: str


@dataclass(frozen=True, slots=True)
class EvaluationSettings:
    """What the section says.

    Parameters
    ----------
    title
        Question of the panel in the report.
    designs
        Files of designs.
    synthesis
        A synthesis, if asked for.
    register
        File of the evidence register, if there is one.
    """

    title: str
    designs: tuple[Path, ...]
    synthesis: SynthesisSettings | None
    register: Path | None


def read_settings(section: Section) -> EvaluationSettings:
    """Settings from a parsed section; problems are recorded in it, not raised.

    Parameters
    ----------
    section
        ``project.section("evaluation", problems=problems)``.
    """
    folder = section.project.folder
    found = EvaluationSettings(
        title=section.text("title", "What worked?"),
        designs=tuple(folder / name for name in section.texts("designs")),
        synthesis=_synthesis(section.table("synthesis")) if "synthesis" in section else None,
        register=folder / section.text("register", "") if "register" in section else None,
    )
    if not found.designs and found.synthesis is None and found.register is None:
        section.wrong("designs", "Nothing to evaluate", expected="designs, a register, or a table synthesis")
    _check_names(section, found.designs)
    section.finish()
    return found


def design_name(path: Path) -> str:
    """Name of a design in a build: that of its folder where the file is called ``evaluation.toml``.

    Examples
    --------
    >>> design_name(Path("lighting/evaluation.toml")), design_name(Path("patrols.toml"))
    ('lighting', 'patrols')
    """
    return path.parent.name if path.name == "evaluation.toml" and path.parent.name else path.stem


def _check_names(section: Section, designs: tuple[Path, ...]) -> None:
    """Each design has a name of its own: its files and its record are called so."""
    names = [design_name(path) for path in designs]
    for name in sorted({name for name in names if names.count(name) > 1 or name in _TAKEN}):
        section.wrong("designs", f"The name {name!r} is taken", expected="a name of its own for each design")


def _synthesis(section: Section) -> SynthesisSettings:
    section.require("studies", "effect")
    found = SynthesisSettings(
        studies=section.project.folder / section.text("studies", ""),
        effect=section.text("effect", ""),
        variance=section.text("variance"),
        std_error=section.text("std_error"),
        label=section.text("label"),
        by=section.text("by"),
        cluster=section.text("cluster"),
        model=section.text("model", "reml", choices=_MODELS),
        hksj=section.flag("hksj"),
        exponentiate=section.flag("exponentiate"),
        measure=section.text("measure", "Effect"),
    )
    section.finish()
    return found

"""The ``[evaluation]`` section of a project file.

.. code-block:: toml

   [evaluation]
   designs = ["lighting/evaluation.toml"]   # each becomes a card
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

__all__ = ["EvaluationSettings", "SynthesisSettings", "read_settings"]

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
    """

    title: str
    designs: tuple[Path, ...]
    synthesis: SynthesisSettings | None


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
    )
    if not found.designs and found.synthesis is None:
        section.wrong("designs", "Nothing to evaluate", expected="designs, or a table synthesis")
    section.finish()
    return found


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

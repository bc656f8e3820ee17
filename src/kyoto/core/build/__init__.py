"""Incremental, atomic builds of a project folder.

A build is a list of :class:`Step`. :func:`run_build` redoes those whose inputs, settings or program changed, takes the
others over from the last build, and puts the whole new build in the place of the old one in a single step.
"""

from kyoto.core.build.model import BuildResult, Step, StepContext, StepPlan
from kyoto.core.build.planning import plan_build
from kyoto.core.build.runner import run_build

__all__ = ["BuildResult", "Step", "StepContext", "StepPlan", "plan_build", "run_build"]

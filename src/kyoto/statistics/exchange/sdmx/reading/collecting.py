"""Raw observations of a file, checked and put into columns as they come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kyoto.core.errors import KyotoError, Problems, Where, did_you_mean
from kyoto.statistics.exchange.sdmx.model import Catalogue, Flow
from kyoto.statistics.exchange.sdmx.reading.limits import Limits, too_large

__all__ = ["Collector", "Knowledge", "knowledge_of"]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known of the structure of a file besides the file.

    Parameters
    ----------
    dimensions
        Components that every observation must have, time among them.
    codes
        Text of the observations by identifier, for each coded component.
    columns
        Column of the observations by component, where that is not the usual one.
    """

    dimensions: tuple[str, ...] = ()
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)


def knowledge_of(catalogue: Catalogue, flow: Flow) -> Knowledge:
    """What the catalogue of a build knows of one of its flows."""
    keys = (*flow.dimensions, *((flow.time,) if flow.time else ()))
    codes = {part.id: catalogue.code_lists[part.code_list].texts for part in flow.components if part.code_list}
    columns = {part.id: part.column for part in flow.components if part.column}
    return Knowledge(tuple(part.id for part in keys), codes, columns)


class Collector:
    """Takes observations one by one.

    Parameters
    ----------
    file
        For the places of problems.
    limits
        How much is taken.
    knowledge
        What every observation is checked against.
    wanted
        The dataflow that is wanted, where the file holds several; empty: the only one.
    """

    def __init__(self, file: str, limits: Limits, knowledge: Knowledge | None, wanted: str = "") -> None:
        self.file = file
        self.wanted = wanted
        self.limits = limits
        self.knowledge = knowledge or Knowledge()
        self.dataflow = ""
        self.columns: dict[str, list[str | None]] = {}
        self.lines: list[int | None] = []
        self._others: dict[str, None] = {}
        self._problems: list[KyotoError] = []
        self._texts: dict[str, str] = {}  # the same text is kept once
        self._reported: set[tuple[str, str]] = set()

    def __len__(self) -> int:
        return len(self.lines)

    def begin(self, flow: str, line: int | None) -> bool:
        """Whether the observations of a dataflow are wanted.

        Raises
        ------
        KyotoError
            ``sdmx.several-flows``: a second one, and nobody said which.
        """
        if flow and self.wanted and flow != self.wanted:
            self._others.setdefault(flow)
            return False
        if flow and self.dataflow and flow != self.dataflow:
            raise KyotoError(
                "The file holds several dataflows",
                code="sdmx.several-flows",
                where=Where(file=self.file, line=line),
                got=f"{self.dataflow} and {flow}",
                expected="one dataflow at a time",
                hint=f"Say which: --flow {self.dataflow}, or --flow {flow}.",
            )
        self.dataflow = self.dataflow or flow
        return True

    def take(self, observation: Mapping[str, str | None], line: int | None) -> None:
        """Add one observation.

        Raises
        ------
        KyotoError
            ``sdmx.too-large``, or all problems found so far where there are many.
        """
        number = len(self.lines)
        if number >= self.limits.observations:
            raise too_large(self.file, "more observations", f"at most {self.limits.observations:,}", line=line)
        for name in observation:
            if name not in self.columns:
                if len(self.columns) >= self.limits.components:
                    raise too_large(self.file, "more components", f"at most {self.limits.components}", line=line)
                self.columns[name] = [None] * number
        for name, values in self.columns.items():
            value = observation.get(name)
            values.append(None if value is None else self._texts.setdefault(value, value))
        self.lines.append(line)
        self._check(observation, line)

    def report(self, error: KyotoError) -> None:
        """Keep a problem; many of them end the reading."""
        self._problems.append(error)
        if len(self._problems) >= self.limits.problems:
            self.finish()

    def finish(self) -> None:
        """Raise what was found.

        Raises
        ------
        KyotoError
            The problem, or all of them as ``KyotoErrors``.
        """
        if not len(self) and self._others:
            raise KyotoError(
                f"The file has no dataflow {self.wanted!r}",
                code="sdmx.unknown-flow",
                where=Where(file=self.file),
                got=self.wanted,
                expected=", ".join(self._others),
                hint=did_you_mean(self.wanted, self._others),
            )
        problems = Problems()
        for problem in self._problems:
            problems.add(problem)
        problems.raise_if_any()

    def _check(self, observation: Mapping[str, str | None], line: int | None) -> None:
        for name in self.knowledge.dimensions:
            if not observation.get(name) and ("", name) not in self._reported:
                self._reported.add(("", name))
                self.report(missing_dimension(self.file, name, line))
        for name, texts in self.knowledge.codes.items():
            value = observation.get(name)
            if value and value not in texts and (name, value) not in self._reported:
                self._reported.add((name, value))
                self.report(
                    KyotoError(
                        f"The code list of {name} has no {value!r}",
                        code="sdmx.unknown-code",
                        where=Where(file=self.file, line=line, column=name),
                        got=value,
                        hint=did_you_mean(value, texts),
                    )
                )


def missing_dimension(file: str, name: str, line: int | None) -> KyotoError:
    """Error for an observation that lacks a dimension."""
    return KyotoError(
        f"An observation has no {name}",
        code="sdmx.missing-dimension",
        where=Where(file=file, line=line, column=name),
        expected="a value of every dimension in every observation",
        hint="Ask the sender for a complete file.",
    )

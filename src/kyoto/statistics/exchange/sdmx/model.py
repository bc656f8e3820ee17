"""What a build publishes, in SDMX's terms: code lists, components, dataflows, and all of them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal

from kyoto.core.errors import KyotoError, did_you_mean

__all__ = ["VERSION", "Agency", "Catalogue", "Code", "CodeList", "Component", "Flow", "Role"]

VERSION = "1.0.0"
"""Version of every structure. Structures follow the build: what tells a client of changes is their date."""

Role = Literal["dimension", "time", "measure", "attribute"]


@dataclass(frozen=True, slots=True)
class Agency:
    """Who maintains the structures.

    Parameters
    ----------
    id
        Identifier, such as ``KYOTO`` or ``GB.ONS`` (NestedNCNameIDType).
    name
        Name in words.
    """

    id: str = "KYOTO"
    name: str = "Kyoto"

    @property
    def sender(self) -> str:
        """As the head of a message names it, where no dots are allowed.

        Examples
        --------
        >>> Agency("GB.ONS").sender
        'GB_ONS'
        """
        return self.id.replace(".", "_")


@dataclass(frozen=True, slots=True)
class Code:
    """One code of a list.

    Parameters
    ----------
    id
        As SDMX writes it.
    text
        As the observations write it.
    name
        In words.
    parent
        Identifier of the code above, None for the highest.
    names
        Its name in other languages than English, by language.
    """

    id: str
    text: str
    name: str
    parent: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CodeList:
    """A code list; parents stand before their children.

    Parameters
    ----------
    id, name
        Of the list.
    codes
        Its codes.
    """

    id: str
    name: str
    codes: tuple[Code, ...]

    @cached_property
    def ids(self) -> Mapping[str, str]:
        """Identifier by the text of the observations."""
        return {code.text: code.id for code in self.codes}

    @cached_property
    def texts(self) -> Mapping[str, str]:
        """Text of the observations by identifier."""
        return {code.id: code.text for code in self.codes}

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Name by identifier."""
        return {code.id: code.name for code in self.codes}


@dataclass(frozen=True, slots=True)
class Component:
    """A column of the observations as a component of a data structure.

    Parameters
    ----------
    id
        Of the component and of its concept.
    name
        Of its concept.
    column
        Column of the observations; empty for the frequency, which follows from the period.
    role
        What it is in the data structure.
    code_list
        Code list of its values; empty for numbers, times and free text.
    required
        Whether every observation has it.
    """

    id: str
    name: str
    column: str
    role: Role
    code_list: str = ""
    required: bool = False

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return self.column in ("value", "lower", "upper")


@dataclass(frozen=True)
class Flow:
    """A published table as a dataflow with its own data structure.

    Parameters
    ----------
    id, name
        Of the dataflow.
    table
        Table of the build.
    components
        Dimensions in the order of the key, time, measure, attributes.
    values
        Identifiers that occur, by component; of coded components and of time.
    periods
        SDMX time period by the period of the observations, in the order of time. Observations of no period stand at
        the time that the table spans.
    observations
        How many there are.
    category
        Identifier of the category it stands in.
    """

    id: str
    name: str
    table: str
    components: tuple[Component, ...]
    values: Mapping[str, tuple[str, ...]]
    periods: Mapping[str, str]
    observations: int
    category: str

    @cached_property
    def dimensions(self) -> tuple[Component, ...]:
        """Dimensions in the order of the key, without time."""
        return tuple(part for part in self.components if part.role == "dimension")

    @cached_property
    def time(self) -> Component | None:
        """The dimension of time; None where the table has no periods."""
        return next((part for part in self.components if part.role == "time"), None)

    @cached_property
    def measure(self) -> Component:
        """The measure."""
        return next(part for part in self.components if part.role == "measure")

    @cached_property
    def attributes(self) -> tuple[Component, ...]:
        """Attributes; each belongs to the observation."""
        return tuple(part for part in self.components if part.role == "attribute")

    @cached_property
    def by_id(self) -> Mapping[str, Component]:
        """Components by their identifier."""
        return {part.id: part for part in self.components}

    @property
    def structure_id(self) -> str:
        """Identifier of its data structure."""
        return f"DSD_{self.id}"

    def component(self, identifier: str) -> Component:
        """Component of an identifier.

        Raises
        ------
        KyotoError
            ``sdmx.unknown-component``, with the nearest.
        """
        found = self.by_id.get(identifier)
        if found is None:
            raise KyotoError(
                f"{self.id} has no component {identifier!r}",
                code="sdmx.unknown-component",
                got=identifier,
                hint=did_you_mean(identifier, self.by_id),
            )
        return found


@dataclass(frozen=True)
class Catalogue:
    """Everything that a build publishes.

    Parameters
    ----------
    agency
        Who maintains it.
    name
        Title of the project; empty if it has none.
    prepared
        When the build was finished.
    flows
        Dataflows by identifier, in the order of the build.
    code_lists
        Code lists by identifier.
    categories
        Name of each category by its identifier.
    """

    agency: Agency
    name: str
    prepared: datetime
    flows: Mapping[str, Flow]
    code_lists: Mapping[str, CodeList]
    categories: Mapping[str, str] = field(default_factory=dict)

    def flow(self, identifier: str) -> Flow:
        """Dataflow of an identifier, or of the table's name.

        Raises
        ------
        KyotoError
            ``sdmx.unknown-flow``, with the nearest.
        """
        for flow in self.flows.values():
            if identifier in (flow.id, flow.table):
                return flow
        raise KyotoError(
            f"No dataflow {identifier!r}",
            code="sdmx.unknown-flow",
            got=identifier,
            hint=did_you_mean(identifier, self.flows),
        )

    def ids(self, component: Component) -> Mapping[str, str]:
        """Identifier of each text of a coded component."""
        return self.code_lists[component.code_list].ids

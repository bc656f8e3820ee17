"""Services that publish series: their addresses, as data in one place."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from urllib.parse import quote

from kyoto.core.errors import KyotoError, did_you_mean

__all__ = ["Service", "service", "services"]


@dataclass(frozen=True, slots=True)
class Service:
    """A service.

    Parameters
    ----------
    name, title
        Its name here, and who it is.
    terms
        Where its terms of use stand.
    address
        With ``{dataset}``, and where it needs them ``{page}`` and ``{place}``, to be filled.
    suffix
        Ending of what it answers.
    pause
        Least seconds between two requests.
    datasets
        Some that it has, as examples.
    """

    name: str
    title: str
    terms: str
    address: str
    suffix: str
    pause: float = 1.0
    datasets: tuple[str, ...] = ()

    def url(self, dataset: str, *, page: int = 1, place: str = "") -> str:
        """Address of a data set.

        Examples
        --------
        >>> services()["eurostat"].url("crim_off_cat").partition("?")[0].rpartition("/")[2]
        'crim_off_cat'
        """
        safe = quote(dataset, safe="-_.,:")
        return self.address.format(dataset=safe, page=page, place=quote(place, safe="=&,:.-"))


@cache
def services() -> Mapping[str, Service]:
    """Services by name.

    Examples
    --------
    >>> list(services())
    ['unodc', 'eurostat', 'owid', 'world-bank', 'police-uk']
    """
    data = tomllib.loads(resources.files(__package__).joinpath("data", "services.toml").read_text(encoding="utf-8"))
    return {name: Service(name, **{**spec, "datasets": tuple(spec["datasets"])}) for name, spec in data.items()}


def service(name: str) -> Service:
    """Service of a name.

    Raises
    ------
    KyotoError
        ``series.unknown-service``.
    """
    found = services().get(name)
    if found is None:
        raise KyotoError(
            f"No service is called {name!r}", code="series.unknown-service", hint=did_you_mean(name, services())
        )
    return found

"""Public names of a package that are imported when they are first asked for.

Reading a project file, or printing the help of a command, must not cost what NumPy, SQLAlchemy or a network library
costs to load.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["importing_later"]


def importing_later(package: str, places: Mapping[str, str]) -> Callable[[str], Any]:
    """Make the ``__getattr__`` of a package.

    Parameters
    ----------
    package
        Its ``__name__``.
    places
        By public name: the module of the package that holds it.

    Examples
    --------
    >>> importing_later("kyoto.core", {"sha256_of": "files"})("sha256_of").__module__
    'kyoto.core.files'
    """

    def find(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{places[name]}"), name)

    return find

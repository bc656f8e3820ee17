"""Texts by language, in TOML files that a translator can edit."""

from __future__ import annotations

import tomllib
from importlib import resources

__all__ = ["catalogue_texts"]


def catalogue_texts(package: str, language: str) -> dict[str, str]:
    """Texts of a language of a package: file ``locale/<language>.toml``, keys ``section.key``.

    Parameters
    ----------
    package
        Package that holds the folder ``locale``.
    language
        Name of the file without its ending.

    Raises
    ------
    FileNotFoundError
        The package has no texts in that language.

    Examples
    --------
    >>> catalogue_texts("kyoto.portal", "fr")["language.decimal"]
    ','
    """
    text = resources.files(package).joinpath("locale", f"{language}.toml").read_text(encoding="utf-8")
    return {f"{section}.{key}": value for section, table in tomllib.loads(text).items() for key, value in table.items()}

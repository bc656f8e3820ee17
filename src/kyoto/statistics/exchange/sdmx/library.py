"""The one library that SDMX-ML needs."""

from __future__ import annotations

from typing import Any

from kyoto.core.errors import KyotoError, extra_hint

__all__ = ["xml_library"]


def xml_library() -> Any:
    """Module ``lxml.etree``.

    Raises
    ------
    KyotoError
        ``sdmx.missing-extra``: it is not installed.

    Examples
    --------
    >>> xml_library().fromstring("<a/>").tag
    'a'
    """
    try:
        from lxml import etree
    except ImportError as error:
        raise KyotoError(
            "SDMX-ML needs one more library",
            code="sdmx.missing-extra",
            detail=str(error),
            hint=f"{extra_hint('exchange')}. SDMX-CSV and SDMX-JSON do without.",
        ) from error
    return etree

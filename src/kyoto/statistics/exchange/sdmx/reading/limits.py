"""What a file may ask of the machine that reads it."""

from __future__ import annotations

from dataclasses import dataclass

from kyoto.core.errors import KyotoError, Where

__all__ = ["Limits", "not_sdmx", "too_large"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of reading; whatever goes beyond is refused with an error that says which bound it was.

    Parameters
    ----------
    observations
        Observations of one file.
    json_bytes
        Bytes of an SDMX-JSON file, which is read as a whole. The other formats are read in pieces.
    line
        Characters of one line of SDMX-CSV.
    silent
        Bytes of SDMX-ML in which no element begins or ends: attributes, texts and comments that never end.
    empty
        Elements or lines that stand in a row without an observation.
    components
        Components of one observation.
    problems
        Problems that are reported of one file.
    """

    observations: int = 2_000_000
    json_bytes: int = 64 * 1024 * 1024
    line: int = 1_000_000
    silent: int = 8 * 1024 * 1024
    empty: int = 1_000_000
    components: int = 200
    problems: int = 20


def not_sdmx(file: str, detail: str, *, line: int | None = None) -> KyotoError:
    """Error for a file that is no SDMX data message."""
    return KyotoError(
        "Not a file of SDMX data",
        code="sdmx.not-sdmx",
        where=Where(file=file, line=line),
        detail=detail,
        expected="SDMX-ML 2.1 or 3.0, SDMX-CSV 1.0 or 2.0, SDMX-JSON 1.0 or 2.0",
        hint="Download the data again, and ask for one of these formats.",
    )


def too_large(file: str, got: str, expected: str, *, line: int | None = None) -> KyotoError:
    """Error for a file beyond a bound."""
    return KyotoError(
        "The file is larger than what is read",
        code="sdmx.too-large",
        where=Where(file=file, line=line),
        got=got,
        expected=expected,
        hint="Ask for a part of the data: fewer series, or fewer periods.",
    )

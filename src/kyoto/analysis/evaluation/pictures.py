"""Writing drawings: SVG as it is, HTML around it, PNG through vl-convert."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kyoto.core.errors import KyotoError, Where, extra_hint
from kyoto.core.files import write_whole

if TYPE_CHECKING:
    import altair

__all__ = ["write_chart", "write_picture"]


def write_picture(path: Path, svg: str) -> None:
    """Write a drawing in the format that the end of the name says.

    Parameters
    ----------
    path
        Ends with ``.svg``, ``.html`` or ``.png``.
    svg
        The drawing.

    Raises
    ------
    KyotoError
        ``evaluation.unknown-format``; ``evaluation.missing-extra`` where PNG lacks its library.
    """
    suffix = path.suffix.lower()
    if suffix == ".svg":
        write_whole(path, svg + "\n")
    elif suffix in {".html", ".htm"}:
        write_whole(path, _PAGE.format(svg=svg))
    elif suffix == ".png":
        write_whole(path, _png(svg))
    else:
        raise KyotoError(
            "Not a format of pictures",
            code="evaluation.unknown-format",
            where=Where(file=str(path)),
            expected=".svg, .html or .png",
        )


def write_chart(path: Path, chart: altair.LayerChart) -> None:
    """Write an Altair chart as a drawing (needs vl-convert).

    Parameters
    ----------
    path
        Ends with ``.svg``, ``.html`` or ``.png``.
    chart
        The chart.
    """
    write_picture(path, str(_library().vegalite_to_svg(chart.to_json())))


def _library() -> Any:
    try:
        import vl_convert
    except ImportError as error:
        raise KyotoError(
            "Pictures of charts need one more library",
            code="evaluation.missing-extra",
            hint=extra_hint("images"),
        ) from error
    return vl_convert


def _png(svg: str) -> bytes:
    return bytes(_library().svg_to_png(svg, scale=2))


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Kyoto</title><style>body{{margin:2rem;background:#fff}}svg{{max-width:100%;height:auto}}</style></head>
<body>{svg}</body></html>
"""

"""Writing drawings: SVG as it is, HTML around it, PNG through vl-convert."""

from __future__ import annotations

from pathlib import Path

from kyoto.core.errors import KyotoError, Where
from kyoto.core.files import write_whole

__all__ = ["write_picture"]


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


def _png(svg: str) -> bytes:
    try:
        import vl_convert
    except ImportError as error:
        raise KyotoError(
            "PNG needs one more library",
            code="evaluation.missing-extra",
            hint="pip install 'kyoto[images]', or write .svg.",
        ) from error
    return bytes(vl_convert.svg_to_png(svg, scale=2))


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Kyoto</title><style>body{{margin:2rem;background:#fff}}svg{{max-width:100%;height:auto}}</style></head>
<body>{svg}</body></html>
"""

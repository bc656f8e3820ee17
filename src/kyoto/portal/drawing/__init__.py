"""Drawings of figures as SVG: made on the server, coloured by the style sheet, the same in a page and in a file.

No chart library runs in the reader's browser: a drawing is a few kilobytes, stands there before any script, prints, is
read by the table beside it, and what is downloaded is what was seen.
"""

from kyoto.portal.drawing.bars import bars_svg
from kyoto.portal.drawing.lines import lines_svg, spark_svg
from kyoto.portal.drawing.panels import MOST_PANELS, panels_svg
from kyoto.portal.drawing.shapes import MapDrawing, map_drawing
from kyoto.portal.drawing.standalone import png, standalone

__all__ = [
    "MOST_PANELS",
    "MapDrawing",
    "bars_svg",
    "lines_svg",
    "map_drawing",
    "panels_svg",
    "png",
    "spark_svg",
    "standalone",
]

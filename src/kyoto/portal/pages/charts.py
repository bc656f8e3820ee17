"""Which drawing a choice gets, and the notes that belong under it."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from kyoto.portal.catalogue import Catalogue
from kyoto.portal.drawing import MOST_PANELS, bars_svg, lines_svg, map_drawing, panels_svg
from kyoto.portal.drawing.bars import MOST_BARS
from kyoto.portal.drawing.lines import MOST_LINES
from kyoto.portal.figures import Figures, runs
from kyoto.portal.wording import Words
from kyoto.statistics.report.wording import sentence_case

__all__ = ["Chart", "chart_of"]

_FAR = 12.0
_PROVISIONAL = ("P", "E", "F", "I")


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with what stands around it.

    Parameters
    ----------
    kind
        ``lines``, ``panels``, ``bars`` or ``map``.
    drawings
        One a width of the screen.
    notes
        Sentences below it.
    legend
        Class and text, of maps.
    points
        Texts under the pointer, a line a period.
    attribution
        Line that the licence of the boundaries asks for.
    """

    kind: str
    drawings: tuple[Markup, ...]
    notes: tuple[str, ...]
    legend: tuple[tuple[int, str], ...] = ()
    points: str = ""
    attribution: str = ""


def chart_of(catalogue: Catalogue, figures: Figures, words: Words, sentence: str) -> Chart | None:
    """Chart of a choice; None where there is nothing to draw."""
    if not figures.count("shown"):
        return None
    told = words("explore.chart_alt", sentence=sentence)
    selection = figures.selection
    if selection.chart == "map" and catalogue.boundaries is not None:
        return _map(catalogue, figures, words, told)
    if selection.chart == "bars" and selection.by:
        return _bars(figures, words, told)
    if len(figures.periods) < 2:
        return _bars(figures, words, told) if selection.by else None
    if len(figures.lines) > MOST_LINES or _far_apart(figures):
        return _panels(figures, words, told)
    drawings = (
        lines_svg(figures, words, told, width=760, height=320, variant="wide"),
        lines_svg(figures, words, told, width=360, height=280, variant="narrow"),
    )
    return Chart("lines", drawings, tuple(_notes(figures, words)), points=_points(figures, words))


def _far_apart(figures: Figures) -> bool:
    """Whether one scale would press some lines to the floor; areas keep one scale, on which they can be read."""
    highest = [max((point.value or 0.0 for point in line.points), default=0.0) for line in figures.lines]
    known = [value for value in highest if value]
    return figures.selection.by != "area" and len(known) > 1 and max(known) > _FAR * min(known)


def _map(catalogue: Catalogue, figures: Figures, words: Words, told: str) -> Chart | None:
    assert catalogue.boundaries is not None
    made = map_drawing(figures, catalogue.boundaries, words, told)
    if made is None:
        return Chart("map", (), (words("explore.map_none"),))
    circles = any(kind < 0 for kind, _ in made.legend)
    notes = (words("explore.map_count" if circles else "explore.map_rate"),)
    return Chart("map", (made.drawing,), notes, made.legend, attribution=catalogue.boundaries.attribution)


def _bars(figures: Figures, words: Words, told: str) -> Chart:
    drawings = (
        bars_svg(figures, words, told, width=760, variant="wide"),
        bars_svg(figures, words, told, width=360, variant="narrow"),
    )
    notes = [sentence_case(words.period(figures.periods[-1])) + "."]
    if figures.bounded:
        notes.append(words("explore.note_whisker"))
    if figures.selection.by == "area":
        notes.append(words("explore.note_order"))
    notes += _states(figures, words)
    return Chart("bars", drawings, (*notes, *_cut(figures, words, MOST_BARS)))


def _panels(figures: Figures, words: Words, told: str) -> Chart:
    drawings = (
        panels_svg(figures, words, told, width=760, columns=3, variant="wide"),
        panels_svg(figures, words, told, width=360, columns=1, variant="narrow"),
    )
    notes = [words("explore.note_scale"), *_cut(figures, words, MOST_PANELS)]
    if figures.selection.by == "area":
        notes.append(words("explore.note_order"))
    notes += _states(figures, words)
    return Chart("panels", drawings, tuple(notes))


def _states(figures: Figures, words: Words) -> list[str]:
    """What the places without a figure mean."""
    keys = {"suppressed": "note_hatched", "missing": "note_grey"}
    return [words(f"explore.{key}") for state, key in keys.items() if figures.count(state)]


def _cut(figures: Figures, words: Words, most: int) -> list[str]:
    every = len(figures.lines)
    return [words("explore.note_cut", shown=most, all=every)] if every > most else []


def _notes(figures: Figures, words: Words) -> list[str]:
    """Sentences for the band, gaps, withheld figures, breaks and provisional figures."""
    found = []
    one = len(figures.lines) == 1
    if figures.bounded:
        found.append(words("explore.note_band" if one else "explore.note_bands"))
    if one:
        for state, key in (("missing", "note_gap"), ("suppressed", "note_withheld")):
            spans = [
                words.span(figures.periods[start], figures.periods[end - 1])
                for start, end in runs([point.state == state for point in figures.lines[0].points])
            ]
            if spans:
                found.append(words(f"explore.{key}", spans=words.listed(spans)))
    points = [point for line in figures.lines for point in line.points]
    breaks = {point.period.code: point for point in points if point.status == "B"}
    for point in breaks.values():
        key = "note_break_why" if point.note else "note_break"
        found.append(words(f"explore.{key}", period=words.period(point.period), note=point.note))
    if any(point.status in _PROVISIONAL and point.value is not None for point in points):
        found.append(words("explore.note_provisional"))
    return found


def _points(figures: Figures, words: Words) -> str:
    """One line a period: its name, a tab, its figures in words."""
    found = []
    for index, period in enumerate(figures.periods):
        texts = []
        for line in figures.lines:
            point = line.points[index]
            if point.value is None:
                text = words("explore.withheld" if point.state == "suppressed" else "explore.no_data")
            else:
                between = words.between(point.lower, point.upper, figures.digits)
                text = words.number(point.value, figures.digits) + (f" ({between})" if between else "")
            texts.append(f"{line.name}: {text}" if line.name else text)
        found.append(sentence_case(words.period(period)) + "\t" + "\v".join(texts))
    return "\n".join(found)

"""Options that the commands of ``kyoto reoffending`` share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "Adjustment",
    "AtOption",
    "ByOption",
    "ChartOption",
    "CompetingOption",
    "EventOption",
    "FileArgument",
    "FollowUpOption",
    "LevelOption",
    "NeededTimeOption",
    "SourceOption",
    "StartOption",
    "ThresholdOption",
    "TimeOption",
    "TitleOption",
    "Unit",
    "UnitOption",
]


class Unit(StrEnum):
    """Units of time."""

    days = "days"
    weeks = "weeks"
    months = "months"
    years = "years"


class Adjustment(StrEnum):
    """Ways to adjust a comparison."""

    direct = "direct"
    weights = "weights"


FileArgument = Annotated[
    str, typer.Argument(metavar="FILE", help="CSV, Excel or Parquet, one row a person; - reads standard input.")
]
EventOption = Annotated[
    str, typer.Option("--event", metavar="COLUMN[=VALUE]", help="Column that says yes or no, or its value that is yes.")
]
TimeOption = Annotated[
    str | None,
    typer.Option("--time", metavar="COLUMN", help="Time to the event, or to the end of follow-up; may be empty there."),
]
NeededTimeOption = Annotated[
    str, typer.Option("--time", metavar="COLUMN", help="Time to the event, or to the end of follow-up.")
]
StartOption = Annotated[
    str | None, typer.Option("--start", metavar="COLUMN", help="First day, where --time holds dates; counted in days.")
]
UnitOption = Annotated[Unit, typer.Option("--unit", help="Unit of times and windows.")]
ByOption = Annotated[list[str] | None, typer.Option("--by", metavar="COLUMN", help="Column of groups; repeatable.")]
LevelOption = Annotated[float, typer.Option("--level", min=0.5, max=0.999, help="Confidence of the limits.")]
ThresholdOption = Annotated[
    int,
    typer.Option("--threshold", min=1, help="Groups of fewer persons are withheld; a build also follows [disclosure]."),
]
FollowUpOption = Annotated[
    str | None, typer.Option("--follow-up", metavar="COLUMN", help="How long each person could be followed.")
]
CompetingOption = Annotated[
    list[str] | None,
    typer.Option("--competing", metavar="VALUE", help="Value of the event column that is another event; repeatable."),
]
AtOption = Annotated[
    list[float] | None, typer.Option("--at", metavar="TIME", help="Time at which to give figures; repeatable.")
]
ChartOption = Annotated[Path | None, typer.Option("--chart", help="Write a chart: .svg, .png or .html.")]
TitleOption = Annotated[str | None, typer.Option("--title", help="Heading of the chart.")]
SourceOption = Annotated[str, typer.Option("--source", help="Where the data come from; stands under the chart.")]

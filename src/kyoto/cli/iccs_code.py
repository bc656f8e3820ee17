"""``kyoto iccs code``: suggest classes for national titles, then apply what a person accepted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from kyoto.statistics.classification.coder import Suggestions, Titles

__all__ = ["code"]

_MOST_ROWS = 40


def code(
    file: Annotated[
        str | None, typer.Argument(help="CSV, Excel or Parquet file, or - for CSV on standard input.")
    ] = None,
    column: Annotated[str | None, typer.Option("--column", "-c", help="Column that holds the titles.")] = None,
    group: Annotated[
        str | None, typer.Option("--group", help="Column with the chapter of the national classification, as context.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write a review file for a person to accept.")] = None,
    top: Annotated[int, typer.Option("--top", "-n", min=1, max=9, help="Suggestions for each title.")] = 3,
    leave_out: Annotated[
        list[str] | None,
        typer.Option("--leave-out", help="Country whose tables must not help, such as US; may be repeated."),
    ] = None,
    texts: Annotated[
        Path | None, typer.Option("--texts", help="Your CSV of definitions, inclusions and exclusions.")
    ] = None,
    apply: Annotated[Path | None, typer.Option("--apply", help="A review file that a person completed.")] = None,
    as_file: Annotated[
        Path | None, typer.Option("--as", help="With --apply: the correspondence table to write.")
    ] = None,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Suggest ICCS classes for national titles or free text; apply only what a person accepted."""
    if apply is not None:
        _apply(apply, as_file, file)
        return
    _need(file, column, as_file)
    assert file is not None and column is not None  # _need has refused the rest
    titles, found = _suggested(file, column, group, top, leave_out or [], texts)
    if out is not None:
        from kyoto.statistics.classification.coder import write_review

        write_review(out, found, titles.counts)
    if as_json or as_csv:
        print_rows(_long_rows(titles, found), as_json=as_json, as_csv=as_csv, columns=_LONG)
    else:
        _print_table(titles, found, out)


_LONG = ("title", "count", "rank", "iccs_code", "iccs_title", "score", "reason")


def _apply(review: Path, target: Path | None, file: str | None) -> None:
    from kyoto.core.errors import KyotoError
    from kyoto.statistics.classification.coder import apply_review

    if target is None or file is not None:
        raise KyotoError(
            "--apply needs --as, and no FILE",
            code="coder.apply-usage",
            hint="Write: kyoto iccs code --apply review.csv --as correspondence.csv",
        )
    decisions = apply_review(review, target)
    outside = sum(link.match == "none" for link in decisions.links)
    typer.echo(
        f"{target}: {len(decisions.links):,} accepted titles ({outside:,} outside ICCS); "
        f"{decisions.undecided:,} without a decision left out."
    )
    typer.echo(f"Check it: kyoto iccs check {target}")


def _need(file: str | None, column: str | None, as_file: Path | None) -> None:
    from kyoto.core.errors import KyotoError

    missing = [name for name, value in (("FILE", file), ("--column", column)) if value is None]
    if missing or as_file is not None:
        raise KyotoError(
            f"{' and '.join(missing)} must be given" if missing else "--as goes with --apply",
            code="coder.usage",
            hint="Write: kyoto iccs code offences.csv --column title --out review.csv",
        )


def _suggested(
    file: str, column: str, group: str | None, top: int, leave_out: list[str], texts: Path | None
) -> tuple[Titles, Suggestions]:
    from kyoto.cli.input import input_file
    from kyoto.statistics.classification.coder import read_titles, suggest

    with input_file(file) as path:
        titles = read_titles(path, column, group=group, shown=file)
    with _Watched(len(titles.titles)) as done:
        found = suggest(titles.titles, top=top, leave_out=leave_out, groups=titles.groups, texts=texts, done=done)
    return titles, found


class _Watched:
    """A progress bar on a terminal while the titles are compared."""

    def __init__(self, count: int) -> None:
        from kyoto.cli.progress import progress_bar

        self._count, self._done = max(count, 1), 0
        self._bar = progress_bar()

    def __enter__(self) -> Callable[[int], None]:
        self._bar.start(1.0)
        self._bar.part("comparing titles", 1.0, lambda: self._done / self._count)
        return self._set

    def __exit__(self, *_: object) -> None:
        self._bar.part_done("comparing titles")
        self._bar.stop()

    def _set(self, done: int) -> None:
        self._done = done


def _long_rows(titles: Titles, found: Suggestions) -> list[dict[str, Any]]:
    counts = dict(zip(titles.titles, titles.counts, strict=True))
    frame = found.tidy()
    frame.insert(1, "count", [counts[title] for title in frame["title"]])
    frame["score"] = frame["score"].round(3)
    return [dict(zip(_LONG, row, strict=True)) for row in frame[list(_LONG)].itertuples(index=False)]


def _print_table(titles: Titles, found: Suggestions, out: Path | None) -> None:
    rows = []
    for row, (title, count) in enumerate(zip(titles.titles[:_MOST_ROWS], titles.counts, strict=False)):
        for rank, one in enumerate(found[row], start=1):
            first = rank == 1
            rows.append(
                {
                    "title": title if first else "",
                    "count": count if first else None,
                    "": rank,
                    "code": one.code,
                    "class": one.title,
                    "score": f"{one.score:.2f}",
                    "why": one.reason,
                }
            )
        if not found[row]:
            rows.append(_silent_row(title, count))
    print_rows(rows, empty="The column holds no title.")
    more = len(titles.titles) - _MOST_ROWS
    if more > 0:
        typer.echo(f"... and {more:,} more titles; --out writes all of them, --csv prints them.")
    if titles.blank:
        typer.echo(f"{titles.blank:,} rows without a title.")
    if out is not None:
        typer.echo(f"Review file: {out}. Complete its column 'accepted', then:")
        typer.echo(f"  kyoto iccs code --apply {out} --as correspondence.csv")


def _silent_row(title: str, count: int) -> dict[str, Any]:
    empty = {"": None, "code": "", "class": "", "score": ""}
    return {"title": title, "count": count, **empty, "why": "no word of it is known"}

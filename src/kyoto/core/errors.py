"""Errors that a person can act on: what is wrong, where, and what to do about it.

Every error a user can cause is a :class:`KyotoError`. It names the place (file, line, column, key), what was
expected, what was found, and a hint. ``code`` is stable: documentation, scripts and tests refer to it.
A reader that finds several problems raises them together as one :class:`KyotoErrors`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

__all__ = ["KyotoError", "KyotoErrors", "Problems", "Where", "did_you_mean", "extra_hint", "nearest"]


@dataclass(frozen=True, slots=True)
class Where:
    """Place of a problem; any part may be unknown.

    Parameters
    ----------
    file
        Path of the file, as the user wrote it where possible.
    line
        Line number, counted from 1.
    column
        Name of the column of a table.
    key
        Dotted key of a settings file, such as ``sources.street.columns.id``.
    """

    file: str | None = None
    line: int | None = None
    column: str | None = None
    key: str | None = None

    def __str__(self) -> str:
        place = self.file or ""
        if self.line is not None:
            place += f":{self.line}" if place else f"line {self.line}"
        parts = [place] if place else []
        if self.key:
            parts.append(f"[{self.key}]")
        if self.column:
            parts.append(f"column {self.column!r}")
        return ", ".join(parts)


class KyotoError(Exception):
    """A problem the user can solve.

    Parameters
    ----------
    title
        One sentence without a final full stop: what is wrong.
    code
        Stable identifier, ``room.what-is-wrong``, for example ``source.wrong-column``.
    detail
        Why it is wrong, or what was tried.
    where
        The place of the problem.
    expected, got
        What would have been right, and what was found.
    hint
        The remedy, as an instruction.

    Examples
    --------
    >>> error = KyotoError("No such column", code="source.wrong-column",
    ...                    where=Where(file="a.csv", column="Crime typ"),
    ...                    hint="Did you mean 'Crime type'?")
    >>> print(error)
    No such column
      where: a.csv, column 'Crime typ'
      hint: Did you mean 'Crime type'?
      code: source.wrong-column
    """

    def __init__(
        self,
        title: str,
        *,
        code: str,
        detail: str = "",
        where: Where | None = None,
        expected: str = "",
        got: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(title)
        self.title = title
        self.code = code
        self.detail = detail
        self.where = where or Where()
        self.expected = expected
        self.got = got
        self.hint = hint

    @property
    def problems(self) -> tuple[KyotoError, ...]:
        """This error as a tuple of single problems, so that one and many are read alike."""
        return (self,)

    def fields(self) -> dict[str, str]:
        """Labelled parts in reading order, without the empty ones."""
        parts = {
            "where": str(self.where),
            "expected": self.expected,
            "got": self.got,
            "detail": self.detail,
            "hint": self.hint,
            "code": self.code,
        }
        return {label: text for label, text in parts.items() if text}

    def to_dict(self) -> dict[str, Any]:
        """JSON-able form for machines: title and :meth:`fields`."""
        return {"title": self.title, **self.fields()}

    def __str__(self) -> str:
        lines = [self.title]
        lines += [f"  {label}: {text}" for label, text in self.fields().items()]
        return "\n".join(lines)


class KyotoErrors(KyotoError):
    """Several problems of one input, reported in one pass.

    Parameters
    ----------
    problems
        Two or more errors, in the order in which they were found.
    """

    def __init__(self, problems: Iterable[KyotoError]) -> None:
        self._problems = tuple(problems)
        first = self._problems[0]
        super().__init__(f"{len(self._problems)} problems", code=first.code, where=first.where)

    @property
    def problems(self) -> tuple[KyotoError, ...]:
        """The single problems."""
        return self._problems

    def __str__(self) -> str:
        return "\n".join([self.title, *(str(problem) for problem in self._problems)])


class Problems:
    """Collector: add every problem of an input, then raise them all at once.

    Examples
    --------
    >>> problems = Problems()
    >>> problems.raise_if_any()
    >>> problems.add(KyotoError("Empty file", code="source.empty-file"))
    >>> problems.raise_if_any()
    Traceback (most recent call last):
    ...
    kyoto.core.errors.KyotoError: Empty file
      code: source.empty-file
    """

    def __init__(self) -> None:
        self._found: list[KyotoError] = []

    def add(self, error: KyotoError) -> None:
        """Keep one error (or the parts of a :class:`KyotoErrors`)."""
        self._found.extend(error.problems)

    def __len__(self) -> int:
        return len(self._found)

    def raise_if_any(self) -> None:
        """Raise what was collected.

        Raises
        ------
        KyotoError
            The single problem, or a :class:`KyotoErrors` that holds all of them.
        """
        if len(self._found) == 1:
            raise self._found[0]
        if self._found:
            raise KyotoErrors(self._found)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word most like the given one, or None where none is near.

    Examples
    --------
    >>> nearest("Crime typ", ["Crime type", "Month"])
    'Crime type'
    """
    candidates = list(known)
    lowered = {candidate.casefold(): candidate for candidate in candidates}
    found = difflib.get_close_matches(word.casefold(), list(lowered), n=1, cutoff=0.6)
    return lowered[found[0]] if found else None


def extra_hint(*extras: str) -> str:
    """Say how to install what only some commands need.

    Examples
    --------
    >>> extra_hint("portal", "cooperation")
    "In the folder of Kyoto's clone: pip install -c constraints.txt '.[portal,cooperation]'"
    """
    return f"In the folder of Kyoto's clone: pip install -c constraints.txt '.[{','.join(extras)}]'"


def did_you_mean(word: str, known: Iterable[str], *, limit: int = 12) -> str:
    """Hint that names the nearest known word, or lists the known ones.

    Examples
    --------
    >>> did_you_mean("yaer", ["year", "month"])
    "Did you mean 'year'?"
    >>> did_you_mean("zzz", ["year", "month"])
    'Known: month, year.'
    """
    candidates = sorted(set(known))
    best = nearest(word, candidates)
    if best is not None:
        return f"Did you mean {best!r}?"
    shown = ", ".join(candidates[:limit])
    more = f" and {len(candidates) - limit} more" if len(candidates) > limit else ""
    return f"Known: {shown}{more}." if candidates else ""

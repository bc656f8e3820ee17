"""Conditions over concept names: a small language for correspondence tables and counting rules.

``victim_age < 18``, ``attempted``, ``not attempted``, ``sex == "F" and age >= 15``, ``iccs in ("0101", "0102")``,
``iccs startswith "0501"``. Nothing of it is executed as code: it is parsed here and becomes an Ibis expression.

Missing values follow three-valued logic: a comparison with a missing value is neither true nor false, and what is
undecided at the end does not hold. ``_U`` (unknown) counts as missing unless the condition itself asks for it; so
``not attempted`` does not hold for records of which it is unknown whether the crime was attempted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import eq, ge, gt, le, lt, ne, or_
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from kyoto.core.errors import KyotoError, did_you_mean

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["Condition", "parse_condition"]

Value: TypeAlias = str | float | int | bool
_UNKNOWN = "_U"
_OPERATIONS = {"==": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
_TRUE = "1"  # the ICCS event variable At: 1 attempted, 2 completed


@dataclass(frozen=True, slots=True)
class _Flag:
    """A bare name."""

    name: str


@dataclass(frozen=True, slots=True)
class _Compare:
    """A name against literals; ``operator`` is ``in``, ``startswith`` or a comparison sign."""

    name: str
    operator: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class _Not:
    part: _Node


@dataclass(frozen=True, slots=True)
class _Both:
    """``and`` or ``or`` of two parts."""

    operator: str
    left: _Node
    right: _Node


_Node: TypeAlias = _Flag | _Compare | _Not | _Both


@dataclass(frozen=True, slots=True)
class Condition:
    """A parsed condition; equal where it says the same.

    Parameters
    ----------
    text
        What the user wrote.
    names
        Concept names it uses, in the order of their first use.
    """

    text: str
    names: tuple[str, ...]
    _root: _Node

    def missing_names(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Names that are not among the columns: where there are any, the condition cannot be decided."""
        known = set(columns)
        return tuple(name for name in self.names if name not in known)

    def expression(self, table: ir.Table) -> ir.BooleanValue:
        """Boolean column over an Ibis table; never null: what is missing does not hold.

        Parameters
        ----------
        table
            Ibis table with a column for every name of the condition; ``<number or date>_status`` may be absent, which
            means that no record has one.

        Returns
        -------
        ibis.expr.types.BooleanValue
            Works on every engine that Ibis has.

        Raises
        ------
        KyotoError
            ``condition.unknown-name`` with the nearest column, or ``condition.type`` where a literal cannot be
            compared with its column.

        Examples
        --------
        >>> import ibis
        >>> table = ibis.memtable({"victim_age": [12, 40, None]})
        >>> parse_condition("victim_age < 18").expression(table).execute().tolist()
        [True, False, False]
        """
        import ibis

        columns = {name: table[name] for name in self.names if name in table.columns}
        for name in self.missing_names(table.columns):
            stem = name.removesuffix("_status")
            if stem in table.columns and not table[stem].type().is_string():
                columns[name] = ibis.cases((table[stem].isnull(), ibis.null("string")))  # of the table, and empty
                continue
            raise KyotoError(
                f"The condition names {name!r}, which the records do not have",
                code="condition.unknown-name",
                detail=self.text,
                got=name,
                hint=did_you_mean(name, table.columns),
            )
        return _expression(self._root, columns, self.text).fill_null(False)


def parse_condition(text: str) -> Condition:
    """Parse a condition.

    Parameters
    ----------
    text
        Names, literals in quotes, numbers, ``true`` and ``false``; ``==``, ``!=``, ``<``, ``<=``, ``>``, ``>=``,
        ``in (...)``, ``not in (...)``, ``startswith``; ``and``, ``or``, ``not`` and brackets.

    Raises
    ------
    KyotoError
        ``condition.syntax``, with the position of the first character that does not fit.

    Examples
    --------
    >>> parse_condition('sex == "F" and age >= 15').names
    ('sex', 'age')
    >>> parse_condition("victim_age < ")
    Traceback (most recent call last):
    ...
    kyoto.core.errors.KyotoError: The condition cannot be read
      expected: a text in quotes, a number, true or false
      got: the end, at position 14
      detail: victim_age <
      code: condition.syntax
    """
    root = _Parser(text).whole()
    return Condition(text, tuple(dict.fromkeys(_names(root))), root)


_TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>"[^"]*"|'[^']*')
    | (?P<number>-?\d+(?:\.\d+)?(?![\w.]))
    | (?P<word>[^\W\d]\w*)
    | (?P<sign>==|!=|<=|>=|<|>|\(|\)|,)
    )""",
    re.VERBOSE,
)
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_KEYWORDS = ("and", "or", "not", "in", "startswith", "true", "false")


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int


class _Parser:
    """Recursive descent; one method a rule of the grammar."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(self._tokens())
        self.at = 0

    def _tokens(self) -> Iterator[_Token]:
        position = 0
        end = len(self.text.rstrip())
        while position < end:
            match = _TOKEN.match(self.text, position)
            if match is None:
                start = position + len(self.text[position:]) - len(self.text[position:].lstrip())
                self._refuse("a name, a literal, a comparison or a bracket", start)
            group = match.lastgroup or ""
            word = match.group(group)
            yield _Token("keyword" if word in _KEYWORDS else group, word, match.start(group))
            position = match.end()
        yield _Token("end", "", len(self.text))

    @property
    def token(self) -> _Token:
        return self.tokens[self.at]

    def whole(self) -> _Node:
        root = self.either()
        if self.token.kind != "end":
            self._refuse("'and', 'or' or the end", self.token.start)
        return root

    def either(self) -> _Node:
        left = self.both()
        while self._take("or"):
            left = _Both("or", left, self.both())
        return left

    def both(self) -> _Node:
        left = self.negation()
        while self._take("and"):
            left = _Both("and", left, self.negation())
        return left

    def negation(self) -> _Node:
        return _Not(self.negation()) if self._take("not") else self.statement()

    def statement(self) -> _Node:
        if self._take("("):
            inner = self.either()
            self._demand(")")
            return inner
        if self.token.kind != "word":
            self._refuse("a name, 'not' or '('", self.token.start)
        name = self._next().text
        if self.token.text in _COMPARISONS:
            return _Compare(name, self._next().text, (self.literal(),))
        if self._take("startswith"):
            return _Compare(name, "startswith", self._texts())
        if self._take("in"):
            return _Compare(name, "in", self.literals())
        if self.token.text == "not":
            self._next()
            self._demand("in")
            return _Not(_Compare(name, "in", self.literals()))
        return _Flag(name)

    def literals(self) -> tuple[Value, ...]:
        self._demand("(")
        found = [self.literal()]
        while self._take(","):
            if self.token.text == ")":
                break
            found.append(self.literal())
        self._demand(")")
        return tuple(found)

    def literal(self) -> Value:
        token = self.token
        if token.kind == "text":
            return self._next().text[1:-1]
        if token.kind == "number":
            text = self._next().text
            return float(text) if "." in text else int(text)
        if token.text in ("true", "false"):
            return self._next().text == "true"
        return self._refuse("a text in quotes, a number, true or false", token.start)

    def _texts(self) -> tuple[Value, ...]:
        start = self.token.start
        values = self.literals() if self.token.text == "(" else (self.literal(),)
        if not all(isinstance(value, str) for value in values):
            self._refuse("a text in quotes", start)
        return values

    def _next(self) -> _Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def _take(self, text: str) -> bool:
        if self.token.kind in ("sign", "keyword") and self.token.text == text:
            self.at += 1
            return True
        return False

    def _demand(self, text: str) -> None:
        if not self._take(text):
            self._refuse(repr(text), self.token.start)

    def _refuse(self, expected: str, start: int) -> NoReturn:
        got = next((token.text for token in getattr(self, "tokens", []) if token.start == start), self.text[start:])
        raise KyotoError(
            "The condition cannot be read",
            code="condition.syntax",
            expected=expected,
            got=f"{got!r} at position {start + 1}" if got else f"the end, at position {start + 1}",
            detail=self.text.strip(),
        )


def _names(node: _Node) -> Iterator[str]:
    if isinstance(node, (_Flag, _Compare)):
        yield node.name
    elif isinstance(node, _Not):
        yield from _names(node.part)
    else:
        yield from _names(node.left)
        yield from _names(node.right)


def _expression(node: _Node, columns: Mapping[str, ir.Column], text: str) -> ir.BooleanValue:
    if isinstance(node, _Flag):
        return _flag(columns[node.name])
    if isinstance(node, _Not):
        return ~_expression(node.part, columns, text)
    if isinstance(node, _Both):
        left, right = _expression(node.left, columns, text), _expression(node.right, columns, text)
        return left & right if node.operator == "and" else left | right
    return _compare(columns[node.name], node, text)


def _flag(column: ir.Column) -> ir.BooleanValue:
    """True where the value is ``1`` or true; undecided where it is missing or ``_U``."""
    kind = column.type()
    if kind.is_boolean():
        return column
    if kind.is_string():
        return column.nullif(_UNKNOWN) == _TRUE
    return column == 1


def _compare(column: ir.Column, node: _Compare, text: str) -> ir.BooleanValue:
    if column.type().is_string() and _UNKNOWN not in node.values:
        column = column.nullif(_UNKNOWN)
    if node.operator == "startswith":
        return reduce(or_, (column.cast("string").startswith(value) for value in node.values))
    operation = _OPERATIONS["==" if node.operator == "in" else node.operator]
    return reduce(or_, (operation(*_comparable(column, value, node.name, text)) for value in node.values))


def _comparable(column: ir.Column, value: Value, name: str, text: str) -> tuple[ir.Value, Any]:
    """Column and literal brought to one type; a text that holds no number is missing where a number is asked."""
    kind = column.type()
    if isinstance(value, bool):
        return _flag(column), value
    if kind.is_string():
        return (column, value) if isinstance(value, str) else (column.try_cast("float64"), float(value))
    if kind.is_boolean() and not isinstance(value, str):
        return column.cast("int64"), value
    if kind.is_temporal() and isinstance(value, str):
        return column.cast("date"), _date(value, name, text)
    if kind.is_numeric():
        return column, _number(value, name, text)
    raise _wrong_type(name, value, str(kind), text)


def _number(value: Value, name: str, text: str) -> float:
    try:
        return value if isinstance(value, (int, float)) else float(value)
    except ValueError:
        raise _wrong_type(name, value, "number", text) from None


def _date(value: str, name: str, text: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise _wrong_type(name, value, "date (2026-01-31)", text) from None


def _wrong_type(name: str, value: Value, kind: str, text: str) -> KyotoError:
    return KyotoError(
        f"{name!r} cannot be compared with {value!r}",
        code="condition.type",
        expected=f"a {kind}",
        got=repr(value),
        detail=text,
    )

"""The project file: ``kyoto.toml`` read once, checked in one pass, with the line of every problem.

:func:`load_project` finds and parses the file. Each room reads its own section through :class:`Section`, which
knows where every key stands and reports wrong types and unknown keys together.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, overload

from kyoto.core.errors import KyotoError, Problems, Where, did_you_mean

__all__ = ["PROJECT_FILE", "Project", "Section", "load_project"]

PROJECT_FILE = "kyoto.toml"

Value = TypeVar("Value")

_TYPE_NAMES = {
    str: "text in quotes",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list in [ ]",
    dict: "a table",
}


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with a ``kyoto.toml``.

    Parameters
    ----------
    folder
        Folder that relative paths in the file start from.
    file
        The project file itself.
    data
        Parsed TOML.
    text
        Its text, for the lines of problems.
    """

    folder: Path
    file: Path
    data: Mapping[str, Any]
    text: str = field(repr=False)

    @property
    def build_folder(self) -> Path:
        """Folder that ``kyoto build`` fills."""
        return self.folder / "build"

    def section(self, *path: str, problems: Problems) -> Section:
        """Section at a dotted path; an absent one reads as empty.

        Examples
        --------
        >>> project = Project(Path("."), Path("kyoto.toml"), {"project": {"title": "T"}}, "")
        >>> project.section("project", problems=Problems()).text("title")
        'T'
        """
        value: Any = self.data
        for key in path:
            value = value.get(key, {}) if isinstance(value, Mapping) else {}
        if not isinstance(value, Mapping):
            problems.add(self.problem("Not a section", *path, expected="a table such as [" + ".".join(path) + "]"))
            value = {}
        return Section(self, path, value, problems)

    def line_of(self, *path: str) -> int | None:
        """Line on which a key stands, or the nearest section above it that does; None if neither is found."""
        return _line_of(self.text, path)

    def problem(self, title: str, *path: str, code: str = "project.wrong-value", **parts: str) -> KyotoError:
        """Error that points at a key of this file."""
        where = Where(file=str(self.file), line=self.line_of(*path), key=".".join(path) or None)
        return KyotoError(title, code=code, where=where, **parts)


class Section:
    """One table of the project file. Take what you know, then call :meth:`finish`.

    Every method records a problem instead of raising, so that all problems of the file come out in one pass.
    """

    def __init__(self, project: Project, path: tuple[str, ...], data: Mapping[str, Any], problems: Problems) -> None:
        self.project = project
        self.path = path
        self.data = data
        self.problems = problems
        self._asked: set[str] = set()

    @property
    def name(self) -> str:
        """Last part of the section's path."""
        return self.path[-1]

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def __iter__(self) -> Iterator[str]:
        return iter(self.data)

    def keys(self) -> list[str]:
        """Keys that the user wrote, in order."""
        return list(self.data)

    @overload
    def text(self, key: str, default: str, *, choices: Iterable[str] = ...) -> str: ...
    @overload
    def text(self, key: str, default: None = ..., *, choices: Iterable[str] = ...) -> str | None: ...
    def text(self, key: str, default: str | None = None, *, choices: Iterable[str] = ()) -> str | None:
        """Text at ``key``; with ``choices`` one of them."""
        value = self._take(key, str, default)
        known = list(choices)
        if known and value is not None and value not in known:
            self.wrong(
                key,
                f"Unknown value {value!r}",
                expected="one of " + ", ".join(known),
                hint=did_you_mean(value, known),
            )
            return default
        return value

    def number(self, key: str, default: float | None = None) -> float | None:
        """Number at ``key``."""
        value = self.data.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            self._asked.add(key)
            return float(value)
        return self._take(key, float, default)

    def whole(self, key: str, default: int | None = None, *, least: int | None = None) -> int | None:
        """Whole number at ``key``, not below ``least``."""
        value = self._take(key, int, default)
        if least is not None and value is not None and value < least:
            self.wrong(key, f"{value} is too small", expected=f"at least {least}")
            return default
        return value

    def flag(self, key: str, default: bool = False) -> bool:
        """True or false at ``key``."""
        value = self._take(key, bool, default)
        return default if value is None else value

    def texts(self, key: str, default: Iterable[str] = ()) -> tuple[str, ...]:
        """List of texts at ``key``; a single text counts as a list of one."""
        value = self.data.get(key)
        if isinstance(value, str):
            self._asked.add(key)
            return (value,)
        items = self._take(key, list, list(default)) or []
        if not all(isinstance(item, str) for item in items):
            self.wrong(key, "Not a list of texts", expected='for example ["a", "b"]', got=repr(items))
            return tuple(default)
        return tuple(items)

    def table(self, key: str) -> Section:
        """Sub-section at ``key``; empty if absent."""
        self._asked.add(key)
        return self.project.section(*self.path, key, problems=self.problems)

    def tables(self) -> list[Section]:
        """All sub-sections, in order: for sections whose keys are names the user chose."""
        self._asked.update(self.data)
        return [self.project.section(*self.path, key, problems=self.problems) for key in self.data]

    def raw(self, key: str, default: Any = None) -> Any:
        """Value of any type at ``key``."""
        self._asked.add(key)
        return self.data.get(key, default)

    def require(self, *keys: str) -> None:
        """Record a problem for every key that is absent."""
        for key in keys:
            if key not in self.data:
                where = f"[{'.'.join(self.path)}]"
                self.problems.add(
                    self.project.problem(
                        f"{key!r} is missing in {where}",
                        *self.path,
                        code="project.missing-key",
                        hint=f"Add a line `{key} = …` below {where}.",
                    )
                )

    def wrong(self, key: str, title: str, **parts: str) -> None:
        """Record a problem at ``key``."""
        self.problems.add(self.project.problem(title, *self.path, key, **parts))

    def finish(self) -> None:
        """Record a problem for every key that nobody took, with the nearest known one."""
        for key in self.data:
            if key not in self._asked:
                self.problems.add(
                    self.project.problem(
                        f"Unknown key {key!r}",
                        *self.path,
                        key,
                        code="project.unknown-key",
                        hint=did_you_mean(key, self._asked),
                    )
                )

    def _take(self, key: str, kind: type[Value], default: Value | None) -> Value | None:
        self._asked.add(key)
        if key not in self.data:
            return default
        value = self.data[key]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.wrong(key, f"{key!r} has the wrong type", expected=_TYPE_NAMES[kind], got=repr(value))
            return default
        return value


def load_project(path: str | Path) -> Project:
    """Read the project file of a folder.

    Parameters
    ----------
    path
        The folder, or the ``kyoto.toml`` in it.

    Returns
    -------
    Project

    Raises
    ------
    KyotoError
        ``project.missing-file``, ``project.not-toml``, ``project.wrong-encoding``, ``project.unreadable``.
    """
    given = Path(path)
    file = given / PROJECT_FILE if given.is_dir() or given.suffix != ".toml" else given
    where = Where(file=str(file))
    try:
        text = file.read_bytes().decode("utf-8-sig")
        data = tomllib.loads(text)
    except FileNotFoundError:
        raise KyotoError(
            "No project here",
            code="project.missing-file",
            where=where,
            hint="Run `kyoto new FOLDER` to make one, or name the folder that holds kyoto.toml.",
        ) from None
    except OSError as error:
        raise KyotoError(
            "Cannot read the project file",
            code="project.unreadable",
            where=where,
            detail=error.strerror or str(error),
        ) from error
    except UnicodeDecodeError as error:
        raise KyotoError(
            "The project file is not UTF-8",
            code="project.wrong-encoding",
            where=where,
            got=f"byte 0x{error.object[error.start]:02x} at position {error.start}",
            hint="Save it as UTF-8.",
        ) from error
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        raise KyotoError(
            "The project file is not valid TOML",
            code="project.not-toml",
            where=Where(file=str(file), line=int(found[1]) if found else None),
            detail=str(error),
            hint="Texts stand in quotes; every [section] and key stands once.",
        ) from error
    return Project(folder=file.parent, file=file, data=data, text=text)


def _line_of(text: str, path: tuple[str, ...]) -> int | None:
    """Line of the deepest part of ``path`` that the text names as a header or as a key below it."""
    best: int | None = None
    best_depth = 0
    header: tuple[str, ...] = ()
    names: tuple[str, ...]
    for number, line in enumerate(text.splitlines(), start=1):
        found = re.match(r"\s*\[\[?([^\[\]]+)\]\]?\s*(#.*)?$", line)
        if found:
            header = _key_parts(found[1])
            names = header
        else:
            key = re.match(r"""\s*("[^"]*"|'[^']*'|[\w.\- ]+?)\s*=""", line)
            if key is None:
                continue
            names = header + _key_parts(key[1])
        shared = min(len(names), len(path))  # [a.b] is where section a stands, too
        if shared > best_depth and names[:shared] == path[:shared]:
            best, best_depth = number, shared
    return best


def _key_parts(dotted: str) -> tuple[str, ...]:
    parts = re.findall(r'"([^"]*)"|\'([^\']*)\'|([^.\s"\']+)', dotted)
    return tuple(a or b or c for a, b, c in parts)

"""Finding a correspondence table: by the name of one that comes with Kyoto, or by the path of the user's own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kyoto.core.errors import KyotoError, Problems, Where, did_you_mean
from kyoto.statistics.classification.iccs import iccs, package_rows
from kyoto.statistics.classification.model import Correspondence, Finding, Link
from kyoto.statistics.classification.reading import link_of, read_rows
from kyoto.statistics.classification.validation import link_findings, row_findings

__all__ = ["KnownCorrespondence", "correspondence", "known_correspondences", "validate"]


@dataclass(frozen=True, slots=True)
class KnownCorrespondence:
    """A correspondence table that comes with Kyoto.

    Parameters
    ----------
    name
        How a project file names it.
    title, area
        What it is and where it applies (ISO 3166).
    status
        How far it can be trusted: what was verified, what was recalled, who made the mapping.
    """

    name: str
    title: str
    area: str
    status: str


@cache
def known_correspondences() -> tuple[KnownCorrespondence, ...]:
    """Tables that come with Kyoto.

    Examples
    --------
    >>> "uk-police" in [known.name for known in known_correspondences()]
    True
    """
    return tuple(
        KnownCorrespondence(row["name"], row["title"], row["area"], row["status"])
        for row in package_rows("correspondences.csv")
    )


def correspondence(name_or_path: str | Path, folder: Path | None = None) -> Correspondence:
    """Correspondence table by name or by path.

    Parameters
    ----------
    name_or_path
        A name of :func:`known_correspondences`, or the path of a CSV file of the documented form.
    folder
        Folder that a relative path starts from; the current one if not given.

    Returns
    -------
    Correspondence
        A table without errors.

    Raises
    ------
    KyotoError
        ``correspondence.unknown`` for a name that is not known; ``correspondence.missing-file``; or all errors of the
        file in one pass (see :func:`validate`).

    Examples
    --------
    >>> correspondence("us-nibrs").links[0].iccs_code
    '10091'
    >>> correspondence("uk-polise")
    Traceback (most recent call last):
    ...
    kyoto.core.errors.KyotoError: No correspondence table is called 'uk-polise'
      got: 'uk-polise'
      hint: Did you mean 'uk-police'? Or give the path of a CSV file.
      code: correspondence.unknown
    """
    named = _named(name_or_path)
    if named is not None:
        return _from_package(named)
    path = _path(name_or_path, folder)
    table, findings = _from_file(path)
    problems = Problems()
    for finding in findings:
        if finding.severity == "error":
            problems.add(_as_error(finding, str(path)))
    problems.raise_if_any()
    return table


def validate(target: Correspondence | str | Path, folder: Path | None = None) -> tuple[Finding, ...]:
    """Everything that is wrong with a table, or worth knowing about it.

    Parameters
    ----------
    target
        A table, its name, or the path of a CSV file.
    folder
        Folder that a relative path starts from.

    Returns
    -------
    tuple of Finding
        Errors first, then warnings, then notes; each in the order of the table.

    Raises
    ------
    KyotoError
        Only where there is no table to look at: ``correspondence.unknown`` or ``correspondence.missing-file``.

    Examples
    --------
    >>> [finding.severity for finding in validate("uk-police") if finding.severity == "error"]
    []
    """
    if isinstance(target, Correspondence):
        findings = link_findings(list(enumerate(target.links, start=2)))
    elif (named := _named(target)) is not None:
        findings = link_findings(list(enumerate(_from_package(named).links, start=2)))
    else:
        _, findings = _from_file(_path(target, folder))
    order = ("error", "warning", "note")
    return tuple(sorted(findings, key=lambda finding: order.index(finding.severity)))


def _named(name_or_path: str | Path) -> str | None:
    """Name of a table of the package; None for a path."""
    if isinstance(name_or_path, Path):
        return None
    known = [table.name for table in known_correspondences()]
    if name_or_path in known:
        return name_or_path
    if "/" in name_or_path or "\\" in name_or_path or name_or_path.casefold().endswith((".csv", ".tsv", ".txt")):
        return None
    raise KyotoError(
        f"No correspondence table is called {name_or_path!r}",
        code="correspondence.unknown",
        got=repr(name_or_path),
        hint=f"{did_you_mean(name_or_path, known, limit=30)} Or give the path of a CSV file.",
    )


def _path(name_or_path: str | Path, folder: Path | None) -> Path:
    path = (folder or Path()) / name_or_path
    if not path.is_file():
        raise KyotoError(
            "No such correspondence table",
            code="correspondence.missing-file",
            where=Where(file=str(path)),
            hint="Check the path; it starts from the folder of the project file, or from the current one.",
        )
    return path


@cache
def _from_package(name: str) -> Correspondence:
    known = next(table for table in known_correspondences() if table.name == name)
    links = (
        _identity()
        if name == "iccs"
        else tuple(link_of(row) for row in package_rows(f"correspondence_{name.replace('-', '_')}.csv"))
    )
    return Correspondence(name, known.title, known.area, links)


def _identity() -> tuple[Link, ...]:
    """ICCS itself as a table: for records that are coded already."""
    classification = iccs()
    own = [
        Link(category.code, f"{category.title} | {category.title_es}", "", category.code, "exact")
        for category in classification
    ]
    other = [
        Link(alias, "", "", code, "exact", note="Another printed code of the class.")
        for alias, code in classification.aliases.items()
    ]
    return (*own, *other)


def _from_file(path: Path) -> tuple[Correspondence, list[Finding]]:
    rows, findings = read_rows(path)
    findings += [finding for line, row in rows for finding in row_findings(line, row)]
    links = [(line, link_of(row)) for line, row in rows]
    faulty = {finding.line for finding in findings if finding.severity == "error"}
    sound = [(line, link) for line, link in links if line not in faulty]
    findings += link_findings(sound, complete=not faulty)
    findings.sort(key=lambda finding: finding.line or 0)
    table = Correspondence(path.stem, path.name, "", tuple(link for _, link in links), file=str(path))
    return table, findings


def _as_error(finding: Finding, file: str) -> KyotoError:
    return KyotoError(finding.message, code=finding.code, where=Where(file=file, line=finding.line), hint=finding.hint)

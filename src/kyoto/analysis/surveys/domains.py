"""Groups of rows that figures are made for, and the labels of categories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kyoto.analysis.surveys.arrays import Bools, Ints, codes_of, joint_codes

__all__ = ["Domains", "domains_of", "is_flag", "label_text", "with_one"]


@dataclass(frozen=True, slots=True, eq=False)
class Domains:
    """Groups of rows that figures are made for.

    Parameters
    ----------
    code
        Domain of each row, -1 for none, shape (rows,).
    labels
        Values of the disaggregations of each domain.
    """

    code: Ints
    labels: tuple[Mapping[str, str], ...]

    def __len__(self) -> int:
        return len(self.labels)

    def without(self, left_out: Bools) -> Domains:
        """The same domains without some rows."""
        return Domains(np.where(left_out, -1, self.code), self.labels)


def domains_of(by: Mapping[str, Any] | None, rows: int) -> Domains:
    """Domains from columns; a missing value is the group ``_U``.

    Parameters
    ----------
    by
        Column of each disaggregation, by its name.
    rows
        Number of rows.

    Examples
    --------
    >>> domains_of({"sex": ["F", None, "F"]}, 3).labels
    ({'sex': 'F'}, {'sex': '_U'})
    """
    if not by:
        return Domains(np.zeros(rows, dtype=np.int64), ({},))
    names, columns, levels = [], [], []
    for name, column in by.items():
        codes, labels = codes_of(column)
        texts = [label_text(label) for label in labels]
        if (codes < 0).any():
            codes, texts = np.where(codes < 0, len(texts), codes), [*texts, "_U"]
        names.append(name)
        columns.append(codes)
        levels.append(texts)
    joint, first = joint_codes(*columns)
    labels_of = tuple(
        {name: texts[codes[row]] for name, codes, texts in zip(names, columns, levels, strict=True)} for row in first
    )
    return Domains(joint, labels_of)


def label_text(label: Any) -> str:
    """Label as text; whole numbers without a decimal point.

    Examples
    --------
    >>> label_text(2.0), label_text("a"), label_text(True)
    ('2', 'a', 'true')
    """
    if isinstance(label, (bool, np.bool_)):
        return str(bool(label)).lower()
    if isinstance(label, (float, np.floating)) and float(label).is_integer():
        return str(int(label))
    return str(label)


def is_flag(labels: NDArray[Any]) -> bool:
    """Whether the levels of a category are 0 and 1, or one of them.

    Examples
    --------
    >>> is_flag(np.array([0.0, 1.0])), is_flag(np.array(["a", "b"]))
    (True, False)
    """
    return {label_text(label) for label in labels} <= {"0", "1", "false", "true"}


def with_one(labels: NDArray[Any]) -> NDArray[Any]:
    """Levels of a category; of 0 alone also the 1 that nobody has, whose share is then 0."""
    if is_flag(labels) and not {label_text(label) for label in labels} & {"1", "true"}:
        return np.array([*labels, "1"], dtype=object)
    return labels

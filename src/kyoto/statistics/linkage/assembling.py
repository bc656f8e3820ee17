"""From scored pairs to persons: thresholds, what reviewers decided, numbers of persons, quality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.statistics.linkage.clusters import Edges, cluster_records
from kyoto.statistics.linkage.missed import missed_share
from kyoto.statistics.linkage.model import Finding, LinkOptions
from kyoto.statistics.linkage.preparing import Prepared
from kyoto.statistics.linkage.quality import estimated_quality, labelled_quality
from kyoto.statistics.linkage.result import Linkage
from kyoto.statistics.linkage.training import Comparison, Scored

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["assembled", "clustered"]

LARGEST = 50
_SAME, _DIFFERENT = "same", "different"


def assembled(
    prepared: Prepared,
    options: LinkOptions,
    scored: Scored,
    comparisons: Sequence[Comparison],
    *,
    once: set[str],
    decided: Mapping[tuple[int, int], bool],
    known: Mapping[tuple[int, int], bool],
) -> Linkage:
    """Persons of all records from the scored pairs.

    Parameters
    ----------
    prepared
        The records.
    options
        Threshold and review range.
    scored
        Candidate pairs.
    comparisons
        Pairs weighed step by step.
    once
        Sources in which a person stands once.
    decided
        Pairs that reviewers settled: one person or not.
    known
        Labelled pairs, for the quality.
    """
    table = prepared.table
    names, numbers = _sources(table)
    bound = np.array([number if name in once else -1 for number, name in enumerate(names)])[numbers]
    pairs = _pair_frame(scored.pairs, decided)
    labels = clustered(table.num_rows, pairs, options.threshold, bound)
    left, right = pairs["left"].to_numpy(), pairs["right"].to_numpy()
    pairs = pairs.assign(linked=labels[left] == labels[right])
    ends = [int(clustered(table.num_rows, pairs, edge, bound).max()) + 1 for edge in options.review]
    missed = missed_share(table, left, right, pairs["probability"].to_numpy())
    quality = estimated_quality(pairs["probability"].to_numpy(), pairs["linked"].to_numpy(), missed)
    if known:
        first, second = np.array(list(known)).T
        quality = labelled_quality(list(known.values()), labels[first] == labels[second])
    return Linkage(
        records=_record_frame(table, names, numbers, labels),
        pairs=pairs,
        parameters=scored.parameters,
        options=options,
        once=bound,
        quality=quality,
        persons_between=(min(ends), max(ends)),
        comparisons=tuple(comparisons),
        findings=(*prepared.findings, *scored.findings, *_size_findings(labels)),
        missed=missed,
    )


def clustered(records: int, pairs: pd.DataFrame, threshold: float, once: Any) -> Any:
    """Cluster of each record when pairs at least so probable are links; decisions come before probabilities."""
    decision = pairs["decision"].to_numpy()
    edges = Edges(
        pairs["left"].to_numpy(),
        pairs["right"].to_numpy(),
        np.where(decision == _SAME, np.inf, pairs["weight"].to_numpy()),
    )
    linked = ((pairs["probability"].to_numpy() >= threshold) | (decision == _SAME)) & (decision != _DIFFERENT)
    return cluster_records(records, edges.chosen(linked), once=once, refused=edges.chosen(decision == _DIFFERENT))


def _sources(table: pa.Table) -> tuple[list[str], Any]:
    coded = table["source"].combine_chunks().dictionary_encode()
    return coded.dictionary.to_pylist(), coded.indices.to_numpy()


def _pair_frame(scored: pa.Table, decided: Mapping[tuple[int, int], bool]) -> pd.DataFrame:
    """Scored pairs with decisions; decided pairs that no rule found are added with the probability decided."""
    import pandas as pd

    frame: pd.DataFrame = scored.to_pandas().rename(
        columns={"record_l": "left", "record_r": "right", "match_weight": "weight", "match_probability": "probability"}
    )
    frame["decision"] = ""
    if not decided:
        return frame
    words = [_SAME if same else _DIFFERENT for same in decided.values()]
    rows = pd.DataFrame(list(decided), columns=["left", "right"]).assign(decided=words)
    frame = frame.merge(rows, how="outer", on=["left", "right"])
    frame["decision"] = frame["decided"].fillna("")
    settled = frame["decision"].map({_SAME: 1.0, _DIFFERENT: 0.0})
    frame["probability"] = settled.fillna(frame["probability"])
    frame["weight"] = frame["weight"].fillna(0.0)
    return frame.drop(columns="decided").sort_values(["left", "right"], ignore_index=True)


def _record_frame(table: pa.Table, names: list[str], numbers: Any, labels: Any) -> pd.DataFrame:
    import pandas as pd

    width = max(6, len(str(len(labels))))
    persons = np.array([f"P{number:0{width}}" for number in range(1, int(labels.max()) + 2)], dtype=object)
    return pd.DataFrame(
        {
            "source": pd.Categorical(np.array(names, dtype=object)[numbers], categories=names),
            "identifier": table["identifier"].to_pandas(),
            "person_id": persons[labels],
        }
    )


def _size_findings(labels: Any) -> list[Finding]:
    sizes = np.bincount(labels)
    large = int((sizes > LARGEST).sum())
    if not large:
        return []
    message = f"Persons with more than {LARGEST} records: look whether they are chains of several people."
    return [Finding("warning", "linkage.large-cluster", message, large)]

"""The attacker: works out from everything published what it can about every withheld cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kyoto.statistics.disclosure.settings import DisclosureSettings

if TYPE_CHECKING:
    import pandas as pd

    from kyoto.statistics.disclosure.result import JointAttack, NoiseAttack, Protected, Release

__all__ = ["attack", "attack_noise", "attack_releases", "attack_together"]


def attack(
    published: Sequence[Any],
    dimensions: Sequence[Sequence[str]],
    hierarchies: Mapping[str, Mapping[str, str]] | None = None,
    settings: DisclosureSettings | None = None,
    *,
    truth: Sequence[Any] | None = None,
) -> pd.DataFrame:
    """Feasible interval of every withheld cell of tables that are published together.

    Parameters
    ----------
    published
        Frames with the dimensions and ``value``, empty where withheld.
    dimensions, hierarchies
        As in :func:`~kyoto.statistics.disclosure.protect_linked`.
    settings
        The rules to judge by.
    truth
        The true cells of each table. With them the reader is taken to know exactly which sums hold, and the rules
        are judged cell by cell. Without, every sum is assumed to hold, and a cell counts as found if it is proved
        to be above zero and below the threshold.

    Returns
    -------
    pandas.DataFrame
        One row a withheld cell of a table: ``table`` (its place), the dimensions, ``lower`` and ``upper`` (infinity
        where nothing bounds it), ``narrower``: True where the interval is narrower than the rule allows.

    Raises
    ------
    KyotoError
        ``disclosure.contradictory-tables``: no table fits what is published.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"sex": ["_T", "F", "M"], "value": [5.0, None, 4.0]})
    >>> attack([table], [["sex"]])
       table sex  lower  upper  narrower
    0      0   F    1.0    1.0      True
    """
    return attack_releases(
        [published], dimensions, hierarchies, settings, truth=None if truth is None else [truth], only_additions=False
    ).drop(columns="release")


def attack_releases(
    releases: Sequence[Sequence[Any]],
    dimensions: Sequence[Sequence[str]],
    hierarchies: Mapping[str, Mapping[str, str]] | None = None,
    settings: DisclosureSettings | None = None,
    *,
    truth: Sequence[Sequence[Any]] | None = None,
    only_additions: bool = True,
) -> pd.DataFrame:
    """Feasible interval of every withheld cell of successive releases of the same tables, taken together.

    Parameters
    ----------
    releases
        For each release, oldest first, its tables.
    dimensions, hierarchies, settings
        As in :func:`attack`.
    truth
        For each release, the true cells of its tables.
    only_additions
        The reader knows that records were added and none removed: no cell is smaller than in the release before.

    Returns
    -------
    pandas.DataFrame
        As from :func:`attack`, with the column ``release`` (its place) first.
    """
    from kyoto.statistics.disclosure.releases import attacked_cells

    chosen = settings or DisclosureSettings("suppression")
    return attacked_cells(releases, dimensions, hierarchies or {}, chosen, truth, only_additions)


def attack_noise(
    tables: Sequence[Any],
    published: Sequence[Protected],
    dimensions: Sequence[Sequence[str]],
    hierarchies: Mapping[str, Mapping[str, str]] | None = None,
    settings: DisclosureSettings | None = None,
) -> NoiseAttack:
    """Averaging and differencing attack on tables with noise or rounding.

    Parameters
    ----------
    tables
        The true cells of each table.
    published
        What :func:`~kyoto.statistics.disclosure.protect_linked` made of them.
    dimensions, hierarchies, settings
        As there.

    Returns
    -------
    NoiseAttack

    Examples
    --------
    >>> import pandas as pd
    >>> from kyoto.statistics.disclosure import protect
    >>> cells = pd.DataFrame({"sex": ["_T", "F", "M"], "value": [40, 1, 39], "cell_key": [5, 6, 4294967295]})
    >>> found = attack_noise([cells], [protect(cells, ["sex"])], [["sex"]])
    >>> found.small_cells, found.small_found_averaged
    (1, 0.0)
    """
    from kyoto.statistics.disclosure.averaging import noise_attack

    chosen = settings or DisclosureSettings()
    return noise_attack(tables, published, dimensions, hierarchies or {}, chosen.threshold)


def attack_together(
    releases: Sequence[Release],
    dimensions: Sequence[Sequence[str]],
    hierarchies: Mapping[str, Mapping[str, str]] | None = None,
    settings: DisclosureSettings | None = None,
    *,
    largest_part: int = 30_000,
    work: int = 1_000_000,
) -> JointAttack:
    """What a reader who holds all tables and all releases with noise can prove of protected counts.

    Parameters
    ----------
    releases
        Oldest first; each with the true cells of its tables and what was published of them. Cells whose figure became
        zero count as shown with zero.
    dimensions, hierarchies
        As in :func:`~kyoto.statistics.disclosure.protect_linked`.
    settings
        Of the releases that do not say their own; cell-key perturbation if None. The threshold says what is protected.
    largest_part
        Cells that sums tie together, up to which programs are solved; of larger parts only single sums are looked at,
        and what these do not tell counts as not examined.
    work
        Programs that ask for one count alone, times the cells that each looks at; what is beyond counts as not
        examined.

    Returns
    -------
    JointAttack

    Examples
    --------
    Noise of at most one, three women in the parts and at most one less in the total: the reader need not guess.

    >>> import pandas as pd
    >>> from kyoto.statistics.disclosure import Release
    >>> true = pd.DataFrame({"age": ["_T", "a", "b", "c"], "value": [3, 1, 1, 1]})
    >>> shown = pd.DataFrame({"age": ["_T", "a", "b", "c"], "value": [2, 2, 2, 2]})
    >>> weak = DisclosureSettings(threshold=1, max_deviation=1, variance=0.5)
    >>> found = attack_together([Release([true], [shown])], [["age"]], settings=weak)
    >>> found.verdict, found.tidy()[["age", "lower", "upper"]].values.tolist()
    ('broken', [['a', 1.0, 1.0], ['b', 1.0, 1.0], ['c', 1.0, 1.0]])
    """
    from kyoto.statistics.disclosure.together import attacked_together

    chosen = settings or DisclosureSettings()
    return attacked_together(releases, dimensions, hierarchies or {}, chosen, largest_part=largest_part, work=work)

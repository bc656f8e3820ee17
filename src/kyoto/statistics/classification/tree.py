"""The classification as a tree: look up, walk up, walk down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from kyoto.core.errors import KyotoError, did_you_mean, nearest
from kyoto.statistics.classification.model import Category, CategoryTexts, IndexTerm, Variable

if TYPE_CHECKING:
    from kyoto.statistics.classification.search import Hit

__all__ = ["Classification"]


@dataclass(frozen=True)
class Classification:
    """A hierarchical classification; iterate over it to get its categories in printed order.

    Parameters
    ----------
    name
        Name and version.
    categories
        All entries, each after its parent.
    index
        Terms of the alphabetical index.
    variables
        Disaggregating variables with their value lists.
    aliases
        Other spellings of codes that are accepted on input, and the code each stands for.
    texts_by_code
        Explanatory texts, empty until :meth:`with_texts` reads the user's copy.

    Examples
    --------
    >>> from kyoto.statistics.classification import iccs
    >>> classification = iccs()
    >>> len(classification), "0101" in classification
    (320, True)
    >>> classification.get("020111").title
    'Serious assault'
    """

    name: str
    categories: tuple[Category, ...]
    index: tuple[IndexTerm, ...] = ()
    variables: tuple[Variable, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    texts_by_code: Mapping[str, CategoryTexts] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Category]:
        return iter(self.categories)

    def __len__(self) -> int:
        return len(self.categories)

    def __contains__(self, code: object) -> bool:
        return isinstance(code, str) and self._canonical(code) in self._by_code

    def get(self, code: str) -> Category:
        """Category of a code or of an alias.

        Parameters
        ----------
        code
            Text with leading zeros; blanks around it do not matter.

        Raises
        ------
        KyotoError
            ``classification.unknown-code``, with the nearest known code.

        Examples
        --------
        >>> from kyoto.statistics.classification import iccs
        >>> iccs().get("02049").code
        '02044'
        """
        found = self._by_code.get(self._canonical(code))
        if found is None:
            raise KyotoError(
                f"No category {code!r} in {self.name}",
                code="classification.unknown-code",
                expected="a code of 2, 4, 5 or 6 digits, as text with its leading zeros",
                got=repr(code),
                hint=self._hint(code.strip()),
            )
        return found

    def children(self, code: str) -> tuple[Category, ...]:
        """Classes directly below a code, in order.

        Examples
        --------
        >>> from kyoto.statistics.classification import iccs
        >>> [child.code for child in iccs().children("0103")]
        ['01031', '01032']
        """
        return self._children.get(self.get(code).code, ())

    def ancestors(self, code: str) -> tuple[Category, ...]:
        """Classes above a code, from its section down to its parent (without itself).

        Examples
        --------
        >>> from kyoto.statistics.classification import iccs
        >>> [above.code for above in iccs().ancestors("010321")]
        ['01', '0103', '01032']
        """
        found: list[Category] = []
        parent = self.get(code).parent
        while parent is not None:
            found.append(self._by_code[parent])
            parent = found[-1].parent
        return tuple(reversed(found))

    def descendants(self, code: str) -> tuple[Category, ...]:
        """All classes below a code (without itself), in printed order.

        Examples
        --------
        >>> from kyoto.statistics.classification import iccs
        >>> [below.code for below in iccs().descendants("0103")]
        ['01031', '01032', '010321', '010322']
        """
        found: list[Category] = []
        for child in self.children(code):
            found.append(child)
            found.extend(self.descendants(child.code))
        return tuple(found)

    def leaves(self, code: str | None = None) -> tuple[Category, ...]:
        """Classes that are not divided further, of the whole or at and below a code; they stand at levels 2 to 4."""
        within = self.categories if code is None else (self.get(code), *self.descendants(code))
        return tuple(category for category in within if category.code not in self._children)

    @property
    def sections(self) -> tuple[Category, ...]:
        """Classes of level 1."""
        return tuple(category for category in self.categories if category.parent is None)

    def path(self, code: str) -> tuple[str, ...]:
        """Codes from the section down to the code itself."""
        return (*(above.code for above in self.ancestors(code)), self.get(code).code)

    def common_ancestor(self, codes: Iterable[str]) -> Category | None:
        """Deepest class that holds all the codes (a code holds itself); None if they share no section.

        Examples
        --------
        >>> from kyoto.statistics.classification import iccs
        >>> iccs().common_ancestor(["010321", "01031"]).code
        '0103'
        >>> iccs().common_ancestor(["0101", "0201"]) is None
        True
        """
        paths = [self.path(code) for code in codes]
        shared: str | None = None
        for level in zip(*paths, strict=False):
            if len(set(level)) > 1:
                break
            shared = level[0]
        return self._by_code[shared] if shared else None

    def ancestor_rows(self) -> list[tuple[str, str, int]]:
        """Rows (code, ancestor, level of the ancestor) for the roll-up; each code is also its own ancestor.

        Examples
        --------
        >>> from kyoto.statistics.classification import iccs
        >>> [row for row in iccs().ancestor_rows() if row[0] == "01032"]
        [('01032', '01', 1), ('01032', '0103', 2), ('01032', '01032', 3)]
        """
        return [
            (category.code, above, self._by_code[above].level)
            for category in self.categories
            for above in self.path(category.code)
        ]

    def search(self, text: str, limit: int = 10) -> tuple[Hit, ...]:
        """Categories that fit the words by a title (English, Spanish), an index term or a national title, best first.

        Examples
        --------
        >>> from kyoto.statistics.classification import iccs
        >>> iccs().search("pickpocketing", limit=1)[0].category.code
        '050221'
        """
        from kyoto.statistics.classification.search import search

        return search(self, text, limit)

    def index_terms(self, code: str) -> tuple[IndexTerm, ...]:
        """Terms of the alphabetical index that lead to a code."""
        wanted = self.get(code).code
        return tuple(term for term in self.index if term.code == wanted)

    def variables_for(self, code: str) -> tuple[Variable, ...]:
        """Disaggregating variables that apply to a code."""
        wanted = self.get(code).code
        return tuple(variable for variable in self.variables if variable.applies_to(wanted))

    def texts(self, code: str) -> CategoryTexts | None:
        """Definition, inclusions and exclusions, where :meth:`with_texts` has read them."""
        return self.texts_by_code.get(self.get(code).code)

    def with_texts(self, path: str | Path) -> Classification:
        """Copy of this classification with the explanatory texts of the user's own file.

        The texts belong to their publisher and do not come with Kyoto.

        Parameters
        ----------
        path
            CSV with the columns ``code``, ``definition``, ``inclusions`` and ``exclusions``; the items of the last two
            are separated by semicolons.

        Raises
        ------
        KyotoError
            ``classification.missing-column``, or ``classification.unknown-code`` for each strange row.
        """
        from kyoto.statistics.classification.texts import read_texts

        return replace(self, texts_by_code=read_texts(Path(path), self))

    def _canonical(self, code: str) -> str:
        stripped = code.strip()
        return self.aliases.get(stripped, stripped)

    def _hint(self, code: str) -> str:
        if f"0{code}" in self:
            return f"Did you mean '0{code}'? Codes are text: keep the leading zero."
        if nearest(code, self._by_code) is None:
            return "Search by words: kyoto iccs search WORDS."
        return did_you_mean(code, self._by_code)

    @cached_property
    def _by_code(self) -> dict[str, Category]:
        return {category.code: category for category in self.categories}

    @cached_property
    def _children(self) -> dict[str, tuple[Category, ...]]:
        found: dict[str, list[Category]] = {}
        for category in self.categories:
            if category.parent is not None:
                found.setdefault(category.parent, []).append(category)
        return {code: tuple(below) for code, below in found.items()}

"""Search: full text over paragraphs of many documents, with facets counted exactly and filters by citation."""

from kyoto.cooperation.mandates.search.index import FACETS, IndexedParagraph, build_index, paragraphs_of
from kyoto.cooperation.mandates.search.query import Hit, Index, Result, fts_query

__all__ = ["FACETS", "Hit", "Index", "IndexedParagraph", "Result", "build_index", "fts_query", "paragraphs_of"]

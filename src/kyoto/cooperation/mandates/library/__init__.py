"""Documents in the database, whole, so that pages can show where an obligation stands in the text."""

from kyoto.cooperation.mandates.library.kept import add_document, keep_documents, kept_document
from kyoto.cooperation.mandates.library.plain import document_from_plain, document_to_plain

__all__ = ["add_document", "document_from_plain", "document_to_plain", "keep_documents", "kept_document"]

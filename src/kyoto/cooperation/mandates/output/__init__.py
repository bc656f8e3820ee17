"""What a document is written as: Akoma Ntoso XML, JSON, Parquet, rows to print."""

from kyoto.cooperation.mandates.output.akn import to_akn, validate_akn
from kyoto.cooperation.mandates.output.tabular import act_rows, as_json, node_rows, write_document

__all__ = ["act_rows", "as_json", "node_rows", "to_akn", "validate_akn", "write_document"]

"""The present content of a record stands with its version alone, where nobody can change it; it stood in two tables."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"

_COLUMNS = "kind, record, version, content, changed_at, changed_by"


def upgrade() -> None:
    """Take the second copy away, once the first is there and says the same."""
    same = "kept.kind = stored_record.kind AND kept.record = stored_record.record"
    same += " AND kept.version = stored_record.version"
    # what was written past this program is no version yet: it becomes one instead of being lost
    op.execute(
        "UPDATE stored_record SET version = version + 1 WHERE EXISTS"
        f" (SELECT 1 FROM record_version AS kept WHERE {same} AND kept.content <> stored_record.content)"
    )
    op.execute(
        f"INSERT INTO record_version ({_COLUMNS}) SELECT {_COLUMNS} FROM stored_record"
        f" WHERE NOT EXISTS (SELECT 1 FROM record_version AS kept WHERE {same})"
    )
    for column in ("content", "changed_at", "changed_by"):
        op.drop_column("stored_record", column)

"""Every version of a stored record, the present ones first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table, and keep in it what the records hold now."""
    op.create_table(
        "record_version",
        sa.Column("kind", sa.String(50), nullable=False),
        sa.Column("record", sa.String(200), nullable=False),
        sa.Column("version", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("kind", "record", "version", name="pk_record_version"),
    )
    op.execute(
        "INSERT INTO record_version (kind, record, version, content, changed_at, changed_by) "
        "SELECT kind, record, version, content, changed_at, changed_by FROM stored_record"
    )
    _only_additions()


def _only_additions() -> None:
    """What a record held stays as it was: versions cannot be changed or taken away."""
    if op.get_bind().dialect.name == "sqlite":
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER record_version_no_{action.lower()} BEFORE {action} ON record_version "
                "BEGIN SELECT RAISE(ABORT, 'versions are only ever added'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION record_version_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'versions are only ever added'; END $$"
    )
    op.execute(
        "CREATE TRIGGER record_version_only_additions BEFORE UPDATE OR DELETE OR TRUNCATE ON record_version "
        "FOR EACH STATEMENT EXECUTE FUNCTION record_version_refuse()"
    )

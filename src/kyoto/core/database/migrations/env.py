"""What Alembic runs: every migration in the one transaction that the caller opened."""

from __future__ import annotations

from alembic import context

from kyoto.core.database.tables import Base

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=True
)
context.run_migrations()

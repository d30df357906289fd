"""Run by Alembic for every command; the connection and its transaction are the caller's."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import TypeDecorator

from pipelines.store.columns import Identifier, Moment, Span
from pipelines.store.tables import Row


def plain_type(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Write a new step with plain column types: a step must not change when the product's own types do."""
    if kind != "type" or not isinstance(item, TypeDecorator):
        return False
    if isinstance(item, Identifier):
        return 'sa.Text().with_variant(sa.Text(collation="C"), "postgresql")'
    if isinstance(item, Moment):
        return "sa.DateTime(timezone=True)"
    return "sa.BigInteger()" if isinstance(item, Span) else "sa.Text()"


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    render_as_batch=True,
    compare_type=True,
    render_item=plain_type,
)
with context.begin_transaction():
    context.run_migrations()

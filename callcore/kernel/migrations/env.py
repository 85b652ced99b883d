"""Alembic's entry: works on the connection that callcore.kernel.migrations opened."""

from typing import Any, Literal

from alembic import context

from callcore.kernel.database import UtcDateTime


def render_type(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """A migration must not change when the code does, so our own types are written as what they are in the database."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def _run() -> None:
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=context.config.attributes.get("metadata"),  # needed to compare, not to upgrade
        render_as_batch=context.config.attributes.get("batch", True),
        render_item=render_type,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


_run()

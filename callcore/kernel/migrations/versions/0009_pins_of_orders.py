"""Pins of orders."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "order_pins",
        sa.Column(
            "order_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("precision", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_older", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_order_pins_by_id_users")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_pins_order_id_orders"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_order_pins")),
    )
    with op.batch_alter_table("order_pins", schema=None) as batch_op:
        batch_op.create_index(
            "ix_order_pins_due_at",
            ["due_at", "order_id"],
            unique=False,
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )

    _begin()


def _begin() -> None:
    """Points that stand on orders were set by people; addresses of running orders are looked for now."""
    fill = (
        "INSERT INTO order_pins (order_id, source, precision, words, is_older, due_at, attempts, error) "
        "SELECT id, {source}, '', '', {no}, {due_at}, 0, '' FROM orders WHERE deleted_at IS NULL AND {which}"
    )
    no = "false" if op.get_bind().dialect.name == "postgresql" else "0"
    op.execute(fill.format(source="'hand'", no=no, due_at="NULL", which="lat IS NOT NULL"))
    running = "lat IS NULL AND status_class <> 'closed' AND (city <> '' OR address <> '')"
    op.execute(fill.format(source="''", no=no, due_at="created_at", which=running))


def downgrade() -> None:
    with op.batch_alter_table("order_pins", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_order_pins_due_at",
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )

    op.drop_table("order_pins")

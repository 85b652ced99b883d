"""Days that differ from the week, more of a dealer."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_days",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.CheckConstraint("kind IN ('off', 'work', 'short')", name=op.f("ck_calendar_days_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_days")),
        sa.UniqueConstraint("day", "region_code", name=op.f("uq_calendar_days_day")),
    )
    op.create_table(
        "outlet_exceptions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("outlet_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("periods", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["outlet_id"], ["outlets.id"], name=op.f("fk_outlet_exceptions_outlet_id_outlets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outlet_exceptions")),
        sa.UniqueConstraint("outlet_id", "day", name=op.f("uq_outlet_exceptions_outlet_id")),
    )
    with op.batch_alter_table("outlet_exceptions", schema=None) as batch_op:
        batch_op.create_index("ix_outlet_exceptions_day", ["day"], unique=False)

    op.create_table(
        "outlet_overrides",
        sa.Column("outlet_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["outlet_id"], ["outlets.id"], name=op.f("fk_outlet_overrides_outlet_id_outlets")
        ),
        sa.PrimaryKeyConstraint("outlet_id", name=op.f("pk_outlet_overrides")),
    )
    with op.batch_alter_table("organizations", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("is_authorised", sa.Boolean(), server_default=sa.true(), nullable=False)
        )
        batch_op.add_column(
            sa.Column("takes_site_orders", sa.Boolean(), server_default=sa.true(), nullable=False)
        )
        batch_op.add_column(sa.Column("description", sa.String(), server_default="", nullable=False))

    with op.batch_alter_table("outlets", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("works_on_holidays", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(
            sa.Column("hours_version", sa.Integer(), server_default=sa.text("1"), nullable=False)
        )


def downgrade() -> None:
    with op.batch_alter_table("outlets", schema=None) as batch_op:
        batch_op.drop_column("hours_version")
        batch_op.drop_column("works_on_holidays")

    with op.batch_alter_table("organizations", schema=None) as batch_op:
        batch_op.drop_column("description")
        batch_op.drop_column("takes_site_orders")
        batch_op.drop_column("is_authorised")

    op.drop_table("outlet_overrides")
    with op.batch_alter_table("outlet_exceptions", schema=None) as batch_op:
        batch_op.drop_index("ix_outlet_exceptions_day")

    op.drop_table("outlet_exceptions")
    op.drop_table("calendar_days")

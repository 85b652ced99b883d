"""Rating of several measures, what dealers cost."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dealer_costs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("org_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("kopecks", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("batch", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kopecks > 0", name=op.f("ck_dealer_costs_kopecks")),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_dealer_costs_author_id_users")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_dealer_costs_org_id_organizations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dealer_costs")),
    )
    with op.batch_alter_table("dealer_costs", schema=None) as batch_op:
        batch_op.create_index("ix_dealer_costs_batch", ["batch"], unique=False)
        batch_op.create_index("ix_dealer_costs_month", ["month", "org_id"], unique=False)

    with op.batch_alter_table("organizations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rating", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("organizations", schema=None) as batch_op:
        batch_op.drop_column("rating")

    with op.batch_alter_table("dealer_costs", schema=None) as batch_op:
        batch_op.drop_index("ix_dealer_costs_month")
        batch_op.drop_index("ix_dealer_costs_batch")

    op.drop_table("dealer_costs")

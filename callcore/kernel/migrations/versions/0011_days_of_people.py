"""days of people."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "user_exceptions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("periods", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_exceptions_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_exceptions")),
        sa.UniqueConstraint("user_id", "day", name=op.f("uq_user_exceptions_user_id")),
    )
    with op.batch_alter_table("user_exceptions", schema=None) as batch_op:
        batch_op.create_index("ix_user_exceptions_day", ["day"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("user_exceptions", schema=None) as batch_op:
        batch_op.drop_index("ix_user_exceptions_day")

    op.drop_table("user_exceptions")

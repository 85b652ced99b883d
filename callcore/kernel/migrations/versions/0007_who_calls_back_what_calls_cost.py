"""Who calls back, what calls cost."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("call_attempts", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("cost_kopecks", sa.Integer(), server_default=sa.text("0"), nullable=False)
        )

    with op.batch_alter_table("callbacks", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("outlet_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_callbacks_outlet_id_outlets"), "outlets", ["outlet_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("callbacks", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_callbacks_outlet_id_outlets"), type_="foreignkey")
        batch_op.drop_column("assigned_at")
        batch_op.drop_column("outlet_id")

    with op.batch_alter_table("call_attempts", schema=None) as batch_op:
        batch_op.drop_column("cost_kopecks")

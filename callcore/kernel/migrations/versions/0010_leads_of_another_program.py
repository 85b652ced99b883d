"""Leads of another program."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "integration_accounts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("secret_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("every_minutes", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("site_org_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("cursor", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_key", sa.String(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["site_org_id"],
            ["organizations.id"],
            name=op.f("fk_integration_accounts_site_org_id_organizations"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_integration_accounts_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_integration_accounts")),
        sa.UniqueConstraint("kind", name=op.f("uq_integration_accounts_kind")),
    )
    with op.batch_alter_table("integration_accounts", schema=None) as batch_op:
        batch_op.create_index("ix_integration_accounts_due_at", ["due_at"], unique=False)

    op.create_table(
        "external_leads",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["integration_accounts.id"],
            name=op.f("fk_external_leads_account_id_integration_accounts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_external_leads_order_id_orders"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_leads")),
        sa.UniqueConstraint(
            "account_id", "generation", "external_id", name=op.f("uq_external_leads_account_id")
        ),
    )
    with op.batch_alter_table("external_leads", schema=None) as batch_op:
        batch_op.create_index("ix_external_leads_run_id", ["run_id"], unique=False)

    op.create_table(
        "integration_runs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("trouble", sa.String(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("refusals", sa.JSON(), nullable=False),
        sa.Column("has_more", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["integration_accounts.id"],
            name=op.f("fk_integration_runs_account_id_integration_accounts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_integration_runs_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_integration_runs")),
    )
    with op.batch_alter_table("integration_runs", schema=None) as batch_op:
        batch_op.create_index("ix_integration_runs_account_id", ["account_id", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("integration_runs", schema=None) as batch_op:
        batch_op.drop_index("ix_integration_runs_account_id")

    op.drop_table("integration_runs")
    with op.batch_alter_table("external_leads", schema=None) as batch_op:
        batch_op.drop_index("ix_external_leads_run_id")

    op.drop_table("external_leads")
    with op.batch_alter_table("integration_accounts", schema=None) as batch_op:
        batch_op.drop_index("ix_integration_accounts_due_at")

    op.drop_table("integration_accounts")

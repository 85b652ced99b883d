"""Order desk, access, customers, messages."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

LISTED = {
    "ix_orders_listed_class": ["status_class", "created_at", "id", "offered_at", "deleted_at"],
    "ix_orders_listed_org": ["org_id", "status_class", "created_at", "id", "deleted_at"],
    "ix_orders_listed_manager": ["manager_id", "status_class", "created_at", "id", "deleted_at"],
    "ix_orders_listed_sum": ["total_kopecks", "id", "deleted_at"],
}


def upgrade() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_keys")),
        sa.UniqueConstraint("actor", "key", name=op.f("uq_idempotency_keys_actor")),
    )
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.create_index("ix_idempotency_keys_at", ["at"], unique=False)

    op.create_table(
        "order_reasons",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("fault", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("fault IN ('dealer', 'customer', 'none')", name=op.f("ck_order_reasons_fault")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_reasons")),
        sa.UniqueConstraint("kind", "title", name=op.f("uq_order_reasons_kind")),
    )
    op.create_table(
        "order_statuses",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("status_class", sa.String(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("term_h", sa.Integer(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_order_statuses")),
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text_version", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("ip", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoke_source", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_consents_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.create_index("ix_consents_customer_id", ["customer_id", "kind"], unique=False)

    op.create_table(
        "dealer_goods",
        sa.Column("org_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_dealer_goods_org_id_organizations")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_dealer_goods_product_id_products")
        ),
        sa.PrimaryKeyConstraint("org_id", "product_id", name=op.f("pk_dealer_goods")),
    )
    with op.batch_alter_table("dealer_goods", schema=None) as batch_op:
        batch_op.create_index("ix_dealer_goods_product_id", ["product_id"], unique=False)

    op.create_table(
        "dealer_services",
        sa.Column("org_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("price", sa.Numeric(precision=15, scale=4), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_dealer_services_org_id_organizations")
        ),
        sa.PrimaryKeyConstraint("org_id", "service", name=op.f("pk_dealer_services")),
    )
    op.create_table(
        "promo_codes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("org_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("min_kopecks", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("use_limit", sa.Integer(), nullable=True),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.CheckConstraint("kind IN ('percent', 'sum')", name=op.f("ck_promo_codes_kind")),
        sa.CheckConstraint(
            "use_limit IS NULL OR used <= use_limit", name=op.f("ck_promo_codes_not_overused")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_promo_codes_org_id_organizations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promo_codes")),
        sa.UniqueConstraint("code", name=op.f("uq_promo_codes_code")),
    )
    op.create_table(
        "surveys",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("org_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_surveys_org_id_organizations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_surveys")),
        sa.UniqueConstraint("order_id", "cycle", name=op.f("uq_surveys_order_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_surveys_token_hash")),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("key_hash", sa.String(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("org_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_api_keys_made_by_users")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_api_keys_org_id_organizations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_keys_key_hash")),
    )
    op.create_table(
        "customer_claims",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("org_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_customer_claims_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_customer_claims_org_id_organizations")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_customer_claims_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_claims")),
    )
    with op.batch_alter_table("customer_claims", schema=None) as batch_op:
        batch_op.create_index("ix_customer_claims_org_id", ["org_id"], unique=False)
        batch_op.create_index(
            "uq_customer_claims_open",
            ["customer_id"],
            unique=True,
            sqlite_where=sa.text("released_at IS NULL"),
            postgresql_where=sa.text("released_at IS NULL"),
        )

    op.create_table(
        "customer_merges",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kept_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("merged_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["kept_id"], ["customers.id"], name=op.f("fk_customer_merges_kept_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["merged_id"], ["customers.id"], name=op.f("fk_customer_merges_merged_id_customers")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_customer_merges_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_merges")),
    )
    with op.batch_alter_table("customer_merges", schema=None) as batch_op:
        batch_op.create_index("ix_customer_merges_kept_id", ["kept_id"], unique=False)

    op.create_table(
        "feedback",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("org_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("kind IN ('review', 'complaint')", name=op.f("ck_feedback_kind")),
        sa.ForeignKeyConstraint(["answered_by"], ["users.id"], name=op.f("fk_feedback_answered_by_users")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_feedback_org_id_organizations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
    )
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.create_index("ix_feedback_order_id", ["order_id"], unique=False)
        batch_op.create_index("ix_feedback_org_id", ["org_id", "at"], unique=False)
        batch_op.create_index("ix_feedback_state", ["kind", "state", "at"], unique=False)

    op.create_table(
        "impersonations",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ip", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_impersonations_actor_id_users")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_impersonations_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_impersonations")),
    )
    with op.batch_alter_table("impersonations", schema=None) as batch_op:
        batch_op.create_index("ix_impersonations_started_at", ["started_at"], unique=False)

    op.create_table(
        "import_jobs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("org_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_import_jobs_org_id_organizations")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_import_jobs_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_jobs")),
    )
    with op.batch_alter_table("import_jobs", schema=None) as batch_op:
        batch_op.create_index("ix_import_jobs_at", ["at"], unique=False)

    op.create_table(
        "message_templates",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_message_templates_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_templates")),
        sa.UniqueConstraint("event", "recipient", "channel", name=op.f("uq_message_templates_event")),
    )
    op.create_table(
        "notify_rules",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("org_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("scope_key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_notify_rules_org_id_organizations")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_notify_rules_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notify_rules")),
        sa.UniqueConstraint("scope_key", name=op.f("uq_notify_rules_scope_key")),
    )
    with op.batch_alter_table("notify_rules", schema=None) as batch_op:
        batch_op.create_index("ix_notify_rules_event", ["event"], unique=False)

    op.create_table(
        "preferences",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_preferences_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_preferences")),
    )
    op.create_table(
        "saved_views",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("org_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), server_default=sa.text("(100)"), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_saved_views_org_id_organizations")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_saved_views_owner_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("owner_id", "page", "name", name=op.f("uq_saved_views_owner_id")),
    )
    op.create_table(
        "settings",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_settings_user_id_users")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_settings")),
    )
    op.create_table(
        "import_rows",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("raw", sa.JSON(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["job_id"], ["import_jobs.id"], name=op.f("fk_import_rows_job_id_import_jobs"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_import_rows_order_id_orders"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_rows")),
        sa.UniqueConstraint("job_id", "line", name=op.f("uq_import_rows_job_id")),
    )
    op.create_table(
        "order_contacts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("org_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("talk_s", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dedupe_key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_contacts_order_id_orders"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_order_contacts_org_id_organizations")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_order_contacts_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_contacts")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_order_contacts_dedupe_key")),
    )
    with op.batch_alter_table("order_contacts", schema=None) as batch_op:
        batch_op.create_index("ix_order_contacts_order_id", ["order_id", "cycle"], unique=False)

    op.create_table(
        "order_decisions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("policy_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_decisions_order_id_orders"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_decisions")),
        sa.UniqueConstraint("order_id", "run", name=op.f("uq_order_decisions_order_id")),
    )
    op.create_table(
        "order_declines",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("org_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_declines_order_id_orders"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_order_declines_org_id_organizations")
        ),
        sa.ForeignKeyConstraint(
            ["reason_id"], ["order_reasons.id"], name=op.f("fk_order_declines_reason_id_order_reasons")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_order_declines_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_declines")),
    )
    with op.batch_alter_table("order_declines", schema=None) as batch_op:
        batch_op.create_index("ix_order_declines_order_id", ["order_id"], unique=False)
        batch_op.create_index("ix_order_declines_org_id", ["org_id", "at"], unique=False)

    op.create_table(
        "order_files",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_files_order_id_orders"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_order_files_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_files")),
    )
    with op.batch_alter_table("order_files", schema=None) as batch_op:
        batch_op.create_index("ix_order_files_order_id", ["order_id"], unique=False)

    op.create_table(
        "order_windows",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("org_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_cause", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_windows_order_id_orders"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_order_windows_org_id_organizations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_windows")),
        sa.UniqueConstraint("order_id", "run", "org_id", name=op.f("uq_order_windows_order_id")),
    )
    with op.batch_alter_table("order_windows", schema=None) as batch_op:
        batch_op.create_index(
            "ix_order_windows_org_id", ["org_id", "closed_at", "opens_at", "order_id"], unique=False
        )
        batch_op.create_index("ix_order_windows_opens_at", ["opens_at"], unique=False)

    op.create_table(
        "promo_uses",
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("discount_kopecks", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["code_id"], ["promo_codes.id"], name=op.f("fk_promo_uses_code_id_promo_codes")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_promo_uses_order_id_orders"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_promo_uses_user_id_users")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_promo_uses")),
    )
    with op.batch_alter_table("audit_log", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("on_behalf_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )

    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(), server_default="person", nullable=False))
        batch_op.add_column(sa.Column("inn", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("tags", sa.JSON(), server_default=sa.text("'[]'"), nullable=False))
        batch_op.add_column(
            sa.Column("merged_into_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(sa.Column("anonymised_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_customers_merged_into_id_customers"), "customers", ["merged_into_id"], ["id"]
        )

    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sender", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("sender_id", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("is_ad", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("event", sa.String(), server_default="", nullable=False))
        batch_op.add_column(
            sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(
            sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(
            sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(
            sa.Column("org_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(sa.Column("html", sa.String(), server_default="", nullable=False))
        batch_op.create_index("ix_deliveries_customer_id", ["customer_id"], unique=False)
        batch_op.create_index("ix_deliveries_order_id", ["order_id"], unique=False)
        batch_op.create_index("ix_deliveries_sender_id", ["sender", "sender_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_deliveries_user_id_users"), "users", ["user_id"], ["id"])
        batch_op.create_foreign_key(
            batch_op.f("fk_deliveries_org_id_organizations"), "organizations", ["org_id"], ["id"]
        )

    with op.batch_alter_table("order_lines", schema=None) as batch_op:
        batch_op.add_column(sa.Column("category", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("service", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("params", sa.JSON(), server_default=sa.text("'{}'"), nullable=False))

    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.add_column(sa.Column("channel", sa.String(), server_default="", nullable=False))
        batch_op.add_column(
            sa.Column("site_org_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(sa.Column("lat", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("lon", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("cycle", sa.Integer(), server_default=sa.text("1"), nullable=False))
        batch_op.add_column(sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("run", sa.Integer(), server_default=sa.text("0"), nullable=False))
        batch_op.add_column(sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("contacted_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("attention_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(
            sa.Column("reason_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(sa.Column("close_note", sa.String(), server_default="", nullable=False))
        batch_op.add_column(
            sa.Column("earned_kopecks", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(sa.Column("points_override", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("phone_policy", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("promo_code", sa.String(), server_default="", nullable=False))
        batch_op.add_column(
            sa.Column(
                "discount_kopecks",
                sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
                server_default=sa.text("0"),
                nullable=False,
            )
        )
        batch_op.add_column(sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            "ix_orders_attention_at", ["attention_at", "deleted_at", "created_at", "id"], unique=False
        )
        batch_op.create_index("ix_orders_declined_at", ["declined_at"], unique=False)
        batch_op.create_index("ix_orders_status", ["status", "created_at", "id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_orders_reason_id_order_reasons"), "order_reasons", ["reason_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_orders_site_org_id_organizations"), "organizations", ["site_org_id"], ["id"]
        )
    # the list: each tab is read from one of these, in its order; deleted orders stand in none (SQLite asks the column
    # all the same)
    for name, columns in LISTED.items():
        op.create_index(
            name,
            "orders",
            columns,
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    with op.batch_alter_table("organizations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("whole_line", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch_op.add_column(sa.Column("order_access", sa.String(), server_default="region", nullable=False))
        batch_op.add_column(sa.Column("order_capacity", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("phone_policy", sa.String(), server_default="", nullable=False))

    with op.batch_alter_table("policies", schema=None) as batch_op:
        batch_op.add_column(sa.Column("scope", sa.String(), server_default="calls", nullable=False))

    with op.batch_alter_table("user_sessions", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("impersonation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )

    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(sa.Column("totp_secret", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("totp_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(
            sa.Column(
                "totp_used_step",
                sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
                server_default=sa.text("0"),
                nullable=False,
            )
        )
        batch_op.add_column(
            sa.Column("recovery_hashes", sa.JSON(), server_default=sa.text("'[]'"), nullable=False)
        )


def downgrade() -> None:
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_column("recovery_hashes")
        batch_op.drop_column("totp_used_step")
        batch_op.drop_column("totp_since")
        batch_op.drop_column("totp_secret")

    with op.batch_alter_table("user_sessions", schema=None) as batch_op:
        batch_op.drop_column("impersonation_id")

    with op.batch_alter_table("policies", schema=None) as batch_op:
        batch_op.drop_column("scope")

    with op.batch_alter_table("organizations", schema=None) as batch_op:
        batch_op.drop_column("phone_policy")
        batch_op.drop_column("order_capacity")
        batch_op.drop_column("order_access")
        batch_op.drop_column("whole_line")

    for name in reversed(LISTED):
        op.drop_index(name, table_name="orders")
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_orders_site_org_id_organizations"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_orders_reason_id_order_reasons"), type_="foreignkey")
        batch_op.drop_index("ix_orders_status")
        batch_op.drop_index("ix_orders_declined_at")
        batch_op.drop_index("ix_orders_attention_at")
        batch_op.drop_column("deleted_at")
        batch_op.drop_column("discount_kopecks")
        batch_op.drop_column("promo_code")
        batch_op.drop_column("phone_policy")
        batch_op.drop_column("points_override")
        batch_op.drop_column("earned_kopecks")
        batch_op.drop_column("close_note")
        batch_op.drop_column("reason_id")
        batch_op.drop_column("attention_at")
        batch_op.drop_column("contacted_at")
        batch_op.drop_column("accepted_at")
        batch_op.drop_column("declined_at")
        batch_op.drop_column("run")
        batch_op.drop_column("offered_at")
        batch_op.drop_column("cycle")
        batch_op.drop_column("lon")
        batch_op.drop_column("lat")
        batch_op.drop_column("site_org_id")
        batch_op.drop_column("channel")

    with op.batch_alter_table("order_lines", schema=None) as batch_op:
        batch_op.drop_column("params")
        batch_op.drop_column("service")
        batch_op.drop_column("category")

    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_deliveries_org_id_organizations"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_deliveries_user_id_users"), type_="foreignkey")
        batch_op.drop_index("ix_deliveries_sender_id")
        batch_op.drop_index("ix_deliveries_order_id")
        batch_op.drop_index("ix_deliveries_customer_id")
        batch_op.drop_column("html")
        batch_op.drop_column("org_id")
        batch_op.drop_column("user_id")
        batch_op.drop_column("customer_id")
        batch_op.drop_column("order_id")
        batch_op.drop_column("event")
        batch_op.drop_column("is_ad")
        batch_op.drop_column("delivered_at")
        batch_op.drop_column("sender_id")
        batch_op.drop_column("sender")

    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_customers_merged_into_id_customers"), type_="foreignkey")
        batch_op.drop_column("anonymised_at")
        batch_op.drop_column("merged_into_id")
        batch_op.drop_column("tags")
        batch_op.drop_column("inn")
        batch_op.drop_column("kind")

    with op.batch_alter_table("audit_log", schema=None) as batch_op:
        batch_op.drop_column("on_behalf_id")

    op.drop_table("promo_uses")
    with op.batch_alter_table("order_windows", schema=None) as batch_op:
        batch_op.drop_index("ix_order_windows_opens_at")
        batch_op.drop_index("ix_order_windows_org_id")

    op.drop_table("order_windows")
    with op.batch_alter_table("order_files", schema=None) as batch_op:
        batch_op.drop_index("ix_order_files_order_id")

    op.drop_table("order_files")
    with op.batch_alter_table("order_declines", schema=None) as batch_op:
        batch_op.drop_index("ix_order_declines_org_id")
        batch_op.drop_index("ix_order_declines_order_id")

    op.drop_table("order_declines")
    op.drop_table("order_decisions")
    with op.batch_alter_table("order_contacts", schema=None) as batch_op:
        batch_op.drop_index("ix_order_contacts_order_id")

    op.drop_table("order_contacts")
    op.drop_table("import_rows")
    op.drop_table("settings")
    op.drop_table("saved_views")
    op.drop_table("preferences")
    with op.batch_alter_table("notify_rules", schema=None) as batch_op:
        batch_op.drop_index("ix_notify_rules_event")

    op.drop_table("notify_rules")
    op.drop_table("message_templates")
    with op.batch_alter_table("import_jobs", schema=None) as batch_op:
        batch_op.drop_index("ix_import_jobs_at")

    op.drop_table("import_jobs")
    with op.batch_alter_table("impersonations", schema=None) as batch_op:
        batch_op.drop_index("ix_impersonations_started_at")

    op.drop_table("impersonations")
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.drop_index("ix_feedback_state")
        batch_op.drop_index("ix_feedback_org_id")
        batch_op.drop_index("ix_feedback_order_id")

    op.drop_table("feedback")
    with op.batch_alter_table("customer_merges", schema=None) as batch_op:
        batch_op.drop_index("ix_customer_merges_kept_id")

    op.drop_table("customer_merges")
    with op.batch_alter_table("customer_claims", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_customer_claims_open",
            sqlite_where=sa.text("released_at IS NULL"),
            postgresql_where=sa.text("released_at IS NULL"),
        )
        batch_op.drop_index("ix_customer_claims_org_id")

    op.drop_table("customer_claims")
    op.drop_table("api_keys")
    op.drop_table("surveys")
    op.drop_table("promo_codes")
    op.drop_table("dealer_services")
    with op.batch_alter_table("dealer_goods", schema=None) as batch_op:
        batch_op.drop_index("ix_dealer_goods_product_id")

    op.drop_table("dealer_goods")
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.drop_index("ix_consents_customer_id")

    op.drop_table("consents")
    op.drop_table("order_statuses")
    op.drop_table("order_reasons")
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.drop_index("ix_idempotency_keys_at")

    op.drop_table("idempotency_keys")

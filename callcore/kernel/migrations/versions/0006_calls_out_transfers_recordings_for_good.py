"""Calls out, transfers, recordings for good."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recording_checks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("problems", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording_checks")),
    )
    with op.batch_alter_table("recording_checks", schema=None) as batch_op:
        batch_op.create_index("ix_recording_checks_at", ["at"], unique=False)

    op.create_table(
        "callback_sites",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("origins", sa.JSON(), nullable=False),
        sa.Column("org_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("did_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["did_id"], ["dids.id"], name=op.f("fk_callback_sites_did_id_dids")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_callback_sites_org_id_organizations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callback_sites")),
        sa.UniqueConstraint("key", name=op.f("uq_callback_sites_key")),
    )
    op.create_table(
        "do_not_call",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("lift_reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["lifted_by"], ["users.id"], name=op.f("fk_do_not_call_lifted_by_users")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_do_not_call_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_do_not_call")),
    )
    with op.batch_alter_table("do_not_call", schema=None) as batch_op:
        batch_op.create_index("ix_do_not_call_number", ["number", "lifted_at"], unique=False)

    op.create_table(
        "phone_reveals",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("org_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_phone_reveals_org_id_organizations")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_phone_reveals_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_reveals")),
        sa.UniqueConstraint("order_id", "org_id", name=op.f("uq_phone_reveals_order_id")),
    )
    with op.batch_alter_table("phone_reveals", schema=None) as batch_op:
        batch_op.create_index("ix_phone_reveals_number", ["number", "org_id"], unique=False)

    op.create_table(
        "retention_rules",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("org_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("did_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["did_id"], ["dids.id"], name=op.f("fk_retention_rules_did_id_dids")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_retention_rules_org_id_organizations")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_retention_rules_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_rules")),
    )
    with op.batch_alter_table("retention_rules", schema=None) as batch_op:
        batch_op.create_index("ix_retention_rules_position", ["position"], unique=False)

    op.create_table(
        "voice_phrases",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("voice", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_voice_phrases_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voice_phrases")),
    )
    with op.batch_alter_table("voice_phrases", schema=None) as batch_op:
        batch_op.create_index("ix_voice_phrases_name", ["voice", "name", "replaced_at"], unique=False)

    op.create_table(
        "call_attempts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("open_key", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("cli", sa.String(), nullable=False),
        sa.Column("phone_keys", sa.JSON(), nullable=False),
        sa.Column("whisper", sa.String(), nullable=False),
        sa.Column("org_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ours_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dialled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("talk_s", sa.Integer(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_call_attempts_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_call_attempts_org_id_organizations")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_call_attempts_task_id_tasks")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_call_attempts_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_attempts")),
        sa.UniqueConstraint("call_id", name=op.f("uq_call_attempts_call_id")),
        sa.UniqueConstraint("key", name=op.f("uq_call_attempts_key")),
        sa.UniqueConstraint("open_key", name=op.f("uq_call_attempts_open_key")),
    )
    with op.batch_alter_table("call_attempts", schema=None) as batch_op:
        batch_op.create_index("ix_call_attempts_number", ["number", "made_at"], unique=False)
        batch_op.create_index("ix_call_attempts_order_id", ["order_id", "made_at"], unique=False)
        batch_op.create_index("ix_call_attempts_org_id", ["org_id", "made_at"], unique=False)
        batch_op.create_index("ix_call_attempts_owner", ["kind", "owner_id"], unique=False)
        batch_op.create_index("ix_call_attempts_state", ["state", "made_at"], unique=False)
        batch_op.create_index("ix_call_attempts_user_id", ["user_id", "made_at"], unique=False)

    op.create_table(
        "call_transfers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("call_row_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("means", sa.String(), nullable=False),
        sa.Column("from_phone_id", sa.Integer(), nullable=True),
        sa.Column("from_user_id", sa.Integer(), nullable=True),
        sa.Column("from_outlet_id", sa.Integer(), nullable=True),
        sa.Column("from_org_id", sa.Integer(), nullable=True),
        sa.Column("to_kind", sa.String(), nullable=False),
        sa.Column("to_extension", sa.String(), nullable=False),
        sa.Column("to_phone_id", sa.Integer(), nullable=True),
        sa.Column("to_user_id", sa.Integer(), nullable=True),
        sa.Column("to_outlet_id", sa.Integer(), nullable=True),
        sa.Column("to_org_id", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wait_s", sa.Integer(), nullable=False),
        sa.Column("talk_s", sa.Integer(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("returned_to", sa.Integer(), nullable=True),
        sa.Column("is_repaired", sa.Boolean(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_row_id"],
            ["calls.id"],
            name=op.f("fk_call_transfers_call_row_id_calls"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_transfers")),
        sa.UniqueConstraint("call_row_id", "ordinal", name=op.f("uq_call_transfers_call_row_id")),
    )
    with op.batch_alter_table("call_transfers", schema=None) as batch_op:
        batch_op.create_index("ix_call_transfers_at", ["at", "id"], unique=False)
        batch_op.create_index("ix_call_transfers_from_org_id", ["from_org_id", "at"], unique=False)
        batch_op.create_index("ix_call_transfers_to_org_id", ["to_org_id", "at"], unique=False)

    op.create_table(
        "callbacks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("open_key", sa.String(), nullable=True),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("medium", sa.String(), nullable=False),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("region_code", sa.String(), nullable=True),
        sa.Column("tz", sa.String(), nullable=False),
        sa.Column("org_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("is_soon", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refreshed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ip_hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["closed_by"], ["users.id"], name=op.f("fk_callbacks_closed_by_users")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_callbacks_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_callbacks_order_id_orders")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_callbacks_org_id_organizations")
        ),
        sa.ForeignKeyConstraint(
            ["region_code"], ["regions.code"], name=op.f("fk_callbacks_region_code_regions")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_callbacks_task_id_tasks")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_callbacks_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callbacks")),
        sa.UniqueConstraint("open_key", name=op.f("uq_callbacks_open_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_callbacks_public_id")),
    )
    with op.batch_alter_table("callbacks", schema=None) as batch_op:
        batch_op.create_index("ix_callbacks_due", ["state", "due_at"], unique=False)
        batch_op.create_index("ix_callbacks_made_at", ["made_at", "id"], unique=False)
        batch_op.create_index("ix_callbacks_number", ["number", "made_at"], unique=False)
        batch_op.create_index("ix_callbacks_org_id", ["org_id", "made_at"], unique=False)

    op.create_table(
        "masked_sessions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("dealer_number", sa.String(), nullable=False),
        sa.Column("did_number", sa.String(), nullable=False),
        sa.Column("customer_number", sa.String(), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("org_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("phone_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_masked_sessions_order_id_orders")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_masked_sessions_org_id_organizations")
        ),
        sa.ForeignKeyConstraint(["phone_id"], ["phones.id"], name=op.f("fk_masked_sessions_phone_id_phones")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_masked_sessions_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_masked_sessions")),
        sa.UniqueConstraint("dealer_number", "did_number", name=op.f("uq_masked_sessions_dealer_number")),
    )
    with op.batch_alter_table("masked_sessions", schema=None) as batch_op:
        batch_op.create_index("ix_masked_sessions_customer", ["customer_number", "did_number"], unique=False)
        batch_op.create_index("ix_masked_sessions_expires_at", ["expires_at"], unique=False)
        batch_op.create_index("ix_masked_sessions_order_id", ["order_id"], unique=False)

    op.create_table(
        "robot_calls",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("keys", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_robot_calls_order_id_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_robot_calls")),
        sa.UniqueConstraint("order_id", "cycle", name=op.f("uq_robot_calls_order_id")),
    )
    with op.batch_alter_table("robot_calls", schema=None) as batch_op:
        batch_op.create_index("ix_robot_calls_due", ["state", "due_at"], unique=False)
        batch_op.create_index("ix_robot_calls_made_at", ["made_at", "id"], unique=False)

    op.create_table(
        "recording_copies",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("recording_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("store", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("mime", sa.String(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recordings.id"],
            name=op.f("fk_recording_copies_recording_id_recordings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording_copies")),
        sa.UniqueConstraint("recording_id", "format", name=op.f("uq_recording_copies_recording_id")),
    )
    op.create_table(
        "recording_holds",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("recording_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("release_reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name=op.f("fk_recording_holds_recording_id_recordings")
        ),
        sa.ForeignKeyConstraint(
            ["released_by"], ["users.id"], name=op.f("fk_recording_holds_released_by_users")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_recording_holds_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording_holds")),
    )
    with op.batch_alter_table("recording_holds", schema=None) as batch_op:
        batch_op.create_index(
            "uq_recording_holds_open",
            ["recording_id"],
            unique=True,
            sqlite_where=sa.text("released_at IS NULL"),
            postgresql_where=sa.text("released_at IS NULL"),
        )

    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index("ix_deliveries_org_id", ["org_id", "made_at"], unique=False)

    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.add_column(sa.Column("complained_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("organizations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("promotions", sa.String(), server_default="", nullable=False))

    with op.batch_alter_table("recordings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("loudness_lufs", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("silence_share", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("talk_share", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("paused_ms", sa.Integer(), server_default=sa.text("0"), nullable=False))
        batch_op.add_column(sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("delete_reason", sa.String(), server_default="", nullable=False))
        batch_op.create_index("ix_recordings_started_at", ["started_at", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("organizations", schema=None) as batch_op:
        batch_op.drop_column("promotions")

    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_column("complained_at")

    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index("ix_deliveries_org_id")

    with op.batch_alter_table("recordings", schema=None) as batch_op:
        batch_op.drop_index("ix_recordings_started_at")
        batch_op.drop_column("delete_reason")
        batch_op.drop_column("deleted_at")
        batch_op.drop_column("paused_at")
        batch_op.drop_column("paused_ms")
        batch_op.drop_column("talk_share")
        batch_op.drop_column("silence_share")
        batch_op.drop_column("loudness_lufs")

    with op.batch_alter_table("recording_holds", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_recording_holds_open",
            sqlite_where=sa.text("released_at IS NULL"),
            postgresql_where=sa.text("released_at IS NULL"),
        )

    op.drop_table("recording_holds")
    op.drop_table("recording_copies")
    with op.batch_alter_table("robot_calls", schema=None) as batch_op:
        batch_op.drop_index("ix_robot_calls_made_at")
        batch_op.drop_index("ix_robot_calls_due")

    op.drop_table("robot_calls")
    with op.batch_alter_table("masked_sessions", schema=None) as batch_op:
        batch_op.drop_index("ix_masked_sessions_order_id")
        batch_op.drop_index("ix_masked_sessions_expires_at")
        batch_op.drop_index("ix_masked_sessions_customer")

    op.drop_table("masked_sessions")
    with op.batch_alter_table("callbacks", schema=None) as batch_op:
        batch_op.drop_index("ix_callbacks_org_id")
        batch_op.drop_index("ix_callbacks_number")
        batch_op.drop_index("ix_callbacks_made_at")
        batch_op.drop_index("ix_callbacks_due")

    op.drop_table("callbacks")
    with op.batch_alter_table("call_transfers", schema=None) as batch_op:
        batch_op.drop_index("ix_call_transfers_to_org_id")
        batch_op.drop_index("ix_call_transfers_from_org_id")
        batch_op.drop_index("ix_call_transfers_at")

    op.drop_table("call_transfers")
    with op.batch_alter_table("call_attempts", schema=None) as batch_op:
        batch_op.drop_index("ix_call_attempts_user_id")
        batch_op.drop_index("ix_call_attempts_state")
        batch_op.drop_index("ix_call_attempts_owner")
        batch_op.drop_index("ix_call_attempts_org_id")
        batch_op.drop_index("ix_call_attempts_order_id")
        batch_op.drop_index("ix_call_attempts_number")

    op.drop_table("call_attempts")
    with op.batch_alter_table("voice_phrases", schema=None) as batch_op:
        batch_op.drop_index("ix_voice_phrases_name")

    op.drop_table("voice_phrases")
    with op.batch_alter_table("retention_rules", schema=None) as batch_op:
        batch_op.drop_index("ix_retention_rules_position")

    op.drop_table("retention_rules")
    with op.batch_alter_table("phone_reveals", schema=None) as batch_op:
        batch_op.drop_index("ix_phone_reveals_number")

    op.drop_table("phone_reveals")
    with op.batch_alter_table("do_not_call", schema=None) as batch_op:
        batch_op.drop_index("ix_do_not_call_number")

    op.drop_table("do_not_call")
    op.drop_table("callback_sites")
    with op.batch_alter_table("recording_checks", schema=None) as batch_op:
        batch_op.drop_index("ix_recording_checks_at")

    op.drop_table("recording_checks")

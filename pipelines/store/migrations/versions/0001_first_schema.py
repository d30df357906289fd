"""First schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


IDENTIFIER = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

REFUSAL = "the audit log is append-only"


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("number", COUNTER, autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous", IDENTIFIER, nullable=False),
        sa.Column("hash", IDENTIFIER, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_log")),
    )
    op.create_table(
        "facilities",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("site_sha256", IDENTIFIER, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facilities")),
    )
    op.create_table(
        "outbox",
        sa.Column("number", COUNTER, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("subject", IDENTIFIER, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("delivered_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_outbox")),
    )
    op.create_index("ix_outbox_delivered_at_number", "outbox", ["delivered_at", "number"])

    op.create_table(
        "users",
        sa.Column("name", IDENTIFIER, nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_users")),
    )
    op.create_table(
        "cameras",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("facility", IDENTIFIER, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("retired_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["facility"], ["facilities.id"], name=op.f("fk_cameras_facility_facilities")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cameras")),
    )
    op.create_index("ix_cameras_facility", "cameras", ["facility"])

    op.create_table(
        "sessions",
        sa.Column("token_hash", IDENTIFIER, nullable=False),
        sa.Column("user", IDENTIFIER, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["user"], ["users.name"], name=op.f("fk_sessions_user_users")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
    )
    op.create_index("ix_sessions_user", "sessions", ["user"])

    op.create_table(
        "site_documents",
        sa.Column("facility", IDENTIFIER, nullable=False),
        sa.Column("sha256", IDENTIFIER, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("put_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["facility"], ["facilities.id"], name=op.f("fk_site_documents_facility_facilities")),
        sa.PrimaryKeyConstraint("facility", "sha256", name=op.f("pk_site_documents")),
    )
    op.create_table(
        "coverage",
        sa.Column("camera", IDENTIFIER, nullable=False),
        sa.Column("run", IDENTIFIER, nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_coverage_forward")),
        sa.ForeignKeyConstraint(["camera"], ["cameras.id"], name=op.f("fk_coverage_camera_cameras")),
        sa.PrimaryKeyConstraint("camera", "run", "starts_at", name=op.f("pk_coverage")),
    )
    op.create_index("ix_coverage_camera_starts_at", "coverage", ["camera", "starts_at"])

    op.create_table(
        "runs",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("facility", IDENTIFIER, nullable=False),
        sa.Column("camera", IDENTIFIER, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_sha256", IDENTIFIER, nullable=True),
        sa.Column("provenance", sa.Text(), nullable=False),
        sa.Column("time_basis", sa.Text(), nullable=False),
        sa.Column("first_at", MOMENT, nullable=False),
        sa.Column("observed", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("tracks", sa.Integer(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("superseded", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["camera"], ["cameras.id"], name=op.f("fk_runs_camera_cameras")),
        sa.ForeignKeyConstraint(["facility"], ["facilities.id"], name=op.f("fk_runs_facility_facilities")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_index("ix_runs_camera_started_at", "runs", ["camera", "started_at"])
    op.create_index("ix_runs_facility_started_at", "runs", ["facility", "started_at"])
    op.create_index("ix_runs_started_at", "runs", ["started_at"])

    op.create_table(
        "zones",
        sa.Column("camera", IDENTIFIER, nullable=False),
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("polygon", sa.Text(), nullable=False),
        sa.Column("valid_from", MOMENT, nullable=False),
        sa.Column("valid_to", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["camera"], ["cameras.id"], name=op.f("fk_zones_camera_cameras")),
        sa.PrimaryKeyConstraint("camera", "id", "version", name=op.f("pk_zones")),
    )
    op.create_table(
        "events",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("facility", IDENTIFIER, nullable=False),
        sa.Column("run", IDENTIFIER, nullable=False),
        sa.Column("rule", IDENTIFIER, nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("camera", IDENTIFIER, nullable=False),
        sa.Column("subject", IDENTIFIER, nullable=False),
        sa.Column("zone", IDENTIFIER, nullable=True),
        sa.Column("zone_version", sa.Integer(), nullable=True),
        sa.Column("provenance", sa.Text(), nullable=False),
        sa.Column("time_basis", sa.Text(), nullable=False),
        sa.Column("messages", sa.Text(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("since_pts", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("opened_pts", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ending", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("votes", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("role_claim", sa.Text(), nullable=True),
        sa.Column("measures", sa.Text(), nullable=False),
        sa.Column("tracks", sa.Text(), nullable=False),
        sa.Column("review_state", sa.Text(), nullable=False),
        sa.Column("evidence_state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("superseded", sa.Boolean(), nullable=False),
        sa.Column("stored_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["camera"], ["cameras.id"], name=op.f("fk_events_camera_cameras")),
        sa.ForeignKeyConstraint(["facility"], ["facilities.id"], name=op.f("fk_events_facility_facilities")),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_events_run_runs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index("ix_events_camera_opened_at_id", "events", ["camera", "opened_at", "id"])
    op.create_index("ix_events_evidence_state", "events", ["evidence_state"])
    op.create_index("ix_events_facility_opened_at_id", "events", ["facility", "opened_at", "id"])
    op.create_index("ix_events_opened_at_id", "events", ["opened_at", "id"])
    op.create_index("ix_events_review_state_opened_at_id", "events", ["review_state", "opened_at", "id"])
    op.create_index("ix_events_rule_opened_at_id", "events", ["rule", "opened_at", "id"])
    op.create_index("ix_events_run_opened_at_id", "events", ["run", "opened_at", "id"])

    op.create_table(
        "tallies",
        sa.Column("run", IDENTIFIER, nullable=False),
        sa.Column("camera", IDENTIFIER, nullable=False),
        sa.Column("rule", IDENTIFIER, nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("votes", sa.Text(), nullable=False),
        sa.Column("subjects", sa.Integer(), nullable=False),
        sa.Column("assessed_subjects", sa.Integer(), nullable=False),
        sa.Column("episodes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["camera"], ["cameras.id"], name=op.f("fk_tallies_camera_cameras")),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_tallies_run_runs")),
        sa.PrimaryKeyConstraint("run", "camera", "rule", "rule_version", name=op.f("pk_tallies")),
    )
    op.create_index("ix_tallies_camera", "tallies", ["camera"])

    op.create_table(
        "evidence",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("event", IDENTIFIER, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("sha256", IDENTIFIER, nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("codec", sa.Text(), nullable=True),
        sa.Column("starts_at", MOMENT, nullable=True),
        sa.Column("duration", sa.BigInteger(), nullable=True),
        sa.Column("derived_from", IDENTIFIER, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["event"], ["events.id"], name=op.f("fk_evidence_event_events")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    op.create_index("ix_evidence_event", "evidence", ["event"])
    op.create_index("ix_evidence_state", "evidence", ["state"])

    op.create_table(
        "reviews",
        sa.Column("event", IDENTIFIER, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["event"], ["events.id"], name=op.f("fk_reviews_event_events")),
        sa.PrimaryKeyConstraint("event", "version", name=op.f("pk_reviews")),
    )
    guard_audit_log()


def guard_audit_log() -> None:
    """Refuse to change or delete a row of the audit log, whoever asks."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_log_no_{verb.lower()} BEFORE {verb} ON audit_log "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION refuse_audit_log_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_log_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_log_change()"
    )


def downgrade() -> None:
    op.drop_table("reviews")
    op.drop_table("evidence")
    op.drop_table("tallies")
    op.drop_table("events")
    op.drop_table("zones")
    op.drop_table("runs")
    op.drop_table("coverage")
    op.drop_table("site_documents")
    op.drop_table("sessions")
    op.drop_table("cameras")
    op.drop_table("users")
    op.drop_table("outbox")
    op.drop_table("facilities")
    op.drop_table("audit_log")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_audit_log_change()")

"""Cameras that people asked for through the service, and how the watching process found them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

IDENTIFIER = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "camera_wishes",
        sa.Column("camera", IDENTIFIER, nullable=False),
        sa.Column("facility", IDENTIFIER, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("rate", sa.Float(), nullable=True),
        sa.Column("running", sa.Boolean(), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["camera"], ["cameras.id"], name=op.f("fk_camera_wishes_camera_cameras")),
        sa.ForeignKeyConstraint(["facility"], ["facilities.id"], name=op.f("fk_camera_wishes_facility_facilities")),
        sa.PrimaryKeyConstraint("camera", name=op.f("pk_camera_wishes")),
    )
    op.create_index("ix_camera_wishes_facility", "camera_wishes", ["facility"])
    op.create_table(
        "camera_reports",
        sa.Column("camera", IDENTIFIER, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("recording", sa.Text(), nullable=True),
        sa.Column("codec", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["camera"], ["cameras.id"], name=op.f("fk_camera_reports_camera_cameras")),
        sa.PrimaryKeyConstraint("camera", name=op.f("pk_camera_reports")),
    )


def downgrade() -> None:
    op.drop_table("camera_reports")
    op.drop_table("camera_wishes")

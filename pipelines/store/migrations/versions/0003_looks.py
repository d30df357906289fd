"""How cameras were looked at: audits of the gates, and the rate asked and got, hour by hour."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

IDENTIFIER = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "look_hours",
        sa.Column("run", IDENTIFIER, nullable=False),
        sa.Column("hour", MOMENT, nullable=False),
        sa.Column("camera", IDENTIFIER, nullable=False),
        sa.Column("gate_audits", sa.Integer(), nullable=False),
        sa.Column("gate_misses", sa.Integer(), nullable=False),
        sa.Column("missed_seconds", sa.Float(), nullable=False),
        sa.Column("judged", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["camera"], ["cameras.id"], name=op.f("fk_look_hours_camera_cameras")),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_look_hours_run_runs")),
        sa.PrimaryKeyConstraint("run", "hour", name=op.f("pk_look_hours")),
    )
    op.create_index("ix_look_hours_camera_hour", "look_hours", ["camera", "hour"])


def downgrade() -> None:
    op.drop_table("look_hours")

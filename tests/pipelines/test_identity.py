from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from analyzer.types import CameraId, ModelRef
from pipelines.identity import Ingredients, code_version

BASE = Ingredients(
    camera=CameraId("c"),
    source_sha256="0" * 64,
    start=datetime(2021, 6, 12, tzinfo=UTC),
    rate=5.0,
    site_sha256="1" * 64,
    models=(ModelRef("a", "2" * 64), ModelRef("b", "3" * 64)),
    backend="openvino",
    precision="f32",
    code="0.1.0+0",
    still_for=timedelta(hours=1),
)


def test_the_same_ingredients_are_the_same_run_on_every_machine() -> None:
    assert BASE.run_id() == "4c393c70abbb824c3547769a9ad046f9"
    assert replace(BASE, models=BASE.models[::-1]).run_id() == BASE.run_id()


@pytest.mark.parametrize(
    "change",
    [
        {"camera": CameraId("d")},
        {"source_sha256": "f" * 64},
        {"start": datetime(2021, 6, 13, tzinfo=UTC)},
        {"rate": 4.0},
        {"site_sha256": "e" * 64},
        {"models": BASE.models[:1]},
        {"backend": "onnxruntime"},
        {"precision": "bf16"},
        {"code": "0.1.0+1"},
        {"still_for": timedelta(0)},
    ],
)
def test_every_ingredient_makes_another_run(change: dict[str, object]) -> None:
    assert replace(BASE, **change).run_id() != BASE.run_id()  # type: ignore[arg-type]


def test_code_version_names_the_package_and_the_code() -> None:
    version, digest = code_version().split("+")
    assert version.count(".") == 2
    assert len(digest) == 12

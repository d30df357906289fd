"""Rows made inside the graph are those that numpy makes of the raw output."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, checker, helper

from models.training.rows import append_rows


@pytest.mark.parametrize(("batch", "anchors", "rows"), [(1, 40, 10), (3, 40, 10), (1, 4, 10)])
def test_rows_are_the_best_anchors_of_each_class(batch: int, anchors: int, rows: int) -> None:
    entry = helper.make_tensor_value_info("raw", TensorProto.FLOAT, ["batch", 6, "anchors"])
    leave = helper.make_tensor_value_info("output0", TensorProto.FLOAT, ["batch", "channels", "anchors"])
    graph = helper.make_graph([helper.make_node("Identity", ["raw"], ["output0"])], "raw", [entry], [leave])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    append_rows(model, 2, rows)
    checker.check_model(model)
    raw = np.random.default_rng(1).uniform(0, 1, (batch, 6, anchors)).astype(np.float32)
    (found,) = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, {"raw": raw})
    assert found.shape == (batch, min(rows, 2 * anchors), 6)
    for picture, table in zip(raw, found, strict=True):
        order = np.argsort(-picture[4:].T.reshape(-1), kind="stable")[:rows]
        x, y, w, h = picture[:4, order // 2]
        expected = np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2, picture[4:].T.reshape(-1)[order], order % 2], axis=1)
        np.testing.assert_allclose(table, expected, rtol=1e-5)

"""From the raw output of the one-to-many head to rows that can be read without knowing anchors.

An end-to-end head learns to give one box a person, but it learns late: in a short training the head that may give
several boxes a person is still the better one. Its boxes are sorted inside the graph; doubles are left to the reader.
"""

from __future__ import annotations

from typing import Any, Final

ROWS: Final = 600
"""How many rows come out at most: several boxes a person, in crowds of some dozen people."""


def append_rows(model: Any, classes: int, rows: int = ROWS) -> None:
    """Replace the output [N,4+C,A] (centre, size, class scores) of an ONNX model by rows [N,K,6], best first.

    A row is x1, y1, x2, y2, score, class; one anchor gives one row a class; K is ``rows`` or, for tiny inputs, A * C.
    """
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    graph = model.graph
    raw = graph.output[0].name
    inner = f"{raw}_anchors"
    for node in graph.node:
        node.output[:] = [inner if name == raw else name for name in node.output]
        node.input[:] = [inner if name == raw else name for name in node.input]

    def constant(name: str, values: Any, kind: Any) -> str:
        graph.initializer.append(numpy_helper.from_array(np.array(values, dtype=kind), f"rows_{name}"))
        return f"rows_{name}"

    def step(operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        graph.node.append(helper.make_node(operator, inputs, [f"rows_{output}"], **attributes))
        return f"rows_{output}"

    split = constant("split", [2, 2, classes], np.int64)
    graph.node.append(helper.make_node("Split", [inner, split], ["rows_centre", "rows_size", "rows_scores"], axis=1))
    half = step("Mul", ["rows_size", constant("half", 0.5, np.float32)], "half_size")
    low, high = step("Sub", ["rows_centre", half], "low"), step("Add", ["rows_centre", half], "high")
    corners = step("Transpose", [step("Concat", [low, high], "corners", axis=1)], "by_anchor", perm=[0, 2, 1])
    # Anchor by anchor, class by class: index = anchor * classes + class.
    scores = step("Transpose", ["rows_scores"], "scores_by_anchor", perm=[0, 2, 1])
    flat = step("Reshape", [scores, constant("flat", [0, -1], np.int64)], "flat_scores")
    length = step("Gather", [step("Shape", [flat], "shape"), constant("last", [1], np.int64)], "length", axis=0)
    count = step("Min", [length, constant("most", [rows], np.int64)], "count")
    graph.node.append(helper.make_node("TopK", [flat, count], ["rows_best", "rows_index"], axis=1, sorted=1))
    number = constant("classes", classes, np.int64)
    anchor, label = step("Div", ["rows_index", number], "anchor"), step("Mod", ["rows_index", number], "label")
    last = constant("axis", [2], np.int64)
    wide = step("Tile", [step("Unsqueeze", [anchor, last], "deep"), constant("four", [1, 1, 4], np.int64)], "wide")
    boxes = step("GatherElements", [corners, wide], "boxes", axis=1)
    best = step("Unsqueeze", ["rows_best", last], "best_deep")
    named = step("Unsqueeze", [step("Cast", [label], "label_float", to=TensorProto.FLOAT), last], "label_deep")
    graph.node.append(helper.make_node("Concat", [boxes, best, named], [raw], axis=2))
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info(raw, TensorProto.FLOAT, ["batch", "rows", 6]))

"""The other side of `benchmarks/streams.py`: the plain tracking loop of ultralytics, run by a Python that has it.

python streams_peer.py NETWORK

Reads jobs from standard input, one line of JSON each: recording, size, rate, seconds, warm. Answers each with one line of
JSON: CPU seconds of this process after the warming up, and the tracks of every analysed picture. NETWORK is an ONNX file of
an end-to-end YOLO with the classes person and head, or ``random`` for a YOLO26n built from its description with random
weights (speed only). Imports nothing of this project.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ.update(OMP_NUM_THREADS="1", ULTRALYTICS_SAFE_LOAD="1", YOLO_AUTOINSTALL="0", YOLO_OFFLINE="1", YOLO_VERBOSE="false")


def network_of(name: str, folder: Path) -> Any:
    """Our ONNX says nothing about itself; this library wants the names of the classes in it."""
    from ultralytics import YOLO  # noqa: PLC0415 - only where it is needed

    if name == "random":
        return YOLO("yolo26n.yaml")
    import onnx  # noqa: PLC0415 - only where it is needed

    model = onnx.load(name)
    for key, value in {"task": "detect", "stride": "32", "names": "{0: 'person', 1: 'head'}", "end2end": "True"}.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.save(model, folder / "network.onnx")
    return YOLO(str(folder / "network.onnx"), task="detect")


def cpu() -> float:
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime


def answer(network: str, *, recording: str, size: int, rate: float, seconds: float, warm: float) -> dict[str, object]:
    """Go through ``seconds`` of a recording with a loop that begins anew."""
    import cv2  # noqa: PLC0415 - after the environment is set

    cv2.setNumThreads(1)
    capture = cv2.VideoCapture(recording)
    fps = capture.get(cv2.CAP_PROP_FPS)
    capture.release()
    stride = max(1, round(fps / rate))
    began, first, at = None, 0.0, 0.0
    seen: list[list[Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        model = network_of(network, Path(folder))
        settings = {"stream": True, "imgsz": size, "vid_stride": stride, "verbose": False, "device": "cpu"}
        while at < seconds:  # a recording that is too short begins again, as it does for the other side
            base = at
            for index, result in enumerate(model.track(recording, **settings)):
                at = base + index * stride / fps
                if began is None and at >= max(warm, 3 * stride / fps):
                    began, first = cpu(), at
                if at >= seconds:
                    break
                boxes = result.boxes
                seen.append([at, boxes.data.tolist() if boxes.is_track else []])
            at += stride / fps
        used = cpu() - (began if began is not None else cpu())
    return {"cpu": used, "seconds": min(at, seconds) - first, "seen": seen}


def main(network: str) -> None:
    import torch  # noqa: PLC0415 - after the environment is set

    torch.set_num_threads(1)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(network, **json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])

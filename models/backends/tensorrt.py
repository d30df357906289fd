"""From ONNX to a TensorRT engine, on a machine with an NVIDIA GPU: an export, not a backend.

An engine is tied to one GPU and one version of TensorRT, so none is shipped or hashed into the registry; it is built
from the verified file on the machine where it runs, and served by ONNX Runtime's TensorRT provider or by trtexec.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from models.errors import BackendUnavailable, MisfitWeights

_WORKSPACE: Final = 1 << 30

Shape = tuple[int, ...]


def export_engine(network: bytes, target: Path, shapes: Mapping[str, tuple[Shape, Shape, Shape]], *, half: bool = False) -> Path:
    """Build an engine and write it.

    Args:
        network: the verified bytes of an ONNX file.
        target: file to write.
        shapes: input name -> smallest, usual and largest shape that the engine shall take.
        half: allow float16; the scores then differ in the third digit.

    Raises:
        BackendUnavailable: TensorRT or a GPU is missing.
        MisfitWeights: TensorRT cannot read or build the network.
    """
    try:
        import tensorrt
    except ImportError as missing:
        raise BackendUnavailable(f"tensorrt comes with the extra `gpu`: {missing}") from missing
    logger: Any = tensorrt.Logger(tensorrt.Logger.ERROR)
    builder: Any = tensorrt.Builder(logger)
    if builder is None:
        raise BackendUnavailable("TensorRT finds no GPU")
    graph = builder.create_network(0)
    parser = tensorrt.OnnxParser(graph, logger)
    if not parser.parse(network):
        first = parser.get_error(0) if parser.num_errors else "unknown"
        raise MisfitWeights(f"TensorRT cannot read the network: {str(first)[:200]}")
    config = builder.create_builder_config()
    config.set_memory_pool_limit(tensorrt.MemoryPoolType.WORKSPACE, _WORKSPACE)
    if half:
        config.set_flag(tensorrt.BuilderFlag.FP16)
    profile = builder.create_optimization_profile()
    for name, (smallest, usual, largest) in shapes.items():
        profile.set_shape(name, smallest, usual, largest)
    config.add_optimization_profile(profile)
    engine = builder.build_serialized_network(graph, config)
    if engine is None:
        raise MisfitWeights("TensorRT cannot build an engine of this network")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(bytes(engine))
    return target

"""EfficientNet-lite0 in torch, with the parameter names of the published ImageNet checkpoint.

Why a copy of the architecture and not a library: the checkpoint (Apache-2.0, a registry package) comes as a bare
state dictionary, and the padding of its strided convolutions is TensorFlow's (more on the right and below), which
no library of ours reproduces. Inputs are RGB in 0..1; the normalisation is part of the network, so that the
exported graph needs none.

torch is imported when a network is built, never when this module is imported: the product runs without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

FEATURES: Final = 1280
"""Width of the pooled feature vector."""

_STAGES: Final = (
    # kernel, stride, expansion, channels out, repeats: EfficientNet-lite0 of the paper's table
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
_STEM: Final = 32
_BN_EPSILON: Final = 1e-3
_MEAN: Final = 127.0 / 255.0
_SPREAD: Final = 128.0 / 255.0


def build_features(checkpoint: Mapping[str, Any] | None = None) -> Any:
    """Return an ``nn.Module`` from RGB pictures [N,3,H,W] in 0..1 to feature maps [N,1280,H/32,W/32].

    Args:
        checkpoint: state dictionary of the published weights; None gives random weights.

    Raises:
        ModuleNotFoundError: torch is not installed.
        RuntimeError: the checkpoint does not fit the architecture.
    """
    import torch

    features = _assemble(torch)
    if checkpoint is not None:
        wanted = {name: value for name, value in checkpoint.items() if not name.startswith("_fc.")}
        features.load_state_dict(wanted)
    return features


def _assemble(torch: Any) -> Any:  # noqa: C901 - two classes in one function, because they need torch
    """Write the modules down; a function, because the classes need torch."""
    nn = torch.nn

    def padding(kernel: int, stride: int) -> Any:
        total = kernel - stride  # TensorFlow SAME for sides that divide by the stride
        return nn.ZeroPad2d((total // 2, total - total // 2, total // 2, total - total // 2))

    def norm(channels: int) -> Any:
        return nn.BatchNorm2d(channels, eps=_BN_EPSILON, momentum=0.01)

    class Block(nn.Module):  # type: ignore[misc, name-defined]
        """Inverted residual without squeeze-and-excitation."""

        def __init__(self, before: int, after: int, kernel: int, stride: int, expansion: int) -> None:
            super().__init__()
            width = before * expansion
            self.residual = stride == 1 and before == after
            self.expands = expansion != 1
            if self.expands:
                self._expand_conv = nn.Conv2d(before, width, 1, bias=False)
                self._bn0 = norm(width)
            self.pad = padding(kernel, stride)
            self._depthwise_conv = nn.Conv2d(width, width, kernel, stride, groups=width, bias=False)
            self._bn1 = norm(width)
            self._project_conv = nn.Conv2d(width, after, 1, bias=False)
            self._bn2 = norm(after)
            self.active = nn.ReLU6(inplace=True)

        def forward(self, x: Any) -> Any:
            y = self.active(self._bn0(self._expand_conv(x))) if self.expands else x
            y = self.active(self._bn1(self._depthwise_conv(self.pad(y))))
            y = self._bn2(self._project_conv(y))
            return x + y if self.residual else y

    class Features(nn.Module):  # type: ignore[misc, name-defined]
        """Stem, sixteen blocks and the 1x1 head, without pooling."""

        def __init__(self) -> None:
            super().__init__()
            self.pad = padding(3, 2)
            self._conv_stem = nn.Conv2d(3, _STEM, 3, 2, bias=False)
            self._bn0 = norm(_STEM)
            blocks = []
            before = _STEM
            for kernel, stride, expansion, after, repeats in _STAGES:
                for index in range(repeats):
                    blocks.append(Block(before, after, kernel, stride if index == 0 else 1, expansion))
                    before = after
            self._blocks = nn.ModuleList(blocks)
            self._conv_head = nn.Conv2d(before, FEATURES, 1, bias=False)
            self._bn1 = norm(FEATURES)
            self.active = nn.ReLU6(inplace=True)

        def forward(self, x: Any) -> Any:
            y = self.active(self._bn0(self._conv_stem(self.pad((x - _MEAN) / _SPREAD))))
            for block in self._blocks:
                y = block(y)
            return self.active(self._bn1(self._conv_head(y)))

    return Features()

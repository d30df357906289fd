"""The mean of checkpoints, on tensors that are numpy arrays in disguise: torch is not part of the product."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from models.errors import AbsentWeights
from models.training.averaging import mean_of
from models.training.person import last_epochs


class Tensor:
    """As much of a torch tensor as averaging touches."""

    def __init__(self, values: npt.ArrayLike) -> None:
        self.values = np.asarray(values)
        self.dtype = self.values.dtype

    def is_floating_point(self) -> bool:
        return bool(np.issubdtype(self.dtype, np.floating))

    def double(self) -> Tensor:
        return Tensor(self.values.astype(np.float64))

    def to(self, dtype: Any) -> Tensor:
        return Tensor(self.values.astype(dtype))

    def __add__(self, other: Tensor) -> Tensor:
        return Tensor(self.values + other.values)

    def __truediv__(self, count: int) -> Tensor:
        return Tensor(self.values / count)


def test_weights_are_averaged_and_counters_kept() -> None:
    first = {"weight": Tensor(np.array([1.0, 2.0], dtype=np.float32)), "batches": Tensor(np.array(7))}
    second = {"weight": Tensor(np.array([3.0, 6.0], dtype=np.float32)), "batches": Tensor(np.array(9))}
    mean = mean_of([first, second])
    np.testing.assert_array_equal(mean["weight"].values, [2.0, 4.0])
    assert mean["weight"].dtype == np.float32
    assert mean["batches"].values == 7


def test_checkpoints_of_different_networks_are_refused() -> None:
    with pytest.raises(ValueError, match="different networks"):
        mean_of([{"a": Tensor(1.0)}, {"b": Tensor(1.0)}])
    with pytest.raises(ValueError, match="different networks"):
        mean_of([])


def test_the_last_epochs_are_taken_by_number(tmp_path: Path) -> None:
    with pytest.raises(AbsentWeights):
        last_epochs(tmp_path)
    (tmp_path / "last.pt").touch()
    assert last_epochs(tmp_path) == [tmp_path / "last.pt"]
    for number in (0, 2, 9, 10, 11):
        (tmp_path / f"epoch{number}.pt").touch()
    assert [path.stem for path in last_epochs(tmp_path)] == ["epoch9", "epoch10", "epoch11"]

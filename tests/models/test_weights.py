from __future__ import annotations

import hashlib
import pickle
import zipfile
from pathlib import Path

import pytest

from models.errors import AbsentWeights, ChangedWeights, MisfitWeights, PickleRefused, UnfitWeights, UnknownWeights
from models.weights import REGISTRY_FILE, entry_of, load_catalogue, pin, read_unpickled, read_verified

CONTENT = b"\x08\x07 not really a network"


def catalogue(folder: Path, sha256: str, file: str = "net.onnx") -> Path:
    text = f"""
[other]
file = "other.onnx"
sha256 = "{"0" * 64}"
licence = "MIT"
task = "t"
input = "i"
classes = ["a"]
trained_on = []
command = "c"

[net]
file = "{file}"
sha256 = "{sha256}"
licence = "AGPL-3.0-only"
task = "t"
input = "i"
classes = ["a", "b"]
trained_on = ["set"]
command = "vigil train"

[net.thresholds]
a = 0.5
"""
    path = folder / "weights.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def net(tmp_path: Path) -> Path:
    (tmp_path / "net.onnx").write_bytes(CONTENT)
    return catalogue(tmp_path, hashlib.sha256(CONTENT).hexdigest())


def test_the_bytes_that_were_hashed_are_the_bytes_that_are_given(net: Path) -> None:
    entry = entry_of("net", load_catalogue(net))
    assert read_verified(entry) == CONTENT
    assert entry.is_intact()
    assert (entry.ref.name, entry.classes, entry.threshold("a")) == ("net", ("a", "b"), 0.5)


def test_a_changed_file_is_refused(net: Path) -> None:
    (net.parent / "net.onnx").write_bytes(CONTENT + b"!")
    entry = entry_of("net", load_catalogue(net))
    with pytest.raises(ChangedWeights, match=r"net\.onnx"):
        read_verified(entry)
    assert not entry.is_intact()


def test_an_entry_without_a_hash_trusts_nothing(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(CONTENT)
    with pytest.raises(ChangedWeights, match="nothing"):
        read_verified(entry_of("net", load_catalogue(catalogue(tmp_path, ""))))


def test_an_absent_file_is_said_to_be_absent(net: Path) -> None:
    (net.parent / "net.onnx").unlink()
    with pytest.raises(AbsentWeights, match=r"net\.onnx"):
        read_verified(entry_of("net", load_catalogue(net)))


class Trap:
    """Running anything out of this file writes a witness."""

    def __init__(self, witness: Path) -> None:
        self._witness = witness

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return (Path.touch, (self._witness,))


@pytest.mark.parametrize("name", ["net.pt", "net.pth", "net.pkl", "net.onnx"])
def test_a_pickle_is_refused_before_it_is_opened(tmp_path: Path, name: str) -> None:
    witness = tmp_path / "it ran"
    content = pickle.dumps(Trap(witness))
    (tmp_path / name).write_bytes(content)
    pinned = entry_of("net", load_catalogue(catalogue(tmp_path, hashlib.sha256(content).hexdigest(), name)))
    with pytest.raises(PickleRefused, match="net"):
        read_verified(pinned)  # although its hash is recorded
    assert not witness.exists()


def test_a_torch_archive_under_another_name_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "net.onnx", "w") as archive:
        archive.writestr("net/data.pkl", pickle.dumps([1]))
    with pytest.raises(PickleRefused):
        read_unpickled(tmp_path / "net.onnx")


def test_an_unknown_name_lists_the_known_ones(net: Path) -> None:
    with pytest.raises(UnknownWeights, match="other, net"):
        entry_of("nobody", load_catalogue(net))


def test_a_missing_threshold_is_named(net: Path) -> None:
    with pytest.raises(MisfitWeights, match=r"\[net\.thresholds\].*'b'"):
        entry_of("net", load_catalogue(net)).threshold("b")


@pytest.mark.parametrize("text", ["[net\n", '[net]\nfile = "x"\n', "\xff"])
def test_a_broken_catalogue_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "weights.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(UnfitWeights, match=r"weights\.toml"):
        load_catalogue(tmp_path / "weights.toml")


def test_pinning_records_the_present_file_and_touches_nothing_else(net: Path) -> None:
    before = net.read_text(encoding="utf-8")
    (net.parent / "net.onnx").write_bytes(b"newer")
    digest = pin("net", net)
    assert digest == hashlib.sha256(b"newer").hexdigest()
    assert net.read_text(encoding="utf-8") == before.replace(hashlib.sha256(CONTENT).hexdigest(), digest)
    assert read_verified(entry_of("net", load_catalogue(net))) == b"newer"


def test_a_pickle_cannot_be_pinned(tmp_path: Path) -> None:
    (tmp_path / "net.pt").write_bytes(pickle.dumps([1]))
    with pytest.raises(PickleRefused):
        pin("net", catalogue(tmp_path, "", "net.pt"))


# --- what ships --------------------------------------------------------------------------------


@pytest.mark.weights
@pytest.mark.parametrize("entry", load_catalogue(), ids=lambda entry: entry.name)
def test_shipped_weights_are_the_recorded_ones_and_small(entry: object) -> None:
    shipped = entry_of(str(getattr(entry, "name", "")), load_catalogue())
    assert len(read_verified(shipped)) <= 12_000_000
    assert shipped.licence
    assert shipped.command.startswith("vigil train")
    assert shipped.trained_on


def test_shipped_weights_together_stay_below_40_megabytes() -> None:
    files = REGISTRY_FILE.with_name("weights").glob("*.onnx")
    assert sum(file.stat().st_size for file in files) <= 40_000_000


def test_every_shipped_network_has_an_entry() -> None:
    known = {entry.path.name for entry in load_catalogue()}
    assert {file.name for file in REGISTRY_FILE.with_name("weights").glob("*.onnx")} <= known

"""From the data folder to weights with one call a task: cut, train, hold out, calibrate, export, write down.

A run writes into its folder: `cache/*.npz` (crops), `resume.pt` (to go on after a break), `network.pt`, the ONNX file
that the product loads, `run.json` (schedule, temperatures, figures on what was held out) and `curve.png`.

Expected on two shared cores: mask 45 minutes, protective items and attire 30 minutes.
"""

from __future__ import annotations

import json
import logging
import pickle
import re
import warnings
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from models.crops import HEAD_SIZE, MASK_SIZE, PERSON_HEIGHT, PERSON_WIDTH
from models.errors import AbsentWeights, MisfitWeights, PickleRefused
from models.evaluation.ppe import PpeReport, as_json, ppe_figures
from models.evaluation.ppe_labels import LabelledPerson
from models.training import mask, ppe
from models.training.bodies import SOURCE as BODIES
from models.training.bodies import bodies
from models.training.crops import Contexts, NoHeads, cached_contexts, read_corrections
from models.training.displaced import displaced_masks
from models.training.efficientnet import build_features
from models.training.export import export_onnx
from models.training.fitting import Schedule, fit_temperature, softmax
from models.training.refit import RECOLOURINGS, features_of, refit
from models.training.restored import restore_mask, restore_ppe
from models.training.views import fit_views, view_figures, view_labels
from models.weights import confirm_shipped, entry_of, load_catalogue

log = logging.getLogger(__name__)

LABELS: Final = Path(__file__).resolve().parents[2] / "datasets" / "ppe_labels"
MASK_SCHEDULE: Final = Schedule(crops=60_000)
FURTHER_SCHEDULE: Final = Schedule(crops=50_000, rate_features=2.5e-4, rate_head=5e-4, averaging=0.998)
"""From the shipped mask network on: gentler, for what it knows is not to be unlearnt."""
PPE_SCHEDULE: Final = Schedule(crops=20_000, batch_size=32, rate_features=5e-4, rate_head=1.5e-3, averaging=0.99)

_FOLDS: Final = 8
_DISPLACED: Final = 2_500
_MEASURED_ON: Final = 768
_LOSS_LINE: Final = re.compile(r"step (\d+) of \d+, loss ([\d.]+)")


def train_mask(
    data: Path,
    out: Path,
    *,
    checkpoint: Path,
    landmarks: Path | None = None,
    people: Path | None = None,
    held_out: str | None = None,
    schedule: Schedule | None = None,
) -> Path:
    """Train the mask-state network; return its ONNX file.

    Args:
        data: folder of the data sets.
        out: folder of the run; an interrupted run in it is resumed.
        checkpoint: EfficientNet-lite0 weights of ImageNet (`*.pth`), or the shipped mask network to go on from it (`*.onnx`).
        landmarks: YuNet as ONNX, to make more wrongly worn masks and to tell views from one another; without it there are
            only the real ones, and all views count alike.
        people: corpus that a run of `train_person` wrote, to make heads that are none; without it there are only those labelled.
        held_out: a set that is not trained on, for an honest figure; None holds out one picture group in eight.
        schedule: length and rates; None takes what suits the checkpoint.

    Raises:
        AbsentWeights: the checkpoint, the landmarks or the corpus are not there.
        ChangedWeights: the file to go on from is not the shipped one.
        PickleRefused, MisfitWeights: the checkpoint is none of that network.
        NoHeads: nothing to train on, or nothing to measure on.
    """
    _there(checkpoint)
    further = checkpoint.suffix == ".onnx"
    if further:
        confirm_shipped("mask-state", checkpoint)
    schedule = schedule or (FURTHER_SCHEDULE if further else MASK_SCHEDULE)
    corrections = read_corrections(LABELS / "corrections.csv")
    contexts = cached_contexts(data, out / "cache" / "heads.npz", LABELS / "heads.csv", corrections)
    test = contexts.sources == held_out if held_out else contexts.groups % _FOLDS == 0
    copies = np.isin(contexts.groups, np.unique(contexts.groups[test]))
    training, validation = contexts.select(~test & ~copies), contexts.select(test)
    if not len(training) or not len(validation):
        sets = ", ".join(np.unique(contexts.sources))
        raise NoHeads(f"{len(training)} heads to train on and {len(validation)} to measure on; there are heads of {sets}")
    seen = training
    if landmarks is not None:
        training = _joined(training, displaced_masks(seen, landmarks, count=_DISPLACED), "displaced")
    if people is not None:
        training = _joined(training, _without(bodies(people), held_out), BODIES)
    with _Curve(out):
        network = mask.train(training, schedule, _mask_start(checkpoint, training), out / "resume.pt", early=not further)
    logits = mask.predict(network, mask.run_time_crops(validation))
    temperature = fit_temperature(logits, validation.states)
    found: dict[str, float] = {}
    if landmarks is not None:
        fit_views(network, seen, view_labels(seen, landmarks))
        found = view_figures(network, validation, view_labels(validation, landmarks))
    mask.write_run(out, schedule, temperature, mask.figures(validation, softmax(logits / temperature)), found)
    _save(network, out)
    return export_mask(network, temperature, out / "mask_state.onnx")


def train_ppe(data: Path, out: Path, *, checkpoint: Path, fold: int = 0, schedule: Schedule = PPE_SCHEDULE) -> Path:
    """Train the network of protective items and attire; return its ONNX file.

    Args:
        data: folder of the data sets.
        out: folder of the run; an interrupted run in it is resumed.
        checkpoint: EfficientNet-lite0 weights of ImageNet (`*.pth`); or the shipped network (`*.onnx`), of which the last layers
            alone are fitted again.
        fold: which third of the shoots is held out from the features and the figures (0 to 2); the last layers are
            fitted again on all people after the figures have been taken. -1 measures on what was trained on.
        schedule: length and rates.

    Raises:
        AbsentWeights: the checkpoint is not there.
        ChangedWeights: the file to go on from is not the shipped one.
        PickleRefused, MisfitWeights: it is none of that network.
        NoHeads: nobody to train on, or nobody to measure on.
    """
    _there(checkpoint)
    shipped = checkpoint.suffix == ".onnx"
    if shipped:
        confirm_shipped("ppe-attire", checkpoint)
    people = ppe.read_people(data, LABELS / "persons.csv", LABELS / "attire.csv")
    folds = ppe.fold_of(people)
    taught = folds != fold
    training, validation = people.select(taught), people.select((folds == max(fold, 0)) & people.measured)
    if not len(training) or not len(validation):
        raise NoHeads(f"{len(training)} people to train on and {len(validation)} to measure on; more data sets are needed")
    if shipped:
        network = restore_ppe(checkpoint)
    else:
        with _Curve(out):
            network = ppe.train(training, schedule, _state_dict(checkpoint), out / "resume.pt")
    views = features_of(network, people)
    refit(network, training, views[:, taught])
    items, attire = ppe.predict(network, validation)
    temperatures = ppe_temperatures(validation, items, attire)
    plain = _ppe_report(validation, items, attire, temperatures)
    record: dict[str, Any] = {"schedule": asdict(schedule), "temperatures": temperatures, "held_out": as_json(plain)}
    record["attire_recoloured"] = [
        _balanced(_ppe_report(validation, *ppe.predict(network, validation, turn=turn, order=order), temperatures))
        for turn, order in RECOLOURINGS
    ]
    record["claims"] = _claims(validation, items, temperatures)
    # Nobody labelled the items of these people, but their attire; they are from other pictures than those measured above.
    others = people.select((folds == max(fold, 0)) & ~people.measured & (people.attire != ppe.UNLABELLED))
    if len(others):
        record["attire_of_others"] = as_json(_ppe_report(others, *ppe.predict(network, others), temperatures))["attire"]
    (out / "run.json").write_text(json.dumps(record, indent=1), encoding="utf-8")
    refit(network, people, views)  # measured above on people held out; shipped with what all of them teach
    _save(network, out)
    return export_ppe(network, temperatures, out / "ppe_attire.onnx")


def _mask_start(checkpoint: Path, contexts: Contexts) -> Callable[[], Any]:
    """Return what makes the network to start from: with features of ImageNet, or the shipped one."""
    if checkpoint.suffix != ".onnx":
        features = _state_dict(checkpoint)
        return lambda: mask.build_network(features)
    rng = np.random.default_rng(0)
    rows = rng.choice(len(contexts), min(len(contexts), _MEASURED_ON), replace=False)
    crops = [mask.draw_crop(contexts, int(row), rng)[0] for row in rows]
    network = restore_mask(checkpoint, crops)
    return lambda: deepcopy(network)


def ppe_temperatures(people: ppe.People, items: npt.NDArray[np.float64], attire: npt.NDArray[np.float64]) -> dict[str, float]:
    """Return a temperature an item and one for attire, fitted on people who were not trained on."""
    found = {item: fit_temperature(items[:, k], people.items[:, k]) for k, item in enumerate(ppe.ITEMS)}
    known = people.attire != ppe.UNLABELLED
    return {**found, "attire": fit_temperature(attire[known], people.attire[known])}


def export_mask(network: Any, temperature: float, target: Path) -> Path:
    """Write the mask network with softmax and temperature inside; its second output is `views`' layer."""
    import torch

    class Calibrated(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, crops: Any) -> Any:
            pooled = self.network.pooled(crops)
            states = torch.softmax(self.network.states(pooled) / temperature, dim=-1)
            return states, torch.sigmoid(self.network.view(pooled))[:, 0]

    export_onnx(Calibrated(), {"crops": torch.rand(2, 3, MASK_SIZE, MASK_SIZE)}, ["probabilities", "frontal"], target)
    return target


def export_ppe(network: Any, temperatures: Mapping[str, float], target: Path) -> Path:
    """Write the network of items and attire with softmax and temperatures inside."""
    import torch

    class Calibrated(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.network = network
            self.register_buffer("of_items", torch.tensor([[[temperatures[item]] for item in ppe.ITEMS]]))

        def forward(self, persons: Any, heads: Any) -> Any:
            items, attire = self.network(persons, heads)
            return torch.softmax(items / self.of_items, dim=-1), torch.softmax(attire / temperatures["attire"], dim=-1)

    examples = {"persons": torch.rand(2, 3, PERSON_HEIGHT, PERSON_WIDTH), "heads": torch.rand(2, 3, HEAD_SIZE, HEAD_SIZE)}
    export_onnx(Calibrated(), examples, ["items", "attire"], target)
    return target


def _state_dict(checkpoint: Path) -> Mapping[str, Any]:
    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the dialect of a pickle: what cannot be read is refused below
            loaded = torch.load(checkpoint, weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as refused:
        raise PickleRefused(
            f"{checkpoint.name}: is no checkpoint, or holds more than weights and may run foreign code"
        ) from refused
    try:
        build_features(loaded)
    except (RuntimeError, AttributeError) as misfit:
        raise MisfitWeights(f"{checkpoint.name}: is not the checkpoint of EfficientNet-lite0") from misfit
    state: Mapping[str, Any] = loaded
    return state


def _there(checkpoint: Path) -> None:
    if not checkpoint.is_file():
        raise AbsentWeights(f"no checkpoint at {checkpoint}")


def _save(network: Any, out: Path) -> None:
    import torch

    torch.save(network.state_dict(), out / "network.pt")


def _joined(first: Contexts, second: Contexts, source: str) -> Contexts:
    """Put made heads behind real ones, as one source of their own and in no group."""
    count = len(second)
    return Contexts(
        np.concatenate([first.pixels, second.pixels]),
        np.concatenate([first.states, second.states]),
        np.concatenate([first.heights, second.heights]),
        np.concatenate([first.sources, np.array([source] * count, dtype=np.str_)]),
        np.concatenate([first.groups, np.full(count, -1, dtype=np.int64)]),
        np.concatenate([first.names, second.names]),
    )


def _without(made: Contexts, held_out: str | None) -> Contexts:
    """Leave out what was made of pictures of a set that is held out."""
    return made.select(np.array([not held_out or held_out not in str(source) for source in made.sources], dtype=np.bool_))


def _ppe_report(
    people: ppe.People,
    items: npt.NDArray[np.float64],
    attire: npt.NDArray[np.float64],
    temperatures: Mapping[str, float],
) -> PpeReport:
    scale = np.array([temperatures[item] for item in ppe.ITEMS])[None, :, None]
    labelled = [
        LabelledPerson(Path(str(name)), ppe.NOWHERE, tuple(int(state) for state in states), int(kind))
        for name, states, kind in zip(people.names, people.items, people.attire, strict=True)
    ]
    return ppe_figures(labelled, softmax(items / scale), softmax(attire / temperatures["attire"]))


def _claims(
    people: ppe.People, items: npt.NDArray[np.float64], temperatures: Mapping[str, float]
) -> dict[str, dict[str, float | None]]:
    """Return, by item, shares of people at the shipped thresholds: judged at all, called absent though present, and the other way round."""
    thresholds = entry_of("ppe-attire", load_catalogue()).thresholds
    found = {}
    for k, item in enumerate(ppe.ITEMS):
        present, absent, unseen = softmax(items[:, k] / temperatures[item]).T
        share = present / (present + absent)
        judged = unseen < thresholds["not_visible"]
        claims = judged & (share >= thresholds["present"]), judged & (1 - share >= thresholds["absent"])
        worn, bare = (people.items[:, k] == state for state in (0, 1))
        found[item] = {
            "judged": _mean((claims[0] | claims[1])[worn | bare]),
            "absent_though_present": _mean(claims[1][worn]),
            "present_though_absent": _mean(claims[0][bare]),
        }
    return found


def _mean(of: npt.NDArray[np.bool_]) -> float | None:
    return float(of.mean()) if len(of) else None


def _balanced(report: PpeReport) -> float | None:
    return report.attire.balanced_accuracy if report.attire is not None else None


class _Curve(logging.Handler):
    """Collects the losses that a run logs and draws them when it ends."""

    def __init__(self, out: Path) -> None:
        super().__init__()
        self._out = out
        self._points: list[tuple[int, float]] = []

    def emit(self, record: logging.LogRecord) -> None:
        matched = _LOSS_LINE.match(record.getMessage())
        if matched:
            self._points.append((int(matched[1]), float(matched[2])))

    def __enter__(self) -> None:
        self._out.mkdir(parents=True, exist_ok=True)
        logging.getLogger("models.training.fitting").addHandler(self)

    def __exit__(self, *_: object) -> None:
        logging.getLogger("models.training.fitting").removeHandler(self)
        if not self._points:
            return
        from matplotlib.figure import Figure

        figure = Figure(figsize=(6, 4))
        axes = figure.subplots()
        axes.plot(*zip(*self._points, strict=True))
        axes.set(xlabel="step", ylabel="loss")
        figure.savefig(self._out / "curve.png")

"""What was decided by eye: labels and background where it is trained on, undecided where it is held out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.labelled.scored import Floats, Scored
from models.training.agreement import Agreed
from models.training.by_eye import FILE, BadVerdicts, Looked, corrected, read_verdicts
from models.training.corpus import CARDS
from models.training.dataset import gather
from models.training.teachers import KINDS, Sight, write_sights
from tests.models.training.test_corpus import data_set

HEADER = "image,x1,y1,x2,y2,verdict\n"


def drawn(*boxes: tuple[float, float, float, float]) -> Floats:
    return np.array(boxes, dtype=np.float64).reshape(-1, 4)


LABELS = Agreed(
    drawn((0, 0, 100, 200)), drawn((10, 10, 40, 40), (300, 10, 340, 60)), drawn(), drawn((100, 10, 130, 40), (200, 10, 230, 40))
)
LOOKED = Looked(
    heads=drawn((101, 10, 131, 40), (12, 10, 41, 41), (400, 10, 440, 50)),
    nothing=drawn((200, 12, 230, 42), (300, 12, 341, 60)),
    unclear=drawn((500, 10, 540, 50)),
)


def test_where_it_is_trained_on_heads_are_labels_and_nothing_is_background() -> None:
    made = corrected(LABELS, LOOKED, held_out=False)
    np.testing.assert_array_equal(made.heads, drawn((10, 10, 40, 40), (101, 10, 131, 40), (400, 10, 440, 50)))
    np.testing.assert_array_equal(made.uncertain_heads, drawn((500, 10, 540, 50)))
    np.testing.assert_array_equal(made.persons, LABELS.persons)


def test_where_it_is_held_out_no_label_comes_from_the_detector_that_is_measured() -> None:
    made = corrected(LABELS, LOOKED, held_out=True)
    np.testing.assert_array_equal(made.heads, LABELS.heads)
    np.testing.assert_array_equal(made.uncertain_heads, np.concatenate([LOOKED.heads, LOOKED.unclear]))


def test_gathering_puts_it_over_what_teachers_agreed_on(tmp_path: Path) -> None:
    data_set(tmp_path / "data", tmp_path / "cards", count=2)
    nothing = {kind: Scored() for kind in KINDS}
    write_sights(tmp_path / "work" / "sights" / "drawn.json", {f"p{n}": Sight(64, 64, nothing) for n in range(2)})
    (tmp_path / "cards" / "drawn" / FILE).write_text(HEADER + "p0.png,10,10,20,22,head\np1.png,10,10,20,22,head\n")
    gathered = gather(tmp_path / "data", tmp_path / "work", None, tmp_path / "cards", held_out=("drawn/p1",))
    trained, held = (one.labels for one in gathered.samples)
    np.testing.assert_array_equal(trained.heads, drawn((10, 10, 20, 22)))
    np.testing.assert_array_equal(held.heads, drawn())
    np.testing.assert_array_equal(held.uncertain_heads, drawn((10, 10, 20, 22)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("image,x1,y1,x2,y2\n", "columns"),
        (HEADER + "a.png,1,2,x,4,head\n", "line 2"),
        (HEADER + "a.png,1,2,3,4,head\na.png,1,2,3,4,hat\n", "line 3"),
        (HEADER + "a.png,1,2,1,4,head\n", "without an area"),
        (HEADER + "a.png,1,2\n", "line 2"),
    ],
)
def test_a_wrong_file_is_refused_by_line(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "set" / FILE
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(BadVerdicts, match=said):
        read_verdicts(file)


def test_those_of_the_project_can_be_read() -> None:
    assert read_verdicts(CARDS / "absent" / FILE) == {}
    files = sorted(CARDS.glob(f"*/{FILE}"))
    assert files
    for file in files:
        looked = read_verdicts(file)
        assert sum(len(one.heads) for one in looked.values()) > 0, file

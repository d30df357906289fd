from __future__ import annotations

import math
from pathlib import Path

import pytest

from models.evaluation.counted import CountedFigures, Visit, count_tracks, read_visits

NOTED = Path(__file__).parents[3] / "datasets" / "video" / "people.csv"


def instants(*ids: str) -> list[tuple[float, frozenset[int]]]:
    """One instant a second; each digit is an id."""
    return [(float(second), frozenset(int(one) for one in now)) for second, now in enumerate(ids)]


def test_one_id_for_each_person_is_perfect() -> None:
    visits = (Visit(0, 3), Visit(2))
    assert count_tracks(visits, instants("1", "1", "12", "2", "2")) == CountedFigures(2, 2, 0, 0, 0, 1.0)


def test_a_new_id_for_somebody_alone_is_a_switch_and_surplus() -> None:
    figures = count_tracks((Visit(0),), instants("1", "1", "", "2", "2"))
    assert (figures.surplus, figures.missed, figures.switches, figures.found) == (1, 0, 1, 0.8)


def test_an_id_that_goes_on_with_the_next_person_leaves_that_one_missed() -> None:
    figures = count_tracks((Visit(0, 2), Visit(3)), instants("1", "1", "", "1", "1"))
    assert (figures.ids, figures.surplus, figures.missed, figures.switches) == (1, 0, 1, 0)


def test_an_id_when_nobody_is_there_is_surplus() -> None:
    figures = count_tracks((Visit(3),), instants("7", "", "", "1"))
    assert (figures.surplus, figures.missed) == (1, 0)


def test_nobody_and_nothing() -> None:
    assert count_tracks((), instants("", "")) == CountedFigures(0, 0, 0, 0, 0, 1.0)
    assert count_tracks((Visit(0),), instants("", "")).missed == 1


def test_the_committed_count_can_be_read() -> None:
    visits = read_visits(NOTED)
    assert len(visits) == 10
    assert [len(one) for name, one in visits.items() if "one_by_one" in name] == [6]
    assert all(one.enters < one.leaves for some in visits.values() for one in some)
    assert any(one.leaves == math.inf for some in visits.values() for one in some)


@pytest.mark.parametrize(
    ("line", "said"), [("a.mp4,1,x,2", "people.csv:2: not a visit"), ("a.mp4,1,5,2", "people.csv:2: leaves before entering")]
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "people.csv"
    file.write_text(f"recording,person,enters_s,leaves_s\n{line}\n")
    with pytest.raises(ValueError, match=said):
        read_visits(file)

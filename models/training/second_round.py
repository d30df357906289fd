"""A detector of an earlier round looks at all pictures again: one more voice for the agreement.

The teachers miss backs of heads and people under steep cameras; a first detector, trained on the boxes that people drew
there, does not. What it says counts only where something else agrees (`agreement`), so its mistakes do not feed back alone.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from models.detectors.overlap import suppressed
from models.errors import BadPicture
from models.evaluation.person import Detect
from models.labelled.annotations import Defect
from models.labelled.scored import Scored
from models.pictures import read_picture
from models.training.corpus import CARDS, read_cards
from models.training.dataset import paths_of
from models.training.teachers import Sight, write_sights

log = logging.getLogger(__name__)

_SAME: Final = 0.6
_FAINT: Final = 0.05


def look_again(data: Path, work: Path, detect: Detect, cards: Path = CARDS) -> list[Defect]:
    """Write what the detector finds on every picture of every set to ``work/second_round``; return what was unreadable.

    Raises:
        BadCard: a card cannot be used.
    """
    defects: list[Defect] = []
    for card in read_cards(cards):
        sights: dict[str, Sight] = {}
        for path in paths_of(card, data, work, defects):
            try:
                image = read_picture(path)
            except BadPicture as broken:
                defects.append(Defect(path.name, None, str(broken)))
                continue
            found = detect(image)
            seen = {"persons": _clear(found.persons), "heads": _clear(found.heads)}
            sights[path.stem] = Sight(image.shape[1], image.shape[0], seen)
        if sights:
            write_sights(work / "second_round" / f"{card.name}.json", sights)
            log.info("looked again at %d pictures of %s", len(sights), card.name)
    return defects


def _clear(found: Scored | None) -> Scored:
    """Return what is not too faint, without doubles."""
    if found is None:
        return Scored()
    enough = found.above(_FAINT)
    kept = suppressed(enough.boxes, enough.scores, _SAME)
    return Scored(enough.boxes[kept], enough.scores[kept])

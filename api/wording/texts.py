"""What the pages say, in Vietnamese first and in English. One flat JSON file a language,
beside the words that the compliance core has for its own codes.

A missing key is an error where it is used, never an empty place on the page; a test proves that both
languages hold the same keys with the same blanks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, get_args

from analyzer.entry import Text
from analyzer.labels import ANYWHERE, MASKS, NATURES, NEEDS, REASONS, ROLES, SEVERITIES, ZONES
from pipelines.telling import TIME_BASES, TROUBLES

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT_LANGUAGE: Language = "vi"


@dataclass(frozen=True, slots=True)
class Texts:
    """The sentences of one language."""

    language: Language
    sentences: Mapping[str, str]

    def __call__(self, key: str, **blanks: object) -> str:
        """The sentence under ``key`` with its blanks filled.

        Raises:
            KeyError: no such sentence, or a blank was not given.
        """
        return self.sentences[key].format(**blanks)

    def named(self, group: str, code: str) -> str:
        """The name of a code, or the code itself when the catalogue does not know it (a newer analyzer)."""
        return self.sentences.get(f"{group}.{code}", code)

    @property
    def other(self) -> Language:
        return "en" if self.language == "vi" else "vi"


@lru_cache(maxsize=len(LANGUAGES))
def texts(language: Language) -> Texts:
    content = files("api.wording").joinpath(f"{language}.json").read_text(encoding="utf-8")
    return Texts(language, {**_vocabulary(language), **json.loads(content)})


def _vocabulary(language: Language) -> dict[str, str]:
    """The words of the compliance core and of the pipeline, under the groups that pages ask for: they are kept in one place only."""
    groups: dict[str, Mapping[Any, Text]] = {
        "role": ROLES,
        "unknown": REASONS,
        "need": NEEDS,
        "mask": MASKS,
        "time_basis": TIME_BASES,
        "trouble": TROUBLES,
        "severity": SEVERITIES,
        "nature": NATURES,
        "zone": ZONES,
    }
    texts = {f"{group}.{code.value}": text for group, words in groups.items() for code, text in words.items()}
    texts["event.anywhere"] = ANYWHERE
    return {key: text.vi if language == "vi" else text.en for key, text in texts.items()}


def language_of(wish: str | None) -> Language:
    """The language a cookie or a parameter asks for; anything else is the default."""
    return "en" if wish == "en" else DEFAULT_LANGUAGE

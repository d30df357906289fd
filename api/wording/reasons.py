"""Why an event stands there, in words: the bridge to the analyzer's catalogue and sentences.

An event of a rule that this version does not know (a newer worker wrote it) is still shown, by its code.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from analyzer.catalogue import CATALOGUE
from analyzer.entry import Nature, Text
from analyzer.naming import sign_name
from analyzer.types import RuleId, ZoneKind
from api.wording.texts import Language, texts
from pipelines.records import StoredEvent


def known_rules() -> tuple[RuleId, ...]:
    """In the order of the catalogue."""
    return tuple(CATALOGUE)


def rule_text(rule: RuleId, language: Language) -> str:
    """What a rule says, of whomever it is about."""
    return _in(language, sign_name(rule, None))


def sign_text(event: StoredEvent, language: Language) -> str:
    """What a sign is called: never more than is known of the person."""
    return _in(language, sign_name(event.rule, event.role))


def rule_basis(rule: RuleId) -> tuple[str, ...]:
    """Codes of the texts a rule rests on."""
    entry = CATALOGUE.get(rule)
    return entry.basis if entry else ()


def rule_nature(rule: RuleId) -> Nature:
    """How strong that ground is; what is not known is never called law."""
    entry = CATALOGUE.get(rule)
    return entry.nature if entry else Nature.INFERENCE


NAMED_AFTER: Final[Mapping[str, str]] = MappingProxyType({"missing": "need", "area": "zone", "view": "unknown"})
"""Which words name the item behind a measure."""

FACTS: Final = frozenset({"area", "view", "door"})
"""Measures that only name something: their value says nothing."""


def measure_label(name: str, language: Language) -> str:
    """What a measured value is called; ``missing:gloves`` and the like name their item."""
    t = texts(language)
    kind, _, item = name.partition(":")
    label = t.named("measure", kind)
    return f"{label}: {t.named(NAMED_AFTER.get(kind, ''), item)}" if item else label


def role_source(name: str, language: Language) -> str:
    """What a piece of evidence for a role is called, such as ``E3:attire``."""
    t = texts(language)
    kind, _, what = name.partition(":")
    label = t.named("role_source", kind)
    return f"{label} ({t.named('role_source', what)})" if what else label


def zone_label(zone: str | ZoneKind | None, language: Language) -> str | None:
    """What a zone is called: by the name the facility gave it, or by its kind."""
    return texts(language).named("zone", zone.value) if isinstance(zone, ZoneKind) else zone


def _in(language: Language, text: Text) -> str:
    return text.vi if language == "vi" else text.en

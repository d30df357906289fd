"""What the sign of a rule is called, given what is known of the person and the place."""

from __future__ import annotations

from analyzer.catalogue import CATALOGUE
from analyzer.entry import Text
from analyzer.types import Role, RoleClaim, RuleId, ZoneId


def sign_name(rule: RuleId, role: RoleClaim | None) -> Text:
    """The name of the rule; of a person whose role is not known it never says that he is of one.

    A rule that this version does not know is named by its code.
    """
    entry = CATALOGUE.get(rule)
    if entry is None:
        return Text(rule, rule)
    unknown = role is not None and role.role is Role.UNKNOWN
    return entry.anyone if unknown and entry.anyone is not None else entry.text


def is_anywhere(rule: RuleId, zone: ZoneId | None) -> bool:
    """Whether an event was raised where nobody had drawn anything (mask-only mode), so that the place says nothing.

    A rule that holds in the whole picture of such a camera names a zone everywhere else.
    """
    entry = CATALOGUE.get(rule)
    return zone is None and entry is not None and any(clause.rule.scope.anywhere for clause in entry.clauses)

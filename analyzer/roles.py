"""Who somebody seems to be, by weak evidence over a whole track. ``unknown`` is a legal answer.

Each piece of evidence adds to the log-odds of some roles and is named, so that a person sees why. The weights are
start values, not measurements. Staff share one prior, so that "some staff role" is as likely beforehand as each of
the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import exp, log

from analyzer.site import STAFF_ROLES
from analyzer.types import Role, RoleClaim

DECIDED = 0.8
"""A role is told from this probability on, and when it leads the next by `MARGIN`."""

MARGIN = 0.2

_FINE = (Role.QUARANTINED, *STAFF_ROLES, Role.OUTSIDER)
_PRIOR = {role: (-log(len(STAFF_ROLES)) if role in STAFF_ROLES else 0.0) for role in _FINE}

UNKNOWN = RoleClaim(Role.UNKNOWN, 0.0)

Weights = tuple[tuple[Role, float], ...]


def towards_staff(weight: float) -> Weights:
    """The same weight for every staff role: some staff, which one is not said."""
    return tuple((role, weight) for role in STAFF_ROLES)


class RoleBook:
    """The evidence about one person. A name holds one piece; giving it again replaces it."""

    __slots__ = ("_claim", "_evidence", "_until")

    def __init__(self) -> None:
        self._evidence: dict[str, Weights] = {}
        self._until: dict[str, datetime] = {}
        self._claim: RoleClaim | None = UNKNOWN

    def note(self, name: str, weights: Weights) -> None:
        """Put down a piece of evidence."""
        if self._evidence.get(name) != weights:
            self._evidence[name] = weights
            self._claim = None

    def withdraw(self, name: str) -> None:
        """Evidence that no longer holds."""
        if self._evidence.pop(name, None) is not None:
            self._claim = None

    @property
    def own_claim(self) -> RoleClaim:
        """The claim without what is taken over from earlier tracks: likeness is not passed on from one to the next."""
        if not self._until:
            return self.claim
        return decide({name: weights for name, weights in self._evidence.items() if name not in self._until})

    @property
    def linked(self) -> bool:
        """Whether some evidence holds for a time only."""
        return bool(self._until)

    def link(self, name: str, weights: Weights, until: datetime) -> None:
        """Put down a piece of evidence that holds up to an instant."""
        self.note(name, weights)
        self._until[name] = until

    def expire(self, at: datetime) -> None:
        """Withdraw what holds no longer."""
        for name in [name for name, until in self._until.items() if until < at]:
            del self._until[name]
            self.withdraw(name)

    @property
    def claim(self) -> RoleClaim:
        """What the evidence so far comes to."""
        if self._claim is None:
            self._claim = decide(self._evidence)
        return self._claim


def decide(evidence: Mapping[str, Weights]) -> RoleClaim:
    """Fuse named evidence. The answer does not depend on the order it came in.

    Returns:
        The role with its probability; coarse ``STAFF`` when some staff role is likely but not which; else ``UNKNOWN``.
        The sources are the names of the evidence that speaks for the answer.
    """
    if not evidence:
        return UNKNOWN
    odds = dict(_PRIOR)
    for name in sorted(evidence):
        for role, weight in evidence[name]:
            odds[role] += weight
    top = max(odds.values())
    likely = {role: exp(value - top) for role, value in odds.items()}
    total = sum(likely.values())
    ranked = sorted(((p / total, role) for role, p in likely.items()), key=lambda pair: (-pair[0], pair[1].value))
    (best, role), (second, _) = ranked[:2]
    if best >= DECIDED and best - second >= MARGIN:
        return RoleClaim(role, best, _speaking_for({role}, evidence))
    staff = sum(p for p, member in ranked if member in STAFF_ROLES)
    if staff >= DECIDED:
        return RoleClaim(Role.STAFF, staff, _speaking_for(set(STAFF_ROLES), evidence))
    return RoleClaim(Role.UNKNOWN, best, tuple(sorted(evidence)))


def _speaking_for(roles: set[Role], evidence: Mapping[str, Weights]) -> tuple[str, ...]:
    return tuple(sorted(name for name, weights in evidence.items() if any(w > 0 and role in roles for role, w in weights)))

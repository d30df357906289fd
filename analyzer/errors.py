"""Every failure of the compliance core.

ComplianceError
+-- InvalidSite         records of a site contradict each other or cannot be judged
|   +-- InvalidShape    a polygon or line is broken
|   +-- InvalidSetting  a rule's setting cannot be met
+-- OutOfOrder          a scene is older than one already judged
+-- ForeignScene        a scene of another camera
"""

from __future__ import annotations


class ComplianceError(Exception):
    """Root of the tree."""


class InvalidSite(ComplianceError):
    """Records of a site contradict each other.

    Args:
        where: the record, by kind and id (``zone "z1"``).
        problem: what is wrong with it.
    """

    def __init__(self, where: str, problem: str) -> None:
        self.where, self.problem = where, problem
        super().__init__(f"{where}: {problem}")


class InvalidShape(InvalidSite):
    """A polygon or a line that bounds nothing."""


class InvalidSetting(InvalidSite):
    """A threshold or selection of a rule that cannot be met."""


class OutOfOrder(ComplianceError):
    """A scene is not later than the one before; its votes would be counted at a wrong time."""


class ForeignScene(ComplianceError):
    """A scene of a camera this engine does not judge."""

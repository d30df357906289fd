"""Every failure of perception that a caller may act on.

PerceptionError
+-- UnfitWeights          a network's file cannot be used; nothing of it was executed
|   +-- UnknownWeights    no entry of that name in weights.toml
|   +-- AbsentWeights     the file is not there
|   +-- ChangedWeights    its SHA-256 is not the recorded one
|   +-- PickleRefused     the file is (or holds) a pickle, which may run foreign code when opened
|   +-- MisfitWeights     inputs, outputs or classes are not those of the task
+-- BackendUnavailable    a runtime or a device is not on this machine; names what is missing
+-- InferenceFailed       a runtime failed on one input; the next may go well
+-- BadPicture            a picture cannot be read as one
"""

from __future__ import annotations


class PerceptionError(Exception):
    """Root of the tree."""


class UnfitWeights(PerceptionError):
    """A network's file cannot be used."""


class UnknownWeights(UnfitWeights):
    """The registry has no such entry."""


class AbsentWeights(UnfitWeights):
    """The file that an entry names is not there."""


class ChangedWeights(UnfitWeights):
    """The file is not the one that was recorded."""


class PickleRefused(UnfitWeights):
    """The file may run foreign code when it is opened."""


class MisfitWeights(UnfitWeights):
    """The network does not have the inputs, outputs or classes of its task."""


class BackendUnavailable(PerceptionError):
    """The asked runtime or device is not on this machine."""


class InferenceFailed(PerceptionError):
    """A runtime failed on one input."""


class BadPicture(PerceptionError):
    """The file cannot be read as a picture."""

"""Evidence of events: what is written, how it gets to disk, and how it is checked."""

from pipelines.evidence.case import Case, Episode
from pipelines.evidence.files import Mismatch, verify
from pipelines.evidence.footage import Clip, Footage, ImageFootage, RecordedFootage
from pipelines.evidence.reconcile import Reconciled
from pipelines.evidence.writer import EvidenceStore, EvidenceWriter

__all__ = [
    "Case",
    "Clip",
    "Episode",
    "EvidenceStore",
    "EvidenceWriter",
    "Footage",
    "ImageFootage",
    "Mismatch",
    "Reconciled",
    "RecordedFootage",
    "verify",
]

"""What was refused or went wrong, in words: the bridge to the codes of the service and of the pipeline."""

from __future__ import annotations

from dataclasses import dataclass

from api.errors import FaultCode, FieldFault
from api.wording.formats import Formats
from api.wording.texts import Language, texts
from pipelines.coded import decoded
from pipelines.errors import AddressFault, EvidenceFault
from pipelines.records import Trouble

_BOUNDS = frozenset({FaultCode.TOO_LONG, FaultCode.TOO_SMALL, FaultCode.TOO_GREAT})


def refused(fault: FieldFault, f: Formats) -> str:
    """Why a field of a form was refused."""
    return f"{texts(f.language).named('camera_field', fault.place)}: {fault_text(fault, f)}"


def fault_text(fault: FieldFault, f: Formats) -> str:
    """Why a value was refused."""
    about = f.measure(float(fault.about)) if fault.code in _BOUNDS else fault.about
    return texts(f.language)(f"fault.{fault.code}", about=about)


def evidence_fault(reason: str, language: Language) -> str:
    """Why a file of evidence is not there; what names no code (an older row) is the detail of a failure."""
    code, detail = decoded(reason, EvidenceFault)
    said = texts(language)(f"evidence_fault.{code or EvidenceFault.FAILED}")
    return f"{said} ({detail})" if detail else said


@dataclass(frozen=True, slots=True)
class Told:
    """Words for people, and the technical detail behind them (empty where it says nothing more)."""

    words: str
    detail: str = ""


def trouble(text: str, language: Language) -> Told:
    """What the report of a camera says: why it is not live, or what is odd; what names no code (an older report) is the detail."""
    t = texts(language)
    code, about = decoded(text, AddressFault)
    if code is not None:
        return Told(t(f"fault.{code}", about=about))
    known, detail = decoded(text, Trouble)
    if known is Trouble.THINGS:
        return Told(t("trouble.things", count=detail))
    return Told(t(f"trouble.{known or Trouble.OTHER}"), detail)

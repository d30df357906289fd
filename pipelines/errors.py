"""Every failure of the pipeline that a caller may act on.

PipelineError
+-- BadInput            the user's file, folder or address; names the place and the remedy (exit code 2)
|   +-- BadAddress      with a code, for who tells it in another language
|   +-- BadRecording
|   +-- BadSite
+-- SourceFault         a camera or file failed while it was read (retryable ones are `Transient`)
+-- StoreError
|   +-- NotFound
|   +-- VersionConflict somebody else decided in between
|   +-- AlreadyThere    what is to be added has the id of something else
|   +-- SchemaTooNew    the database was written by a newer Vigil
|   +-- StoreUnavailable  locked, full or unreachable (`Transient`)
+-- EvidenceError
"""

from __future__ import annotations

from enum import StrEnum

from pipelines.coded import coded


class PipelineError(Exception):
    """Root of the tree."""


class Transient:
    """Mixed into an error that may pass by itself: trying again later makes sense."""


class BadInput(PipelineError):
    """Something a person handed in cannot be used.

    Args:
        place: file, key path or address, as the person wrote it (secrets redacted).
        problem: what is wrong there.
        remedy: what to do about it.
    """

    def __init__(self, place: str, problem: str, remedy: str) -> None:
        self.place, self.problem, self.remedy = place, problem, remedy
        super().__init__(f"{place}: {problem}; {remedy}")


class AddressFault(StrEnum):
    """What may be wrong with the address of a camera."""

    SCHEME = "scheme"
    CONTROL_CHARACTERS = "control_characters"
    USB_INDEX = "usb_index"
    SYNTHETIC_NAME = "synthetic_name"
    PATH_MISSING = "path_missing"
    HOST_UNREADABLE = "host_unreadable"
    HOST_UNRESOLVABLE = "host_unresolvable"
    HOST_MISSING = "host_missing"
    AT_SIGN = "at_sign"
    VARIABLE_UNSET = "variable_unset"
    FILE_UNREADABLE = "file_unreadable"
    VARIABLE_FOREIGN = "variable_foreign"
    FILE_FOREIGN = "file_foreign"
    QUERY = "query"
    USER_MISSING = "user_missing"
    TWO_PASSWORDS = "two_passwords"
    SECRETS_NOT_KEPT = "secrets_not_kept"
    THIS_MACHINE = "this_machine"
    NOT_A_CAMERA = "not_a_camera"


class BadAddress(BadInput):
    """The address of a camera, or a secret that it refers to, cannot be used.

    Args:
        place, problem, remedy: as `BadInput`.
        fault: the problem by its code.
        about: what the problem is about: the schemes that are allowed, the name of a variable or file.
    """

    def __init__(self, place: str, problem: str, remedy: str, fault: AddressFault, about: str = "") -> None:
        self.fault, self.about = fault, about
        super().__init__(place, problem, remedy)


class BadRecording(BadInput):
    """A recording that cannot be read."""


class BadSite(BadInput):
    """A site file that cannot be used."""


class SourceFault(PipelineError):
    """A source failed while it was read."""


class StoreError(PipelineError):
    """The database refused."""


class NotFound(StoreError):
    """No such row."""


class VersionConflict(StoreError):
    """The row was changed by somebody else since it was read."""


class AlreadyThere(StoreError):
    """A row of that id exists."""


class SchemaTooNew(StoreError):
    """The database was written by a newer version of this program."""


class StoreUnavailable(StoreError, Transient):
    """The database is locked, full or out of reach."""


class EvidenceFault(StrEnum):
    """Why a file of evidence could not be written or is lost."""

    NO_SPACE = "no_space"
    DISK_REFUSED = "disk_refused"
    NO_PICTURE = "no_picture"
    NO_FOOTAGE = "no_footage"
    REPORTS_ONLY = "reports_only"
    IMAGES_ONLY = "images_only"
    NOT_RECORDED = "not_recorded"
    TIMES_JUMP = "times_jump"
    NOT_COPIED = "not_copied"
    CODEC = "codec"
    NOT_DECODED = "not_decoded"
    NO_ENCODER = "no_encoder"
    BAD_NAME = "bad_name"
    STOPPED = "stopped"
    CHANGED = "changed"
    UNREADABLE = "unreadable"
    FAILED = "failed"


class EvidenceError(PipelineError):
    """Evidence could not be written or does not match its hash; ``detail`` is technical and names no path of this machine."""

    def __init__(self, fault: EvidenceFault, detail: str = "") -> None:
        self.fault, self.detail = fault, detail
        super().__init__(coded(fault, detail))

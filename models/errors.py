"""The errors of Askive. Each says what failed (with its value), why, and which command fixes it.

    AskiveError                 kind   exit code
    ├── UsageError              usage          2   the call is wrong
    ├── ModelError              model          1
    │   ├── ModelNotFound       model-not-found
    │   ├── WeightsError        weights            wrong digest, interrupted or refused download
    │   ├── DiskSpaceError      disk-space
    │   ├── ContextOverflow     context-overflow   the prompt does not fit the model
    │   └── EndpointError       endpoint           an OpenAI-compatible server failed
    ├── SystemFailure           system         1   the operating system refused: disk, rights, port, output
    └── ArchiveError            (rag/errors.py)

`models/` is the lowest layer, so the root class is defined here; `rag/errors.py` adds the others.
"""

from __future__ import annotations

from typing import ClassVar


class AskiveError(Exception):
    """Root of all errors that users see: one line, an exit code, a remedy."""

    kind: ClassVar[str] = "failure"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def as_dict(self) -> dict[str, str]:
        """The wire form: `{"kind", "message", "remedy"}`."""
        return {"kind": self.kind, "message": self.message, "remedy": self.remedy}


class UsageError(AskiveError):
    """The call is wrong: an unknown option value, a missing file, an empty question."""

    kind = "usage"
    exit_code = 2


class SystemFailure(AskiveError):
    """The operating system refused something: a full or read-only disk, missing rights, a port in use."""

    kind = "system"


class ModelError(AskiveError):
    """A model could not be found, loaded or run."""

    kind = "model"


class ModelNotFound(ModelError):
    """The id is in no catalog, or its weights are not on this machine."""

    kind = "model-not-found"


class WeightsError(ModelError):
    """Weights could not be downloaded, or their bytes are not the published ones."""

    kind = "weights"


class DiskSpaceError(ModelError):
    """Too little free disk space; nothing has been written yet."""

    kind = "disk-space"


class ContextOverflow(ModelError):
    """The prompt has more tokens than the model's context holds."""

    kind = "context-overflow"


class EndpointError(ModelError):
    """An OpenAI-compatible endpoint could not be reached or answered with an error."""

    kind = "endpoint"

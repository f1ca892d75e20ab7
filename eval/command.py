"""What the commands of this package (`python -m eval.X`) share."""

from __future__ import annotations

import sys

from models.errors import AskiveError


def told(error: AskiveError) -> int:
    """Say on standard error what failed and what mends it; the exit code."""
    sys.stderr.write(f"{error.message}\n{error.remedy}\n")
    sys.stderr.flush()
    return error.exit_code

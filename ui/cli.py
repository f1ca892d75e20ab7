"""The entry point of the command line: it sets up signals and streams before heavy imports."""

import os
import signal
import sys

_INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit with 0 (done), 1 (failure), 2 (wrong usage) or 130 (interrupted)."""
    # False where the shell starts us with Ctrl-C ignored.
    is_interruptible = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_interruptible:
        signal.signal(signal.SIGINT, _leave)
    try:
        from askive.ui.streams import open_streams

        open_streams()
        from askive.ui.app import run as run_command

        if is_interruptible:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        code = run_command(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:
        _leave()
    if is_interruptible:
        signal.signal(signal.SIGINT, _leave)
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one command in this process and return its exit code."""
    from askive.ui.app import run as run_command

    return run_command(arguments)


def _leave(*_: object) -> None:
    """Exit at once: an exception during an import would print a traceback."""
    try:
        os.write(2, b"askive: interrupted; finished work is kept\n")
    finally:
        os._exit(_INTERRUPTED)


if __name__ == "__main__":
    main()

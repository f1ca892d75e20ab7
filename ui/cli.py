"""The command line: `askive`. Commands stand in `ui/commands/`, one module each."""

from __future__ import annotations

import io
import os
import sys
from typing import Annotated

import typer

from models.errors import AskiveError, UsageError
from ui.commands import ask, cache, chat, collections, config, doctor, index, models, search, verify
from ui.commands import eval as eval_commands
from ui.render import print_error

_INTERRUPTED = 130

app = typer.Typer(
    name="askive",
    help="Ask your archive: cited answers from your own documents, wholly on your own machine.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("index")(index.index)
app.command("ask")(ask.ask)
app.command("search")(search.search)
app.command("verify")(verify.verify)
app.command("chat")(chat.chat)
app.add_typer(collections.app, name="collections")
app.add_typer(models.app, name="models")
app.add_typer(eval_commands.app, name="eval")
app.add_typer(cache.app, name="cache")
app.command("config")(config.config)
app.command("doctor")(doctor.doctor)


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        sys.stdout.write(f"askive {version('askive')}\n")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit: 0 done, 1 failure, 2 usage, 130 interrupted."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        # Whatever the locale: JSON is UTF-8, and a byte that is no text must not end in a traceback.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run one command; the exit code."""
    as_json = "--json" in arguments
    try:
        code = app(arguments, standalone_mode=False, prog_name="askive")
        if code == _INTERRUPTED:
            # Typer swallows Ctrl-C and returns its code.
            raise KeyboardInterrupt
        return code if isinstance(code, int) else 0
    except AskiveError as error:
        print_error(error, as_json=as_json)
        return error.exit_code
    except typer.TyperException as error:
        # What typer itself refuses: unknown options, missing arguments, values of the wrong kind.
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "askive"
        print_error(UsageError(error.format_message(), remedy=f"See `{command} --help`"), as_json=as_json)
        return error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        sys.stderr.write("askive: interrupted; what was done is kept\n")
        return _INTERRUPTED
    except typer.Exit as error:
        return error.exit_code
    except BrokenPipeError:
        # The reader of our output is gone; a second write at exit would print a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except MemoryError:
        print_error(
            AskiveError(
                "out of memory", remedy="Choose a smaller model with --model or index fewer files at once"
            ),
            as_json=as_json,
        )
        return 1
    except Exception as error:
        if os.environ.get("ASKIVE_DEBUG"):
            raise
        reason = " ".join(str(error).split())
        print_error(
            AskiveError(
                f"an error in askive itself: {type(error).__name__}: {reason}",
                remedy="Please report it with what ASKIVE_DEBUG=1 prints",
            ),
            as_json=as_json,
        )
        return 1


if __name__ == "__main__":
    main()

"""The Typer application and its error reports. Each command is a module in `ui/commands/`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated

import typer

from askive.models.errors import AskiveError, SystemFailure, UsageError
from askive.models.system_errors import system_failure
from askive.ui.commands import (
    ask,
    cache,
    chat,
    collections,
    config,
    doctor,
    index,
    models,
    overview,
    search,
    verify,
)
from askive.ui.commands import eval as eval_commands
from askive.ui.commands.folder import backup, check, migrate, status, watch
from askive.ui.server import commands as server
from askive.ui.streams import OutputClosed
from askive.ui.terminal.render import Output, print_error, write_error

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
app.command("status")(status.status)
app.command("watch")(watch.watch)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("check")(check.check)
app.command("migrate")(migrate.migrate)
app.command("overview")(overview.overview)
app.command("verify")(verify.verify)
app.command("chat")(chat.chat)
app.add_typer(collections.app, name="collections")
app.add_typer(models.app, name="models")
app.add_typer(eval_commands.app, name="eval")
app.add_typer(cache.app, name="cache")
app.command("serve")(server.serve)
app.command("mcp")(server.mcp)
app.add_typer(server.token, name="token")
app.command("config")(config.config)
app.command("doctor")(doctor.doctor)


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        Output().text(f"askive {version('askive')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code. Every failure is one line on standard error."""
    as_json = "--json" in arguments
    try:
        return _run(arguments)
    except AskiveError as error:
        return _failed(error, as_json)
    except typer.TyperException as error:
        # Errors of Typer itself: unknown options, missing arguments, values of the wrong type.
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "askive"
        return _failed(UsageError(error.format_message(), remedy=f"See `{command} --help`"), as_json)
    except (typer.Abort, KeyboardInterrupt):
        write_error("askive: interrupted; finished work is kept\n")
        return _INTERRUPTED
    except typer.Exit as error:
        return error.exit_code
    except OutputClosed:
        return 0
    except MemoryError:
        remedy = "Choose a smaller model with --model or index fewer files at once"
        return _failed(SystemFailure("out of memory", remedy=remedy), as_json)
    except OSError as error:
        if os.environ.get("ASKIVE_DEBUG"):
            raise
        return _failed(system_failure(error), as_json)
    except Exception as error:
        if os.environ.get("ASKIVE_DEBUG"):
            raise
        failure = AskiveError(
            f"internal error: {type(error).__name__}: {error}",
            remedy="Run it again with ASKIVE_DEBUG=1 and report what it prints",
        )
        return _failed(failure, as_json)


def _run(arguments: list[str]) -> int:
    _reject_empty(arguments)
    code = app(arguments, standalone_mode=False, prog_name="askive")
    if code == _INTERRUPTED:
        # Typer catches Ctrl-C and returns its exit code.
        raise KeyboardInterrupt
    sys.stdout.flush()
    return code if isinstance(code, int) else 0


def _reject_empty(arguments: Sequence[str]) -> None:
    """Raises UsageError for an empty argument: usually an unset variable, and an empty path would mean `.`."""
    before = "askive"
    for argument in arguments:
        option, is_assigned, value = argument.partition("=")
        if not argument.strip() or (is_assigned and option.startswith("--") and not value.strip()):
            where = f"the value of {option}" if is_assigned else f"the argument after {before!r}"
            raise UsageError(f"{where} is empty", remedy="give it a value or leave it out")
        before = argument


def _failed(error: AskiveError, as_json: bool) -> int:
    with suppress(OutputClosed, SystemFailure):
        # Standard error comes first, in case standard output fails.
        print_error(error, as_json=as_json)
    return error.exit_code

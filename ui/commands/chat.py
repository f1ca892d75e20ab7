"""`askive chat`"""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from askive.models.system_errors import reason_of, remedy_for, system_failure
from askive.rag.errors import UsageError
from askive.ui.terminal.options import Collection, Embedder, Model, Quiet, output, settings

if TYPE_CHECKING:
    from askive.rag.config import Config
    from askive.ui.terminal.render import Output

_MIN_PASSWORD_CHARS = 8
_HELLO_TIMEOUT_S = 1.0


def chat(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes any free port.")] = 7860,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")
    ] = True,
    share_on_network: Annotated[
        bool,
        typer.Option(
            "--share-on-network",
            help="Accept other machines. They need a password, which travels unencrypted without TLS.",
        ),
    ] = False,
    password_file: Annotated[
        Path | None,
        typer.Option(
            "--password-file",
            metavar="FILE",
            help="File whose first line is the password. Default: ask for it.",
        ),
    ] = None,
    collection: Collection = None,
    model: Model = None,
    embedder: Embedder = None,
    quiet: Quiet = False,
) -> None:
    """Open the chat in a browser, on this machine only. If it runs already, open its page.

    Example: [bold]askive chat --collection case[/]
    """
    password = _password(password_file) if share_on_network else None
    if password_file is not None and not share_on_network:
        raise UsageError(
            "--password-file needs --share-on-network",
            remedy="add --share-on-network, or leave --password-file out",
        )
    host = "0.0.0.0" if share_on_network else "127.0.0.1"
    config = settings(collection=collection, model=model, embedder=embedder)
    shown = output(False, quiet)
    if port and is_running(config, port):
        address = f"http://127.0.0.1:{port}/"
        shown.hint(
            f"The chat is running already, at {address} (stop it there with Ctrl-C to change its options)"
        )
        if browser:
            webbrowser.open(address)
        return
    _require_free_port(host, port)
    name = _opened_collection(config, shown)
    # Imported late: it takes seconds, and usage errors should appear at once.
    from askive.ui.chat.app import open_chat

    with open_chat(config, name, password=password) as opened:
        if name:
            opened.warm(name)
        opened.server.launch(
            server_name=host,
            server_port=port or None,
            share=False,
            ssr_mode=False,
            run_history=False,
            inbrowser=browser,
            prevent_thread_lock=True,
            quiet=True,
        )
        blocks = opened.server.get_blocks()
        shown.hint(f"The chat is at {blocks.local_url} (Ctrl-C stops it)")
        if share_on_network:
            shown.hint(network_hint(network_addresses(), blocks.server_port))
            shown.hint(
                "Password, questions and documents travel as plain text: share in a network that you trust."
            )
        try:
            Event().wait()
        except KeyboardInterrupt:
            blocks.close(verbose=False)


def is_running(config: Config, port: int) -> bool:
    """Whether a chat with the same data folder listens on the port of this machine."""
    import httpx

    from askive.ui.chat.http.hello import HELLO_PATH, identity

    try:
        # Without the proxies of the environment: it is this machine.
        with httpx.Client(trust_env=False, timeout=_HELLO_TIMEOUT_S) as client:
            told = client.get(f"http://127.0.0.1:{port}{HELLO_PATH}").json()
    except (httpx.HTTPError, ValueError):
        return False
    return isinstance(told, dict) and told.get("askive") == identity(config)


def network_addresses() -> list[str]:
    """IPv4 addresses at which other machines may reach this one, sorted."""
    import socket

    import psutil

    is_up = {name for name, state in psutil.net_if_stats().items() if state.isup}
    return sorted(
        address.address
        for name, addresses in psutil.net_if_addrs().items()
        if name in is_up
        for address in addresses
        if address.family == socket.AF_INET and not address.address.startswith("127.")
    )


def network_hint(addresses: Sequence[str], port: int) -> str:
    """A line with the addresses of the chat for other machines."""
    if not addresses:
        return "This machine has no network address: other machines cannot reach it."
    return f"Other machines reach it at {' or '.join(f'http://{address}:{port}/' for address in addresses)}"


def _require_free_port(host: str, port: int) -> None:
    """Raises SystemFailure for a port that is not available, before models are loaded."""
    import socket

    with socket.socket() as listener:
        # As the server does: a recently closed port counts as free.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise system_failure(error, f"the chat cannot listen on port {port}") from error


def _opened_collection(config: Config, shown: Output) -> str:
    """The collection to open; the page can switch to another. "" when there is none yet and the weights are missing.

    Raises CollectionNotFound when the one that the user named does not exist.
    """
    from askive.models.errors import ModelNotFound
    from askive.rag.collections.by_name import require_collection
    from askive.ui.terminal.opening import resolve_collection

    try:
        name = _chosen_of_several(config) or resolve_collection(config, shown)
    except ModelNotFound:
        # The page downloads them.
        name = config.collection or ""
    if config.collection:
        require_collection(config, name)
    return name


def _chosen_of_several(config: Config) -> str | None:
    """The first collection, when the choice is ambiguous."""
    from askive.rag.collections.by_name import DEFAULT_COLLECTION, list_collections
    from askive.rag.config import SEEDS_COLLECTION

    others = [name for name in list_collections(config) if name != SEEDS_COLLECTION]
    if config.collection or DEFAULT_COLLECTION in others:
        return None
    return others[0] if len(others) > 1 else None


def _password(path: Path | None) -> str:
    if path is not None:
        try:
            password = (path.read_text(encoding="utf-8").splitlines() or [""])[0]
        except OSError as error:
            raise UsageError(
                f"the password cannot be read: {reason_of(error)}", remedy=remedy_for(error)
            ) from error
    elif sys.stdin.isatty():
        password = typer.prompt("Password for other machines", hide_input=True, confirmation_prompt=True)
    else:
        raise UsageError(
            "--share-on-network needs a password", remedy="write it to a file and add --password-file FILE"
        )
    if len(password) < _MIN_PASSWORD_CHARS:
        raise UsageError(
            f"the password has {len(password)} characters", remedy=f"use at least {_MIN_PASSWORD_CHARS}"
        )
    return password

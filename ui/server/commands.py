"""`askive serve`, `askive mcp` and `askive token`"""

from __future__ import annotations

from contextlib import closing
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from askive.models.system_errors import system_failure
from askive.rag.errors import UsageError
from askive.ui.server.limits import DEFAULT_LIMITS, Limits
from askive.ui.terminal.options import AsJson, Collection, Embedder, Model, Quiet, output, settings

if TYPE_CHECKING:
    import socket

    from askive.rag.config import Config
    from askive.ui.terminal.render import Output

token = typer.Typer(
    no_args_is_help=True,
    help="Access tokens of `askive serve`. Example: [bold]askive token add ada --collections case[/]",
)


def serve(
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; other than this machine's needs tokens.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes any free port.")] = 8484,
    require_token: Annotated[
        bool,
        typer.Option(
            "--require-token", help="Ask programs on this machine for a token too, as behind a proxy."
        ),
    ] = False,
    max_waiting: Annotated[
        int, typer.Option("--max-waiting", min=1, help="Questions that may wait.")
    ] = DEFAULT_LIMITS.max_waiting,
    max_per_token: Annotated[
        int, typer.Option("--max-per-token", min=1, help="Questions of one token that may wait.")
    ] = DEFAULT_LIMITS.max_per_caller,
    answer_seconds: Annotated[
        float, typer.Option("--answer-seconds", min=1, help="Time limit of an answer.")
    ] = DEFAULT_LIMITS.answer_s,
    requests_per_minute: Annotated[
        int, typer.Option("--requests-per-minute", min=1, help="Requests of one token.")
    ] = DEFAULT_LIMITS.requests_per_minute,
    audit_texts: Annotated[
        bool, typer.Option("--audit-texts", help="Write questions and answers into the audit log too.")
    ] = False,
    collection: Collection = None,
    model: Model = None,
    embedder: Embedder = None,
    quiet: Quiet = False,
) -> None:
    """Answer other programs: HTTP, the OpenAI API, and MCP under /mcp.

    Programs on this machine need no token, all others do (`askive token add`).

    Example: [bold]askive serve --port 8484[/]
    """
    _require_packages("serve", "fastapi", "mcp", "prometheus_client", "uvicorn")
    from askive.models.offline import LOOPBACK
    from askive.ui.server.tokens import TokenFile

    config = settings(collection=collection, model=model, embedder=embedder)
    if host not in LOOPBACK and not TokenFile(config).all():
        raise UsageError(
            f"{host} can be reached by other machines, and there is no token",
            remedy="create one: askive token add NAME --collections '*'",
        )
    listener = _listener(host, port)
    shown = output(False, quiet)
    name = _prepare(config, shown)
    from askive.ui.running.listener import listening
    from askive.ui.server.app import make_app, open_doors

    limits = Limits(max_waiting, max_per_token, answer_seconds, requests_per_minute)
    with (
        open_doors(config, limits, audit_texts=audit_texts) as doors,
        listening(doors.operations.workspace, "askive serve", doors.operations.log_command),
    ):
        doors.operations.warm(name)
        _run(make_app(doors, limits, require_token=require_token), listener, shown)


def mcp(
    collection: Collection = None, model: Model = None, embedder: Embedder = None, quiet: Quiet = False
) -> None:
    """Serve a language model host over MCP on standard input and output.

    --collection restricts it to one collection.

    Example: [bold]askive mcp --collection case[/]
    """
    _require_packages("mcp", "mcp", "prometheus_client")
    import anyio

    from askive.rag.collections.by_name import require_collection
    from askive.ui.server.app import open_doors
    from askive.ui.server.mcp.server import McpServer
    from askive.ui.server.tokens import Caller

    config = settings(collection=collection, model=model, embedder=embedder)
    name = _prepare(config, output(True, quiet))
    if collection is not None:
        require_collection(config, collection)
    caller = Caller("local", "read", None if collection is None else frozenset({collection}))
    with open_doors(config, DEFAULT_LIMITS) as doors:
        doors.operations.warm(name)
        anyio.run(McpServer(doors.operations, doors.documents, caller).run_stdio)


@token.command("add")
def add_token(
    name: Annotated[str, typer.Argument(help="Whose token it is; appears in the audit log.")],
    collections: Annotated[
        str, typer.Option("--collections", metavar="A,B", help="Collections that it may use; '*' for all.")
    ],
    role: Annotated[
        Literal["read", "write", "admin"],
        typer.Option(
            "--role",
            help="read: ask, search, verify; write: also add and remove documents;"
            " admin: also create and delete collections.",
        ),
    ] = "read",
    as_json: AsJson = False,
) -> None:
    """Create a token and print it. It is stored as a digest, so it cannot be printed again.

    Example: [bold]askive token add ada --collections case,letters --role write[/]
    """
    from askive.ui.server.tokens import TokenFile

    secret = TokenFile(settings()).add(name, role, filter(None, map(str.strip, collections.split(","))))
    shown = output(as_json, False)
    if as_json:
        shown.json({"name": name, "token": secret})
    else:
        shown.text(secret)


@token.command("list")
def list_tokens(as_json: AsJson = False, quiet: Quiet = False) -> None:
    """List the tokens, without their secrets.

    Example: [bold]askive token list[/]
    """
    from askive.ui.server.tokens import TokenFile
    from askive.ui.terminal.render import one_line

    shown = output(as_json, quiet)
    rows = [stored.as_dict() for stored in TokenFile(settings()).all()]
    if as_json:
        shown.json(rows)
        return
    for row in rows:
        shown.text(
            f"{one_line(row['name']):<20} {row['role']:<6} {row['created']}  {', '.join(row['collections'])}"
        )
    if not rows:
        shown.hint("no tokens yet; create one with `askive token add NAME --collections A,B`")


@token.command("remove")
def remove_token(
    name: Annotated[str, typer.Argument(help="As in `askive token list`.")], quiet: Quiet = False
) -> None:
    """Delete a token; the server refuses it from the next request on.

    Example: [bold]askive token remove ada[/]
    """
    from askive.ui.server.tokens import TokenFile

    TokenFile(settings()).remove(name)
    output(False, quiet).hint(f"{name}: removed")


def _require_packages(command: str, *packages: str) -> None:
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise UsageError(
            f"`askive {command}` needs packages that are not installed: {', '.join(missing)}",
            remedy="install them with `pip install 'askive[serve]'`",
        )


def _prepare(config: Config, shown: Output) -> str:
    """The collection to load first; the default corpus is indexed if there is no other."""
    from askive.models.remote.transport import servers_of
    from askive.rag.collections.by_name import list_collections
    from askive.rag.config import SEEDS_COLLECTION
    from askive.rag.factory import open_generator
    from askive.ui.terminal.opening import resolve_collection, tell_hosts, tell_limits

    tell_hosts(config, config.generator, shown)
    if servers_of(config.generator):
        with closing(open_generator(config)) as generator:
            tell_limits(generator, shown)
    others = [name for name in list_collections(config) if name != SEEDS_COLLECTION]
    # Several collections are no reason not to start: each request can name one.
    return others[0] if len(others) > 1 and config.collection is None else resolve_collection(config, shown)


def _listener(host: str, port: int) -> socket.socket:
    """A bound socket. Raises SystemFailure for a port or an address that is not available, before models are loaded."""
    import socket

    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        raise system_failure(error, f"the server cannot listen on {host} port {port}") from error
    return listener


def _run(app: object, listener: socket.socket, shown: Output) -> None:
    """Serve until Ctrl-C or a signal ends it."""
    import socket

    import uvicorn

    host, port = listener.getsockname()[:2]
    shown_host = f"[{host}]" if listener.family == socket.AF_INET6 else host

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            shown.hint(f"The server is at http://{shown_host}:{port} (Ctrl-C stops it)")

    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
        # Longer than proxies keep an idle connection, so that they never use one that is being closed.
        timeout_keep_alive=75,
    )
    try:
        Server(config).run([listener])
    except KeyboardInterrupt:
        return

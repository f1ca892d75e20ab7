"""`askive chat`"""

from __future__ import annotations

from typing import Annotated

import typer

from ui.options import Collection, Embedder, Model, Quiet, output, settings


def chat(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes any free port.")] = 7860,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
    collection: Collection = None,
    model: Model = None,
    embedder: Embedder = None,
    quiet: Quiet = False,
) -> None:
    """Open the chat in a browser, on this machine only.

    Example: [bold]askive chat --collection case[/]
    """
    from ui.chat import build_chat
    from ui.opening import open_assistant

    config = settings(collection=collection, model=model, embedder=embedder)
    shown = output(False, quiet)
    assistant, name = open_assistant(config, shown)
    with assistant:
        page = build_chat(assistant, name)
        shown.hint("Ctrl-C ends the chat")
        page.launch(
            server_name="127.0.0.1",
            server_port=port or None,
            share=False,
            inbrowser=browser,
            quiet=quiet,
        )

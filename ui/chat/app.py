"""The chat, put together: a Gradio server with a page of our own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Any

from askive.models.errors import AskiveError
from askive.rag.config import Config
from askive.rag.privacy.leftovers import sweep
from askive.rag.privacy.quotes import conversations_path
from askive.ui.chat.conversations import Conversations
from askive.ui.chat.http.access import AccessControl
from askive.ui.chat.http.bodies import BodyLimit
from askive.ui.chat.http.failures import Failures
from askive.ui.chat.http.routes import Routes
from askive.ui.chat.http.static_files import attach_page
from askive.ui.chat.http.streams import Streams
from askive.ui.chat.jobs import AnswerJobs
from askive.ui.chat.library import Library
from askive.ui.chat.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat that is ready to be launched.

    server: a `gradio.Server`, which is a FastAPI application with Gradio's queue.
    """

    server: Any
    workspace: Workspace

    def warm(self, collection: str) -> None:
        """Load the models in the background, so that the first question does not wait for them."""
        Thread(target=self._warm, args=(collection,), daemon=True).start()

    def _warm(self, collection: str) -> None:
        try:
            self.workspace.warm(collection)
        except AskiveError:
            # The page says so when a question is asked.
            return


@contextmanager
def open_chat(config: Config, collection: str, *, password: str | None = None) -> Iterator[Chat]:
    """The chat over the collections of the data folder, opened on one of them.

    password: what callers from other machines must know; None admits none.
    """
    import gradio

    sweep(config)
    workspace = Workspace(config)
    kept = Conversations(conversations_path(config))
    askings = AnswerJobs(workspace, kept)
    library = Library(workspace)
    try:
        server = gradio.Server(title="Askive", docs_url=None, redoc_url=None, openapi_url=None)
        # The last one added is asked first.
        server.add_middleware(BodyLimit)
        server.add_middleware(Failures)
        server.add_middleware(AccessControl, password=password)
        attach_page(server)
        Routes(workspace, kept, askings, library, collection).attach(server)
        events = Streams(workspace, kept, askings)
        # The queue is the desk's own, which knows what may go first.
        for name in ("ask", "follow", "anticipate"):
            server.api(getattr(events, name), name=name, concurrency_limit=None)
        yield Chat(server, workspace)
    finally:
        library.close()
        askings.close()
        workspace.close()
        kept.close()

"""The chat application: a Gradio server with a page of our own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Any

from askive.models.errors import AskiveError
from askive.rag.config import Config
from askive.rag.privacy.leftovers import sweep
from askive.rag.privacy.quotes import conversations_path, notebook_path
from askive.ui.chat.conversations import Conversations
from askive.ui.chat.documents.watched import WatchedFolders
from askive.ui.chat.gradio_files import refuse_gradio_writes
from askive.ui.chat.http.access import AccessControl
from askive.ui.chat.http.archive_routes import ArchiveRoutes
from askive.ui.chat.http.bodies import BodyLimit
from askive.ui.chat.http.failures import Failures
from askive.ui.chat.http.model_routes import ModelRoutes
from askive.ui.chat.http.notebook_routes import NotebookRoutes
from askive.ui.chat.http.routes import Routes, attach_routes
from askive.ui.chat.http.settings_routes import SettingsRoutes
from askive.ui.chat.http.static_files import attach_page
from askive.ui.chat.http.streams import Streams
from askive.ui.chat.http.watch_routes import WatchRoutes
from askive.ui.chat.jobs import AnswerJobs
from askive.ui.chat.library import Library
from askive.ui.chat.notebook.store import Notebook
from askive.ui.chat.weights import Weights
from askive.ui.chat.workspace import Workspace
from askive.ui.running.listener import listening


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
            # The page shows the error when a question is asked.
            return


@contextmanager
def open_chat(config: Config, collection: str, *, password: str | None = None) -> Iterator[Chat]:
    """The chat over the collections of the data folder, opened on one of them; "" when there is none yet.

    password: required from other machines; None admits only this machine.
    """
    refuse_gradio_writes()
    import gradio

    sweep(config)
    workspace = Workspace(config)
    kept = Conversations(conversations_path(config))
    jobs = AnswerJobs(workspace, kept)
    library = Library(workspace)
    watched = WatchedFolders(library, config)
    notebook = Notebook(notebook_path(config))
    weights = Weights(config, lambda: chat.warm(collection) if collection else None)
    try:
        server = gradio.Server(title="Askive", docs_url=None, redoc_url=None, openapi_url=None)
        # The middleware that is added last runs first.
        server.add_middleware(BodyLimit)
        server.add_middleware(Failures)
        server.add_middleware(AccessControl, password=password)
        attach_page(server)
        attach_routes(
            server,
            [
                Routes(workspace, kept, jobs, library, weights, watched, collection),
                ArchiveRoutes(workspace, library),
                NotebookRoutes(notebook, kept),
                ModelRoutes(config, weights),
                SettingsRoutes(workspace, weights),
                WatchRoutes(watched),
            ],
        )
        events = Streams(workspace, kept, jobs)
        # The scheduler orders the requests, so Gradio's queue has no limit.
        for name in ("ask", "follow", "anticipate"):
            server.api(getattr(events, name), name=name, concurrency_limit=None)
        chat = Chat(server, workspace)
        watched.start()
        with listening(workspace, "askive chat"):
            yield chat
    finally:
        watched.close()
        library.close()
        jobs.close()
        workspace.close()
        notebook.close()
        kept.close()

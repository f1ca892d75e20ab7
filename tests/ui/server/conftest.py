"""A server over documents about a town, with models without weights, behind a real socket."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from askive.models.fakes import HashEmbedder
from askive.rag.config import Config, load_config
from askive.rag.ingest.pipeline import ingest_paths
from askive.rag.store.archive import Archive
from askive.ui.server.app import Doors, make_app, open_doors
from askive.ui.server.limits import Limits
from askive.ui.server.tokens import Role, TokenFile
from tests.conftest import DOCUMENTS

SHIPS = "How many ships did the harbour of Aldermoor receive in January?"
SECRET_NAME = "dossier"


@dataclass(frozen=True, slots=True)
class Served:
    """A running server. tokens: secrets by name."""

    url: str
    config: Config
    doors: Doors
    tokens: Mapping[str, str]

    def client(self, token: str | None = None, **more: Any) -> httpx.Client:
        """A client of this machine, with the token of this name if there is one."""
        headers = {"Authorization": f"Bearer {self.tokens[token]}"} if token else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, **more)


def make_home(home: Path, folder: Path) -> Config:
    """A home with the collections `town` and `dossier`."""
    config = load_config(
        {"home": home, "embedder": "hash", "generator": "scripted", "reader": "off", "collection": "town"}, {}
    )
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    secret = folder / "secret.txt"
    secret.write_text(
        "Agent Marlow met Agent Quill at the mill of Northwick on 3 May 1998.", encoding="utf-8"
    )
    for name, paths in (("town", [folder / name for name in DOCUMENTS]), (SECRET_NAME, [secret])):
        with Archive.open(config.collections_dir / name, HashEmbedder(), config.passages) as archive:
            assert not ingest_paths(archive, paths).failures
    return config


def running(config: Config, limits: Limits, tokens: Mapping[str, tuple[Role, list[str]]]) -> Iterator[Served]:
    """A server in a thread of this process."""
    import uvicorn

    file = TokenFile(config)
    secrets = {name: file.add(name, role, scope) for name, (role, scope) in tokens.items()}
    with open_doors(config, limits, audit_texts=True) as doors:
        doors.operations.warm("town")
        app = make_app(doors, limits)
        server = uvicorn.Server(
            uvicorn.Config(app, port=0, log_level="warning", access_log=False, timeout_graceful_shutdown=1)
        )
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        try:
            yield Served(f"http://127.0.0.1:{port}", config, doors, secrets)
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Shared by all tests of this folder: they may add documents, but leave those that are there."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "documents").mkdir()
    config = make_home(folder / "home", folder / "documents")
    yield from running(
        config,
        Limits(answer_s=20),
        {
            "reader": ("read", ["town"]),
            "writer": ("write", ["town"]),
            "admin": ("admin", ["town", "letters"]),
            "other": ("read", [SECRET_NAME]),
            "all": ("admin", ["*"]),
        },
    )


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    """A program on this machine, without a token."""
    with served.client() as opened:
        yield opened

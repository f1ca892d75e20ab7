"""What all sessions share: models, open collections, one assistant for each pair of them, one scheduler."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from askive.models.errors import AskiveError
from askive.models.protocols import Embedder, Forgetful, Generator
from askive.rag.assistant import Assistant
from askive.rag.collections.by_name import has_collection
from askive.rag.collections.renewal import read_collection
from askive.rag.config import Config
from askive.rag.errors import CollectionNotFound
from askive.rag.factory import open_embedder, open_generator, open_retriever
from askive.rag.store.archive import Archive
from askive.rag.store.filters import Filter
from askive.rag.types import Hit, Turn
from askive.ui.chat.prefetch import Prefetcher, PreparedQuestion
from askive.ui.chat.scheduler import Scheduler, Work
from askive.ui.chat.weights import readable_name
from askive.ui.disclosure import disclose

if TYPE_CHECKING:
    from askive.models.reader.cross_encoder import Reader

_MAX_GENERATORS = 2


class Workspace:
    """Opens collections and models on demand and keeps them. Use a model only inside `scheduler.turn`."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.scheduler = Scheduler()
        self._lock = threading.RLock()
        self._embedder: Embedder | None = None
        self._reader: Reader | None = None
        self._reader_loaded = False
        self._generators: OrderedDict[str, Generator] = OrderedDict()
        self._archives: dict[str, Archive] = {}
        self._assistants: dict[tuple[str, str, bool], Assistant] = {}
        self.ahead = Prefetcher(self.scheduler, self._assistant_of, self.loaded)

    def embedder(self) -> Embedder:
        """The current embedder, loaded once."""
        with self._lock:
            if self._embedder is None:
                self._embedder = open_embedder(self.config)
            return self._embedder

    def archive(self, collection: str) -> Archive:
        """The open collection; reopened after another process has rebuilt it.

        Raises CollectionNotFound, FingerprintMismatch, StoreError, ModelNotFound.
        """
        with self._lock:
            known = self._archives.get(collection)
            if known and known.store.is_in_place():
                return known
            self.forget(collection)
            if not has_collection(self.config, collection):
                raise CollectionNotFound(
                    f"the collection {collection!r} no longer exists", remedy="choose another collection"
                )
            opened = read_collection(self.config, collection, self.embedder())
            self._archives[collection] = opened
            return opened

    def forget(self, collection: str) -> None:
        """Close a collection, because it is renamed, deleted or rebuilt."""
        with self._lock:
            known = self._archives.pop(collection, None)
            for key in [key for key in self._assistants if key[0] == collection]:
                del self._assistants[key]
            if known:
                known.close()

    def forget_read(self) -> None:
        """Make the loaded models delete what they keep of documents. Call it inside a turn."""
        with self._lock:
            loaded = list(self._generators.values())
        # Outside the lock: a generator that is computing may take long.
        for generator in loaded:
            if isinstance(generator, Forgetful):
                # A broken generator must not prevent a removal.
                with suppress(AskiveError):
                    generator.forget()

    def assistant(self, collection: str, model: str, *, literal: bool = False) -> Assistant:
        """The assistant for a collection and a model. Call it inside a turn: another model may be closed.

        literal: do not rank higher what the question names.
        Raises as `archive`, and ModelNotFound, WeightsError, EndpointError.
        """
        with self._lock:
            archive = self.archive(collection)
            generator = self._generator(model)
            known = self._assistants.get((collection, model, literal))
            if known is None:
                config = self.config.with_retrieval(context=False) if literal else self.config
                known = Assistant(archive, generator, config, self.reader())
                self._assistants[collection, model, literal] = known
            return known

    def _assistant_of(self, prepared: PreparedQuestion) -> Assistant:
        return self.assistant(prepared.collection, prepared.model, literal=prepared.literal)

    def loaded(self, model: str) -> Assistant | None:
        """An assistant with this model for any collection; None if there is none yet."""
        with self._lock:
            return next((known for (_, of, _), known in self._assistants.items() if of == model), None)

    def configure(self, config: Config) -> None:
        """Use other settings from the next question on. Models that are loaded stay as they are."""
        with self.scheduler.turn(Work.QUESTION), self._lock:
            if config.reader != self.config.reader:
                self._reader_loaded = False
            self.config = config
            self._assistants.clear()

    def warm(self, collection: str) -> None:
        """Load what the first question needs, and read the start of its prompt."""
        with self.scheduler.turn(Work.QUESTION):
            self.assistant(collection, self.config.generator).archive.embed_query("warm")
        self.ahead.read_opening(self.config.generator, ())

    def glance(
        self, collection: str, typed: str, history: Sequence[Turn], admitted: Filter
    ) -> tuple[Hit, ...]:
        """Hits for a question that is being typed. Fast: it needs no turn."""
        retriever = open_retriever(self.config.with_retrieval(rerank="off"), self.archive(collection))
        return retriever.retrieve(typed, history, admitted=admitted or None)

    def generators(self) -> list[dict[str, Any]]:
        """Models that can be chosen: the current one first, then those with installed weights.

        Each is `{"id", "name", "disclosure"}`; the disclosure is empty for a model that sends nothing.
        """
        from askive.models.weights.store import WeightStore

        store = WeightStore(self.config.models_dir)
        names = {
            entry.id: readable_name(entry) for entry in store.catalog.entries if entry.kind == "generator"
        }
        here = [model_id for model_id in names if store.state_of(model_id) in ("present", "verified")]
        return [
            {
                "id": model_id,
                "name": names.get(model_id, model_id),
                "disclosure": disclose(model_id, self.config.embedder, store=self.config.store),
            }
            for model_id in dict.fromkeys([self.config.generator, *here])
        ]

    def close(self) -> None:
        """Free the models and close the collections."""
        self.ahead.close()
        with self.scheduler.turn(Work.QUESTION), self._lock:
            for collection in list(self._archives):
                self.forget(collection)
            while self._generators:
                self._generators.popitem()[1].close()

    def reader(self) -> Reader | None:
        """The configured reader, opened once; None when it is off."""
        from askive.models.registry import load_reader

        if not self._reader_loaded:
            self._reader, self._reader_loaded = load_reader(self.config.reader, self.config.models_dir), True
        return self._reader

    def _generator(self, model: str) -> Generator:
        known = self._generators.get(model)
        if known is not None:
            self._generators.move_to_end(model)
            return known
        while len(self._generators) >= _MAX_GENERATORS:
            oldest, generator = self._generators.popitem(last=False)
            for key in [key for key in self._assistants if key[1] == oldest]:
                del self._assistants[key]
            generator.close()
        made = open_generator(self.config, model)
        self._generators[model] = made
        return made

"""Load a model by its name."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakSet

from askive.models.errors import ModelNotFound, UsageError
from askive.models.files import Digests, sha256_of
from askive.models.protocols import Embedder, Generator, Precision
from askive.models.remote.endpoints import RemotePolicy
from askive.models.remote.transport import PREFIX, address_of
from askive.models.weights.catalog import Kind
from askive.models.weights.store import WeightStore

if TYPE_CHECKING:
    from askive.models.llama.state_cache import StateCache
    from askive.models.reader.cross_encoder import Reader
    from askive.models.remote.reranker import RemoteReranker


def load_embedder(
    model_id: str, models_dir: Path, *, precision: Precision = "auto", remote: RemotePolicy | None = None
) -> Embedder:
    """An embedder by catalog id, `openai:URL[,URL...][#model]`, or `hash` (the fake).

    precision: of local models. It does not change the digest: bf16 and fp32 vectors are so close that either finds
    what was indexed with the other.
    Raises UsageError (another kind of model), ModelNotFound, WeightsError, EndpointError.
    """
    if model_id == "hash":
        from askive.models.fakes import HashEmbedder

        return HashEmbedder()
    if model_id.startswith(PREFIX):
        from askive.models.remote.openai_embedder import OpenAIEmbedder

        urls, model = address_of(model_id)
        return OpenAIEmbedder(urls, model, os.environ.get("OPENAI_API_KEY"), policy=remote)
    from askive.models.embedders.openvino import OpenVinoEmbedder
    from askive.models.embedders.sentence_transformer import SentenceEmbedder

    store = WeightStore(models_dir)
    _require_kind(store, model_id, "embedder")
    path = store.path_of(model_id)
    if OpenVinoEmbedder.can_load(path):
        return OpenVinoEmbedder(path, model_id, store.digest_of(model_id), precision)
    # sentence-transformers always computes in fp32.
    return SentenceEmbedder(path, model_id, store.digest_of(model_id))


def load_generator(
    spec: str,
    models_dir: Path,
    *,
    context_tokens: int = 4096,
    n_threads: int | None = None,
    speculate: bool = True,
    splice: bool = False,
    memory_mb: int | None = None,
    disk_mb: int | None = None,
    remote: RemotePolicy | None = None,
) -> Generator:
    """A generator by catalog id, path of a .gguf file, `openai:URL[,URL...][#model]`, or `scripted` (the fake).

    context_tokens: prompt and answer together. n_threads: None takes the physical cores. speculate, splice: see
    `askive.models.llama.generator.LlamaGenerator`. memory_mb, disk_mb: limits of `kept_states`, the cache of
    what it reads. A remote model that is named as in the catalog is taken for those weights.
    Raises UsageError (another kind of model), ModelNotFound, WeightsError, ModelError, EndpointError.
    """
    if spec == "scripted":
        from askive.models.fakes import ScriptedGenerator

        return ScriptedGenerator()
    if spec.startswith(PREFIX):
        from askive.models.remote.openai import OpenAIGenerator

        urls, model = address_of(spec)
        return OpenAIGenerator(
            urls,
            model,
            os.environ.get("OPENAI_API_KEY"),
            context_tokens=context_tokens,
            policy=remote,
            weights_id=_generator_id(model, models_dir),
        )
    if spec.endswith(".gguf"):
        path = Path(spec).expanduser().absolute()
        if not path.is_file():
            raise ModelNotFound(
                f"{path} does not exist", remedy="correct the path, or see `askive models list`"
            )
        model_id, digest = path.stem, _digest_of_file(path, models_dir)
    else:
        store = WeightStore(models_dir)
        _require_kind(store, spec, "generator")
        model_id, path, digest = spec, store.path_of(spec), store.digest_of(spec)
    from askive.models.llama.generator import LlamaGenerator

    return LlamaGenerator(
        path,
        model_id,
        digest,
        context_tokens,
        n_threads,
        speculate=speculate,
        cache=kept_states(models_dir, memory_mb, disk_mb),
        splice=splice,
    )


def states_dir(models_dir: Path) -> Path:
    """The folder of kept attention states: `cache/states` beside the models folder."""
    return models_dir.parent / "cache" / "states"


def clear_states(models_dir: Path) -> bool:
    """Delete the kept attention states, because text that they hold must go. Returns whether none is left on disk.

    Deletes those of all processes on disk, and those of this process in memory. It deletes all of them because the
    key of a state does not name its document. They are computed again when needed. Disk errors are not raised.
    """
    folder = states_dir(models_dir)
    try:
        kept_states(models_dir)
        for cache in [cache for cache in _opened if cache.folder == folder]:
            cache.clear()
        # Not `glob`, which returns nothing for a folder that this user may not list.
        return not folder.exists() or not any(os.scandir(folder))
    except OSError:
        return False


def kept_states(models_dir: Path, memory_mb: int | None = None, disk_mb: int | None = None) -> StateCache:
    """The cache of attention states in `states_dir(models_dir)`, shared by all generators of this process.

    memory_mb, disk_mb: limits in MB (2^20 bytes), 0 to keep nothing there; None derives them from the free space.
    """
    return _cache_in(states_dir(models_dir), memory_mb, disk_mb)


_opened: WeakSet[StateCache] = WeakSet()


@functools.lru_cache(maxsize=8)
def _cache_in(folder: Path, memory_mb: int | None, disk_mb: int | None) -> StateCache:
    """One cache for the same settings, so that several generators share its limits."""
    from askive.models.llama.state_cache import StateCache

    memory, disk = (None if mb is None else mb << 20 for mb in (memory_mb, disk_mb))
    cache = StateCache(folder, memory, disk)
    _opened.add(cache)
    return cache


def load_reader(spec: str, models_dir: Path | None = None) -> Reader | None:
    """`shipped`: the reader in the package, loaded on first use; `off`: None.

    models_dir: if set, the compiled model is cached in `cache/reader` beside it for the next process.
    """
    if spec == "off":
        return None
    from askive.models.reader.cross_encoder import Reader

    return Reader(kept=models_dir.parent / "cache" / "reader" if models_dir else None)


def load_reranker(spec: str, *, remote: RemotePolicy | None = None) -> RemoteReranker:
    """A reranking model by `openai:URL[,URL...][#model]`. Raises UsageError for anything else."""
    if not spec.startswith(PREFIX):
        raise UsageError(
            f"{spec!r} is no reranker on a server", remedy="write it as openai:http://127.0.0.1:8080/v1#model"
        )
    from askive.models.remote.reranker import RemoteReranker

    urls, model = address_of(spec)
    return RemoteReranker(urls, model, os.environ.get("OPENAI_API_KEY"), policy=remote)


def _require_kind(store: WeightStore, model_id: str, kind: Kind) -> None:
    entry = store.catalog.get(model_id)
    if entry.kind != kind:
        raise UsageError(
            f"{model_id} is a model of kind {entry.kind}, not {kind}", remedy="see `askive models list`"
        )


def _generator_id(name: str | None, models_dir: Path) -> str | None:
    """The name, if it is the id of a generator of the catalog."""
    entries = WeightStore(models_dir).catalog.entries
    return next((entry.id for entry in entries if entry.id == name and entry.kind == "generator"), None)


def _digest_of_file(path: Path, models_dir: Path) -> str:
    """The digest of a file outside the models folder; it is hashed again only after a change."""
    known = Digests(models_dir / ".digests.json")
    sha256 = known.fresh(str(path), path)
    if sha256 is None:
        sha256 = sha256_of(path)
        known.keep(str(path), path, sha256)
    return sha256

"""From the name of a model to the loaded model."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING

from models.catalog import Kind
from models.disk import Digests, sha256_of
from models.errors import ModelNotFound, UsageError
from models.protocols import Embedder, Generator
from models.weights import WeightStore

if TYPE_CHECKING:
    from models.kept import StateCache
    from models.reader import Reader

_ENDPOINT = "openai:"


def load_embedder(model_id: str, models_dir: Path) -> Embedder:
    """An embedder by catalog id, `openai:URL[#model]`, or `hash` (the fake).

    Raises UsageError (another kind of model), ModelNotFound, WeightsError, EndpointError.
    """
    if model_id == "hash":
        from models.fakes import HashEmbedder

        return HashEmbedder()
    if model_id.startswith(_ENDPOINT):
        from models.openai_api import OpenAIEmbedder

        url, model = _address(model_id)
        return OpenAIEmbedder(url, model, os.environ.get("OPENAI_API_KEY"))
    from models.openvino import OpenVinoEmbedder
    from models.sentence import SentenceEmbedder

    store = WeightStore(models_dir)
    _require_kind(store, model_id, "embedder")
    path = store.path_of(model_id)
    made_by = OpenVinoEmbedder if OpenVinoEmbedder.can_load(path) else SentenceEmbedder
    return made_by(path, model_id, store.digest_of(model_id))


def load_generator(
    spec: str,
    models_dir: Path,
    *,
    context_tokens: int = 4096,
    n_threads: int | None = None,
    speculate: bool = True,
    splice: bool = False,
) -> Generator:
    """A generator by catalog id, path of a .gguf file, `openai:URL[#model]`, or `scripted` (the fake).

    context_tokens: prompt and answer together. n_threads: None takes the physical cores. speculate, splice: see
    `models.llama.LlamaGenerator`. What it reads is kept in `states_dir(models_dir)`.
    Raises UsageError (another kind of model), ModelNotFound, WeightsError, ModelError, EndpointError.
    """
    if spec == "scripted":
        from models.fakes import ScriptedGenerator

        return ScriptedGenerator()
    if spec.startswith(_ENDPOINT):
        from models.openai_api import OpenAIGenerator

        url, model = _address(spec)
        return OpenAIGenerator(url, model, os.environ.get("OPENAI_API_KEY"), context_tokens=context_tokens)
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
    from models.llama import LlamaGenerator

    return LlamaGenerator(
        path,
        model_id,
        digest,
        context_tokens,
        n_threads,
        speculate=speculate,
        cache=_cache_in(states_dir(models_dir)),
        splice=splice,
    )


def states_dir(models_dir: Path) -> Path:
    """Where kept attention states are: `cache/states` beside the models folder."""
    return models_dir.parent / "cache" / "states"


@functools.lru_cache(maxsize=8)
def _cache_in(folder: Path) -> StateCache:
    """One for all generators of this process, so that together they keep to its bounds."""
    from models.kept import StateCache

    return StateCache(folder)


def load_reader(spec: str, models_dir: Path | None = None) -> Reader | None:
    """`shipped`: the reader that comes with the package, loaded at its first use; `off`: None.

    models_dir: when told, it is kept compiled in `cache/reader` beside it, for the next process.
    """
    if spec == "off":
        return None
    from models.reader import Reader

    return Reader(kept=models_dir.parent / "cache" / "reader" if models_dir else None)


def _require_kind(store: WeightStore, model_id: str, kind: Kind) -> None:
    entry = store.catalog.get(model_id)
    if entry.kind != kind:
        raise UsageError(
            f"{model_id} is a model of kind {entry.kind}, not {kind}", remedy="see `askive models list`"
        )


def _address(spec: str) -> tuple[str, str | None]:
    url, _, model = spec.removeprefix(_ENDPOINT).partition("#")
    return url, model or None


def _digest_of_file(path: Path, models_dir: Path) -> str:
    """The digest of a file outside the models folder; hashed again only when it changed."""
    known = Digests(models_dir / ".digests.json")
    sha256 = known.fresh(str(path), path)
    if sha256 is None:
        sha256 = sha256_of(path)
        known.keep(str(path), path, sha256)
    return sha256

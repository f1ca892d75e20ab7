"""Settings, read once at the door and handed down; nothing below reads the environment.

Order: defaults < `$ASKIVE_HOME/config.toml` < `ASKIVE_*` variables < what a command was told.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rag.errors import ConfigError

DEFAULT_EMBEDDER = "all-minilm-l6-v2"
DEFAULT_GENERATOR = "qwen2.5-coder-1.5b-instruct-q4_k_m"
SEEDS_COLLECTION = "seeds"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PassageConfig(_Strict):
    """How documents are split. A change means indexing again."""

    max_words: int = Field(120, ge=20, le=400, description="words in a passage, at most")
    overlap_sentences: int = Field(1, ge=0, le=5, description="sentences repeated from the passage before")


class RetrievalConfig(_Strict):
    """How passages are found. The weights are fitted on the dev halves: see `make bench-retrieval`."""

    top_k: int = Field(10, ge=1, le=200, description="passages kept for a question, at most")
    depth_ratio: float = Field(
        0.4, ge=0, le=1, description="passages below this share of the best score are left out; 0 keeps top_k"
    )
    n_candidates: int = Field(100, ge=1, le=1000, description="passages taken from each index before fusion")
    mode: Literal["hybrid", "dense", "lexical"] = "hybrid"
    fusion: Literal["rrf", "convex"] = "convex"
    dense_weight: float = Field(0.7, ge=0, le=1, description="share of the cosine in convex fusion")
    context: bool = Field(
        True, description="search with what the question names: publishers, dates, its parts"
    )
    part_weight: float = Field(0.35, ge=0, le=1, description="share of a question's best clause in the score")
    bridge_weight: float = Field(
        0.2, ge=0, le=1, description="share of the search with the names that the first hits have in common"
    )
    named_bonus: float = Field(0.2, ge=0, le=1, description="added when the question names the publisher")
    period_bonus: float = Field(
        0.15, ge=0, le=1, description="added when the date fits the time that is named"
    )
    sentence_weight: float = Field(
        0.0, ge=0, le=1, description="share of the best sentence in the final order"
    )
    rerank: Literal["off", "likelihood", "reader"] = Field(
        "off", description="second look at the best: the generator's likelihood, or a cross-encoder"
    )
    rerank_depth: int = Field(20, ge=1, le=200, description="passages that are looked at twice")
    rerank_weight: float = Field(0.5, ge=0, le=1, description="share of the second look in the final order")


class PromptConfig(_Strict):
    """How much of what was found is read."""

    max_tokens: int = Field(350, ge=50, le=8000, description="tokens of evidence in a prompt")
    brief_tokens: int = Field(
        120, ge=50, le=8000, description="the same where one sentence surely gives the fact that is asked for"
    )
    n_sentences: int = Field(
        8, ge=1, le=50, description="best sentences that are read, as far as there is room"
    )
    n_neighbours: int = Field(1, ge=0, le=5, description="sentences read on each side of the very best")


class GenerationConfig(_Strict):
    """How the answer is written."""

    max_tokens: int = Field(160, ge=8, le=4096)
    temperature: float = Field(0.0, ge=0, le=2)
    seed: int = 0
    context_tokens: int = Field(4096, ge=512, le=131072)
    strict: bool = Field(True, description="only sentences that the sources support are shown")
    n_threads: int | None = Field(None, ge=1, description="default: the physical cores")


class Config(_Strict):
    """Everything that can be set."""

    home: Path
    embedder: str = DEFAULT_EMBEDDER
    generator: str = DEFAULT_GENERATOR
    reader: Literal["shipped", "off"] = Field(
        "shipped", description="the small model that finds and checks answers"
    )
    collection: str | None = None
    passages: PassageConfig = PassageConfig()
    retrieval: RetrievalConfig = RetrievalConfig()
    prompt: PromptConfig = PromptConfig()
    generation: GenerationConfig = GenerationConfig()

    @property
    def models_dir(self) -> Path:
        """Where weights are kept."""
        return self.home / "models"

    @property
    def collections_dir(self) -> Path:
        """One folder a collection."""
        return self.home / "collections"


def default_home() -> Path:
    """`$ASKIVE_HOME`, or the platform's folder for user data."""
    if told := os.environ.get("ASKIVE_HOME"):
        return Path(told).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_data_dir("askive", appauthor=False))


def load_config(
    overrides: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None
) -> Config:
    """The settings in force.

    overrides: `{"retrieval.top_k": 5, "generator": "..."}`; None values are ignored.
    Raises ConfigError naming the key, its value and the remedy.
    """
    environ = os.environ if environ is None else environ
    told = {key: value for key, value in (overrides or {}).items() if value is not None}
    home = Path(told.pop("home", None) or default_home())
    values: dict[str, Any] = {}
    path = home / "config.toml"
    if path.is_file():
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"{path} is not valid TOML: {error}", remedy=f"mend or remove {path}"
            ) from error
    for name, value in environ.items():
        if name.startswith("ASKIVE_") and name not in _OTHER_VARIABLES:
            _put(values, name.removeprefix("ASKIVE_").lower().replace("__", "."), value)
    for key, value in told.items():
        _put(values, key, value)
    values["home"] = home
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(
            f"setting {key} = {first.get('input')!r}: {first['msg']}",
            remedy=f"correct {key} in {path}, the ASKIVE_* variables or the option",
        ) from error


_OTHER_VARIABLES = frozenset({"ASKIVE_HOME", "ASKIVE_DEBUG"})


def _put(values: dict[str, Any], dotted: str, value: Any) -> None:
    *parents, last = dotted.split(".")
    for parent in parents:
        inner = values.setdefault(parent, {})
        if not isinstance(inner, dict):
            raise ConfigError(f"setting {dotted}: {parent} is not a group", remedy="see `askive doctor`")
        values = inner
    values[last] = value

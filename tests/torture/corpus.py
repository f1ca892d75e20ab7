"""Documents with secrets: every version of every document holds a word that stands nowhere else."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from pathlib import Path

_WORDS = (
    "harbour bridge tower council storm timber captain mayor spring railway lantern market river quarry archive"
    " ledger winter granary ferry orchard mill gate pier vessel charter bishop masons survey parish tariff"
).split()
_NEEDLE_CHARS = 14


def secret(name: str, version: int) -> str:
    """The word of one version of a document: letters and digits, ending in a digit so that no stemmer cuts it."""
    digest = hashlib.sha256(f"{name}:{version}".encode()).digest()
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    return "".join(letters[byte & 31] for byte in digest[:21]) + "7"


def needle(word: str) -> bytes:
    """The part of a secret that is searched for: its end, because full-text indexes may cut common beginnings."""
    return word[-_NEEDLE_CHARS:].encode()


def text_of(name: str, version: int, n_paragraphs: int = 3) -> str:
    """Prose of one version; the secret stands in its first and last paragraph."""
    chosen = random.Random(f"{name}:{version}")
    paragraphs = []
    for n in range(n_paragraphs):
        sentences = []
        for _ in range(5):
            words = " ".join(chosen.choices(_WORDS, k=12))
            sentences.append(f"{words.capitalize()} in {chosen.randint(1700, 1999)}.")
        if n in (0, n_paragraphs - 1):
            sentences.append(f"The password of {Path(name).stem} is {secret(name, version)}.")
        paragraphs.append(" ".join(sentences))
    return "\n\n".join(paragraphs)


def content(name: str, version: int) -> bytes:
    """A file in the format that its name says."""
    text = text_of(name, version)
    title = f"Report {Path(name).stem} version {version}"
    if name.endswith(".html"):
        paragraphs = "".join(f"<p>{part}</p>" for part in text.split("\n\n"))
        return f"<html><head><title>{title}</title></head><body>{paragraphs}</body></html>".encode()
    if name.endswith(".md"):
        code = secret(name, version)
        return f"---\ntitle: {title}\nauthor: {code}\n---\n# Notes on {code}\n\n{text}\n".encode()
    if name.endswith(".csv"):
        rows = "".join(f"{n},{line}\n" for n, line in enumerate(text.replace(",", "").split("\n\n")))
        return f"number,note\n{rows}".encode()
    return f"{title}\n\n{text}\n".encode()


def names(first: int, n: int) -> list[str]:
    """Names of n documents of mixed formats, numbered from `first`."""
    endings = (".txt", ".md", ".html", ".csv", ".txt")
    return [f"doc{i:03}{endings[i % len(endings)]}" for i in range(first, first + n)]


def write(folder: Path, chosen: Sequence[str], version: int) -> list[Path]:
    """Write one version of these documents; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name in chosen:
        path = folder / name
        path.write_bytes(content(name, version))
        paths.append(path)
    return paths

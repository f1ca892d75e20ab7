"""Secrets in documents, and the search for them in every byte of a data folder."""

from __future__ import annotations

from pathlib import Path

STAYS = "qwolvenbrek"
"""In a document that is never removed."""


def secret(name: str) -> str:
    """A word that stands in no other text, and that stemming leaves as it is."""
    return f"xqzjorvath{name}"


def write(folder: Path, name: str, words: int = 60) -> Path:
    """A document with its secret in several passages."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.txt"
    paragraph = (
        f"The vault of {name} opens with {secret(name)} at noon. {'The harbour was calm. ' * (words // 4)}"
    )
    path.write_text("\n\n".join([paragraph] * 3), encoding="utf-8")
    return path


def holders(home: Path, word: str) -> list[str]:
    """The files below a folder that hold a word, in any case, as UTF-8 or UTF-16; also in a name."""
    forms = [word.lower().encode(), word.lower().encode("utf-16-le"), word.lower().encode("utf-16-be")]
    return [
        str(path.relative_to(home))
        for path in sorted(home.rglob("*"))
        if any(form in path.name.lower().encode() for form in forms)
        or (path.is_file() and any(form in path.read_bytes().lower() for form in forms))
    ]

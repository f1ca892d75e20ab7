"""Pictures of Markdown documents: shown where they stand, and nothing else of the disk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from askive.models.fakes import HashEmbedder
from askive.rag.config import PassageConfig
from askive.rag.errors import UsageError
from askive.rag.ingest.pipeline import ingest_paths
from askive.rag.store.archive import Archive
from askive.ui.chat.rendering import to_safe_html
from askive.ui.chat.source_pane import embedded_picture, rendered_view
from tests.rag.ingest.inline_pool import POOL, InlinePool

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
NOTE = """# The mill

![The mill in 1912](pictures/the%20mill.png) and ![a *wheel*](wheel.png) and ![plan](<pictures/old plan.png>).

![out](../secret.png) ![web](http://elsewhere.invalid/x.png) ![script](x.svg) ![text](notes.txt) ![link](link.png)

`![x](wheel.png)` is code, and <img src="wheel.png"> is text.
"""


@pytest.fixture
def note(tmp_path: Path) -> Path:
    folder = tmp_path / "vault"
    (folder / "pictures").mkdir(parents=True)
    for name in ("pictures/the mill.png", "wheel.png", "pictures/old plan.png", "unnamed.png"):
        (folder / name).write_bytes(PNG + name.encode())
    (tmp_path / "secret.png").write_bytes(PNG)
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    (folder / "x.svg").write_text("<svg onload=alert(1)>", encoding="utf-8")
    (folder / "notes.txt").write_text("Words.", encoding="utf-8")
    path = folder / "mill.md"
    path.write_text(NOTE, encoding="utf-8")
    return path


@pytest.fixture
def archive(tmp_path: Path, note: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    with Archive.open(tmp_path / "archive", HashEmbedder(), PassageConfig()) as opened:
        monkeypatch.setattr(POOL, InlinePool)
        assert not ingest_paths(opened, [note]).failures
        yield opened


def test_pictures_stand_where_the_document_has_them(archive: Archive, note: Path) -> None:
    document = archive.document_by_uri(str(note))
    assert document is not None
    start = document.text.index("The mill in 1912")
    # The cited words end within the address of the picture.
    html = rendered_view(archive, str(note), start, start + 30, "town")["html"]
    assert html.count("\ue000") == html.count("\ue001") == 1 and "<p>\ue000\ue001<img" in html
    addresses = [unescape(address) for address in re.findall(r'<img src="([^"]*)"', html)]
    shown = []
    for address in addresses:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert urlsplit(address).path == "/chat/source/embedded" and asked.pop("collection") == "town"
        picture, media_type = embedded_picture(archive, asked["uri"], asked["source"])
        assert media_type == "image/png"
        shown.append(picture.removeprefix(PNG).decode())
    assert shown == ["pictures/the mill.png", "wheel.png", "pictures/old plan.png"]
    assert "elsewhere" not in html and "<code>![x](wheel.png)</code>" in html and "&lt;img" in html
    assert 'alt="plan"' in html and "out web script text link" in html


@pytest.mark.parametrize(
    "source",
    [
        "unnamed.png",
        "../secret.png",
        "link.png",
        "x.svg",
        "notes.txt",
        "mill.md",
        "",
        "/etc/hostname",
        "wheel",
    ],
)
def test_other_files_are_not_given_away(archive: Archive, note: Path, source: str) -> None:
    with pytest.raises(UsageError, match="shows no such picture"):
        embedded_picture(archive, str(note), source)


def test_a_vault_may_show_what_is_anywhere_in_it(archive: Archive, note: Path, tmp_path: Path) -> None:
    (tmp_path / ".obsidian").mkdir()
    assert embedded_picture(archive, str(note), "../secret.png")[0] == PNG


def test_without_addresses_there_are_no_pictures() -> None:
    assert "<img" not in to_safe_html("![x](y.png)")
    assert "<img" not in to_safe_html("![x](javascript:alert(1))", lambda source: source)

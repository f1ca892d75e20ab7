"""Text in pictures and scanned pages, which Tesseract recognises where it is installed."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from askive.models.fakes import HashEmbedder
from askive.rag.config import PassageConfig
from askive.rag.errors import LoadError
from askive.rag.ingest.pipeline import ingest_paths
from askive.rag.ingest.plan import stamp_of
from askive.rag.load import LOADERS, load_bytes
from askive.rag.load.not_read import not_read
from askive.rag.load.recognition.pictures import OCR, with_confidence
from askive.rag.load.recognition.tesseract import Recognised, find_tesseract, use_tesseract
from askive.rag.store.archive import Archive
from askive.rag.types import Document

needs_tesseract = pytest.mark.skipif(not find_tesseract(), reason="tesseract is not installed")


def drawn(text: str) -> Image.Image:
    picture = Image.new("L", (1400, 300), 255)
    ImageDraw.Draw(picture).text((40, 90), text, fill=0, font=ImageFont.load_default(size=56))
    return picture


def written(kind: str, *pictures: Image.Image) -> bytes:
    out = io.BytesIO()
    more = {"save_all": True, "append_images": pictures[1:]} if len(pictures) > 1 else {}
    pictures[0].save(out, kind, **more)
    return out.getvalue()


@needs_tesseract
def test_pictures_are_read_with_their_confidence(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    blank = Image.new("L", (200, 200), 255)
    (folder / "sign.png").write_bytes(written("PNG", drawn("The quay is 412 metres long.")))
    (folder / "fax.tiff").write_bytes(written("TIFF", blank, drawn("The tug costs 900 crowns.")))
    (folder / "scan.pdf").write_bytes(written("PDF", drawn("The lamp was lit in 1871.")))
    (folder / "blank.jpg").write_bytes(written("JPEG", blank))
    (folder / "bad.png").write_bytes(b"\x89PNG broken")
    with Archive.open(tmp_path / "c", HashEmbedder(16), PassageConfig()) as archive:
        without = ingest_paths(archive, [folder], ocr=False)
        assert (without.n_added, without.skipped_kinds) == (0, {".png": 2, ".jpg": 1, ".tiff": 1})
        assert "install tesseract" in without.failures[0].remedy
        report = ingest_paths(archive, [folder])
        assert report.n_added == 3
        assert [Path(e.uri).name for e in report.empty] == ["blank.jpg"]
        assert [Path(f.uri).name for f in report.failures] == ["bad.png"]
        found = {Path(s.uri).name: s for s in archive.store.sources()}
        for name, text, page in (
            ("sign.png", "412 metres", None),
            ("fax.tiff", "900 crowns", 2),
            ("scan.pdf", "1871", 1),
        ):
            (passage,) = archive.store.passages_of(found[name].doc_id)
            assert (text in passage.text, passage.page) == (True, page)
            document = archive.document_by_uri(found[name].uri)
            assert document is not None
            assert str(document.metadata[OCR][0]).startswith(f"page {page or 1}: "), "its confidence is kept"
        kept = ingest_paths(archive, [folder], ocr=False)
        assert (kept.n_deleted, kept.n_skipped) == (0, 4), (
            "what was recognised stays where tesseract is missing"
        )


@needs_tesseract
@pytest.mark.parametrize("ending", ["png", "jpeg", "pdf"])
@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_page_is_read(ending: str, degrees: int) -> None:
    picture = drawn("The deposit is 1900 crowns.")
    if ending == "jpeg":
        # As a telephone stores it: the picture lies on its side, and says so.
        out = io.BytesIO()
        exif = Image.Exif()
        exif[0x0112] = {90: 6, 180: 3, 270: 8}[degrees]
        picture.rotate(degrees, expand=True).save(out, "JPEG", exif=exif)
        data = out.getvalue()
    else:
        data = written(ending.upper(), picture.rotate(degrees, expand=True))
    with use_tesseract(find_tesseract()):
        document = load_bytes(data, f"a.{ending}", LOADERS[f".{ending}"])
    assert "The deposit is 1900 crowns." in document.text
    assert not_read(document) == []


def test_uncertain_pages_are_named() -> None:
    pages = {1: Recognised("good", 95), 2: Recognised("bad", 31), 4: None}
    document = with_confidence(Document("/a.pdf", "a", "x", "application/pdf", "d"), pages, 4)
    assert document.metadata[OCR] == ["page 1: 95%", "page 2: 31%"]
    assert not_read(document) == [
        "page 2 of 4 is recognised with little confidence (31%)", "page 4 of 4 could not be recognised",
    ]  # fmt: skip


def test_without_tesseract_a_picture_says_what_it_needs() -> None:
    with pytest.raises(LoadError, match="is a picture") as caught:
        load_bytes(written("PNG", drawn("Text.")), "/a.png", LOADERS[".png"])
    assert "tesseract" in caught.value.remedy


@needs_tesseract
def test_frames_beyond_the_limit_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("askive.rag.load.recognition.pictures.MAX_PAGES", 2)
    frames = [drawn(f"The tug costs {n}00 crowns.") for n in range(5, 9)]
    with use_tesseract(find_tesseract()):
        found = load_bytes(written("TIFF", *frames), "/d/fax.tiff", LOADERS[".tiff"])
        assert "600 crowns" in found.text and "700" not in found.text
        assert not_read(found)[-1] == "pages 3-4 of 4 not read: at most 2 are"
        whole = load_bytes(written("TIFF", *frames[:2]), "/d/fax.tiff", LOADERS[".tiff"])
    assert not any("not read" in note for note in not_read(whole))


def test_what_may_hold_pictures_is_read_again_once_text_can_be_recognised(tmp_path: Path) -> None:
    for name in ("a.zip", "a.eml", "a.msg", "a.mbox", "a.pdf", "a.png", "a.txt"):
        file = tmp_path / name
        file.write_text("x")
        differs = stamp_of(str(file), recognises=True) != stamp_of(str(file), recognises=False)
        assert differs == (name != "a.txt"), name

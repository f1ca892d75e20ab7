"""Footnotes of a PDF that stand between the two halves of a sentence."""

from __future__ import annotations

import pytest

from askive.rag.config import PassageConfig
from askive.rag.ingest.splitting import chunk
from askive.rag.load.pdf.document import load_pdf
from askive.rag.types import PAGE_BREAK
from tests.rag.load.pdf_writer import write_pdf

BODY = [
    "The quay of Aldermoor was built by the engineer Ida Falk, who had made the",
    "bridge too.1 The town paid for it in silver, and the mayor kept the bills.",
    "In 1903 a storm broke the crane on the pier into two pieces of iron, so that",
    "nothing could be landed there. The council then bought a crane for the",
]
NEXT = ["coal trade, and it was taken away when the mines were closed. Nothing of it", "is left today."]
NOTES = [
    "1 See the minutes of the council, which men-",
    "tion the bridge in full.",
    "* The crane was sold to Hull.",
]
SENTENCE = (
    "The council then bought a crane for the coal trade, and it was taken away when the mines were closed."
)


def page(*blocks: tuple[int, int, int, list[str]]) -> str:
    """Blocks of left, top, size of letters, and lines."""
    return "".join(
        f"BT /F1 {size} Tf {left} {top - (size + 4) * n} Td ({line}) Tj ET\n"
        for left, top, size, lines in blocks
        for n, line in enumerate(lines)
    )


def paragraphs(*pages: str) -> list[list[str]]:
    found = load_pdf(write_pdf(pages), "/files/quay.pdf").text.split(PAGE_BREAK)
    return [text.strip().split("\n\n") for text in found]


WHOLE_NOTES = ["1 See the minutes of the council, which mention the bridge in full.", NOTES[2]]
TITLE = ["The history of the quay"]


def test_a_sentence_over_two_pages_is_whole_and_the_notes_are_paragraphs() -> None:
    pages = [
        page((50, 800, 10, TITLE), (50, 770, 10, BODY), (50, 90, 8, NOTES), (290, 30, 10, ["1"])),
        page((50, 800, 10, NEXT)),
    ]
    first, second = paragraphs(*pages)
    assert first == [*TITLE, *WHOLE_NOTES, " ".join(BODY)]
    assert second == [" ".join(NEXT)]
    found = load_pdf(write_pdf(pages), "/files/quay.pdf")
    assert found.title == TITLE[0]
    passages = chunk(found, PassageConfig(max_words=30))
    whole = [p for p in passages if SENTENCE in " ".join(p.text.split())]
    assert [p.page for p in whole] == [1], "the sentence belongs to the page on which it begins"
    assert all(" men " not in p.text for p in passages)


def test_a_sentence_over_two_columns_is_whole() -> None:
    halves = [line[: len(line) // 2].rsplit(" ", 1)[0] for line in BODY], NEXT
    (found,) = paragraphs(
        page(
            (50, 800, 10, [*halves[0], "they bought a crane for the"]),
            (50, 90, 8, NOTES),
            (320, 800, 10, [line[:36].rsplit(" ", 1)[0] for line in NEXT]),
        )
    )
    assert "a crane for the coal trade" in " ".join(found)
    assert found[-2:] == WHOLE_NOTES


@pytest.mark.parametrize(
    ("size", "notes", "following"),
    [
        (8, NOTES, ["The mines were closed in the year after that. Nothing is left today."]),
        (8, ["Source: the minutes of the council."], NEXT),
        (10, NOTES, NEXT),
    ],
    ids=["the sentence ends", "no mark", "large letters"],
)
def test_others_stay_where_they_are(size: int, notes: list[str], following: list[str]) -> None:
    body = [*BODY[:-1], "nothing could be landed there."] if size == 8 and notes is NOTES else BODY
    first, _ = paragraphs(page((50, 770, 10, body), (50, 90, size, notes)), page((50, 800, 10, following)))
    shown = " ".join(first)
    assert shown.index(body[-1][-20:]) < shown.index(notes[0][:20])

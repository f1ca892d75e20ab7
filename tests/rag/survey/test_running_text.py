"""Which sentences tell something."""

from __future__ import annotations

import pytest

from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.survey.running_text import is_complete, is_running_text
from askive.rag.text.sentences import Span
from askive.rag.types import Hit, Passage, Source


def sentence(text: str, title: str = "New prices", heading: str = "Costs > Motors") -> SourceSentence:
    passage = Passage(text, 0, len(text), heading=heading, doc_id=1)
    return SourceSentence(
        Hit(passage, Source(1, "a", title, "text/plain", "2021-03-12", None), 1.0, 1, "lexical"),
        Span(0, len(text)),
        text,
    )


@pytest.mark.parametrize(
    "text",
    [
        "The ferry sank on 3 May 2015.",
        "Product: Oak board; Supplier: Holz Weber; Oldest from: 2020-11",
        "- the crane is repaired by 4 May",
        "2022-01-18 chain slipped from hook",
        "signed on 4 May 2021",
        "Between the lessor and the lessee, agreed on 18 January 2022",
        "pump tipped over on a pallet in the yard",
    ],
)
def test_what_tells_something(text: str) -> None:
    assert is_running_text(sentence(text))


@pytest.mark.parametrize(
    "text",
    [
        "From: Rosa Lind <rosa@lind.example>",
        "> Sent: Monday, 3 May 2021",
        "Subject: prices of 3 May",
        "Dear Mr Lind,",
        "Lena,",
        "Hello all!",
        "On Mon, 3 May 2021, Rosa Lind wrote:",
        "-----Original Message-----",
        "# Minutes of 3 May 2021",
        "New prices",
        "Motors",
        "By Maud Tilling, 3 August 2022",
        "Published 3 May 2021",
        "Finsk, 3 May 2021",
        "Kind regards, Rosa",
        "Harbour Works Ltd",
    ],
)
def test_what_only_frames_a_text(text: str) -> None:
    assert not is_running_text(sentence(text))


def test_a_signature_with_an_office_is_no_whole_sentence() -> None:
    assert not is_complete(sentence("Rosa Lind, head of purchasing and sales"))
    assert is_complete(sentence("We agree."))
    assert is_complete(sentence("- a new pump"))

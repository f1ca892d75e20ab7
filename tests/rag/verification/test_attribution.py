"""Whose word it is."""

from __future__ import annotations

import pytest

from askive.rag.text.speakers import speaker_of
from askive.rag.types import Citation, Hit, Passage, Sentence, Source
from askive.rag.verification.attribution import attributed_sentence, exchanges_speaker, with_attribution


def citation(quote: str) -> Citation:
    hit = Hit(Passage(quote, 0, len(quote)), Source(1, "a.md", "A", "text/markdown"), 1.0, 1, "fused")
    return Citation(1, hit, 0, len(quote), quote, 0.9)


@pytest.mark.parametrize(
    ("quote", "speaker"),
    [
        ("Riad Hijab said that 35 children were killed.", "Riad Hijab"),
        ("The mayor, Tom Ekberg, said the damage came to 7,500 crowns.", "The mayor"),
        ("The damage came to 7,500 crowns, Tom Ekberg said.", "Tom Ekberg"),
        ("According to the Observatory, 12 people died.", "the Observatory"),
        ("At least 12 people died, according to police.", "police"),
        ("Police say the man fled.", "Police"),
        ("Police said the man fled.", "Police"),
        ("He said that 35 children were killed.", None),
        ("The bridge was built in 1871.", None),
        ("The Syrian Observatory for Human Rights said 12 children died.", "The Syrian Observatory for Human Rights"),
        ("Hijab claimed on Monday that three schools were hit.", "Hijab"),
    ],
)  # fmt: skip
def test_the_speaker_of_a_quote(quote: str, speaker: str | None) -> None:
    assert speaker_of(quote) == speaker


@pytest.mark.parametrize(
    ("sentence", "quote", "mended"),
    [
        (
            "The raid killed 35 children.",
            "Riad Hijab said that the raid killed 35 children.",
            "According to Riad Hijab, the raid killed 35 children.",
        ),
        ("35 children were killed.", "Hijab said 35 children were killed.", "According to Hijab, 35 children were killed."),
        ("Russia bombed a school.", "The minister claimed Russia bombed a school.",
         "According to the minister, Russia bombed a school."),
        ("Hijab put the dead at 35 children.", "Hijab said 35 children were killed.", None),
        ("The harbour board says it has lost 35 boats.", "The harbour board says that since May it has lost 35 boats.", None),
        ("Reportedly it was said that 35 children were killed.", "Hijab said 35 children were killed.", None),
        ("The bridge was built in 1871.", "The bridge was built in 1871.", None),
        ("Russia targets civilians.", "Russia denied that it targets civilians.", None),
        ("The bridge is old.", "Hijab said 35 children were killed.", None),
    ],
)  # fmt: skip
def test_a_bare_fact_gets_its_speaker_back(sentence: str, quote: str, mended: str | None) -> None:
    assert with_attribution(sentence, citation(quote)) == mended


def test_one_plain_source_is_enough() -> None:
    plain, said = (
        citation("The raid killed 35 children."),
        citation("Hijab said the raid killed 35 children."),
    )
    text = "The raid killed 35 children."
    assert attributed_sentence(Sentence(text, 0, len(text), (said, plain))) is None
    assert attributed_sentence(Sentence(text, 0, len(text), (said,))) == f"According to Hijab, t{text[1:]}"
    assert attributed_sentence(Sentence(text, 0, len(text))) is None


CLAIM = (
    "The board says the claim is without merit.",
    "The mussel farmers say the survey was ignored.",
    "The inspector, Rosa Lind, said the beds were closed in May.",
)


@pytest.mark.parametrize(
    ("sentence", "cited", "is_exchanged"),
    [
        ("The board says the survey was ignored.", (1,), True),
        ("The board says the survey was ignored.", (0, 1), True),
        ("According to the mussel farmers, the claim is without merit.", (0,), True),
        ("The mussel farmers say that the survey was ignored.", (1,), False),
        ("The survey was ignored.", (1,), False),
        ("The harbour master says the survey was ignored.", (1,), False),
        ("Rosa Lind said that the beds were closed in May.", (2,), False),
        ("According to the Gazette, the survey was ignored.", (1,), False),
    ],
)
def test_words_of_one_speaker_are_not_those_of_another(
    sentence: str, cited: tuple[int, ...], is_exchanged: bool
) -> None:
    text = " ".join((*CLAIM, "The Gazette said nothing."))
    hit = Hit(
        Passage(text, 0, len(text)),
        Source(1, "a.md", "A", "text/markdown", publisher="Harrow Gazette"),
        1.0,
        1,
        "fused",
    )
    citations = tuple(
        Citation(1, hit, text.index(CLAIM[at]), text.index(CLAIM[at]) + len(CLAIM[at]), CLAIM[at], 0.9)
        for at in cited
    )
    shown = Sentence(sentence, 0, len(sentence), citations, "supported")
    assert exchanges_speaker(shown) is is_exchanged

"""A sentence has one verdict, whether an answer says it or `askive verify` reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from askive.models.fakes import HashEmbedder
from askive.models.reader.cross_encoder import Reader
from askive.rag.assistant import Assistant
from askive.rag.config import Config
from askive.rag.question.analysis import Question
from askive.rag.store.archive import Archive
from askive.rag.types import Hit, Passage, Sentence, Source
from askive.rag.verification import support
from askive.rag.verification.attribution import ONLY_REPORTED
from askive.rag.verification.dictation import DICTATED
from askive.rag.verification.support import NOT_SAID
from askive.rag.verification.verifier import Verifier
from askive.rag.verify_text import TextVerifier
from tests.rag.verification.fitted import (
    NEITHER,
    SUPPORTS,
    Judging,
    write_relation,
)

QUESTION = "What is known of the harbour and the old bridge of Aldermoor?"
TRUE = "The harbour of Aldermoor received 412 ships in January."
DOUBTED = "The old bridge of Aldermoor was built in 1871 by the engineer Ida Falk."
WRONG = "The old bridge of Aldermoor was built in 1872 by the engineer Ida Falk."
UNHEARD = "Penguins live in Antarctica."


def opinion(prompt: str) -> float:
    """That the sources state everything but what Ida Falk did."""
    return NEITHER if "Statement: The old bridge" in prompt else SUPPORTS


def doubtful() -> Judging:
    """Writes all four sentences, and does not find one of them in the sources."""
    return Judging(opinion, f"{TRUE} {DOUBTED} {WRONG} {UNHEARD}")


class Another(Judging):
    """One that no relation model is stored for."""

    @property
    def model_id(self) -> str:
        """`another`."""
        return "another"


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """The shipped one, and models for it and the fakes."""
    found = Reader()
    monkeypatch.setattr(support, "STORED", write_relation(tmp_path, found))
    return found


def test_answers_and_texts_have_the_same_verdicts(archive: Archive, reader: Reader) -> None:
    config, generator = Config(home=archive.folder), doubtful()
    answer = Assistant(archive, generator, config, reader).ask(QUESTION)
    said = {s.text: (s.verdict, s.reasons) for s in (*answer.left_out, *answer.sentences)}
    with TextVerifier(archive, config, generator) as verifier:
        assert verifier.checks == ("rules", "generator")
        for text in (TRUE, DOUBTED, WRONG, UNHEARD):
            (sentence,) = verifier.sentences(text)
            assert said[text] == (sentence.verdict, sentence.reasons)
    assert said[TRUE] == ("supported", ())
    assert said[DOUBTED] == ("unsupported", (NOT_SAID,))
    assert said[WRONG][0] == "contradicted"
    assert said[UNHEARD][0] == "unsupported"


def test_what_a_source_only_asks_somebody_to_say_is_not_supported() -> None:
    text = "If it rains, tell guests that the pool is closed."
    hit = Hit(Passage(text, 0, len(text)), Source(1, "a.md", "Pool", "text/plain"), 1.0, 1, "fused")
    verifier, question = Verifier(HashEmbedder()), Question.read("Is the pool open?")
    sentence = verifier.verify("The pool is closed.", 0, question, [hit])
    assert (sentence.verdict, sentence.reasons) == ("unsupported", (DICTATED,))
    assert [citation.quote for citation in sentence.citations] == [text]
    assert (
        verifier.verify("Guests are told that the pool is closed.", 0, question, [hit]).verdict == "supported"
    )


def test_the_checks_are_those_that_were_made(archive: Archive, reader: Reader) -> None:
    embedder = archive.embedder
    assert Verifier(embedder).checks == ("rules",)
    assert Verifier(embedder, reader).checks == ("rules", "reader")
    assert Verifier(embedder, reader, doubtful()).checks == ("rules", "generator")
    assert Verifier(embedder, None, doubtful()).checks == ("rules", "generator")


def verify(claim: str, generator: Judging, *texts: str) -> Sentence:
    """One claim against documents that consist of these texts."""
    hits = [
        Hit(
            Passage(text, 0, len(text), doc_id=number, passage_id=number),
            Source(number, f"{number}.md", "Council", "text/plain"),
            1.0,
            number,
            "fused",
        )
        for number, text in enumerate(texts, 1)
    ]
    return Verifier(HashEmbedder(), None, generator).verify(claim, 0, Question.read(""), hits)


SAID = "The council of Aldermoor rejected the plan for the harbour."
PARAPHRASE = "The council of Aldermoor threw out the scheme for a new harbour."


def test_a_paraphrase_that_the_rules_reject_is_supported_when_the_generator_says_so(reader: Reader) -> None:
    without = verify(PARAPHRASE, Another(SUPPORTS), SAID)
    assert without.verdict != "supported" and without.is_wording_only
    found = verify(PARAPHRASE, Judging(SUPPORTS), SAID)
    assert (found.verdict, found.reasons) == ("supported", ())
    assert [citation.quote for citation in found.citations] == [SAID]


def test_an_accusation_does_not_become_a_fact(reader: Reader) -> None:
    """The same sentence is judged beside a source that states it."""
    claim = "The council of Aldermoor mislaid and destroyed the plans for the harbour."
    for source, reasons in (
        (
            "Ida Falk accused the council of Aldermoor of having burnt the plans for the harbour.",
            (ONLY_REPORTED,),
        ),
        ("The council of Aldermoor burnt the plans for the harbour.", ()),
    ):
        found = verify(claim, Judging(SUPPORTS), source)
        assert (found.verdict, found.reasons) == ("unsupported" if reasons else "supported", reasons)


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("The harbour of Aldermoor received 413 ships.", "The harbour of Aldermoor received 412 ships."),
        ("The council of Aldermoor met on 5 March 2024.", "The council of Aldermoor met on 4 March 2024."),
        ("Gustave Eiffel built the bridge of Aldermoor.", "Ida Falk built the bridge of Aldermoor."),
    ],
)
def test_no_opinion_of_the_generator_supports_another_value(reader: Reader, claim: str, source: str) -> None:
    generator = Judging(SUPPORTS)
    assert verify(claim, generator, source).verdict != "supported"
    assert not generator.asked


def test_another_value_is_not_excused_by_a_sentence_that_has_it(reader: Reader) -> None:
    generator = Judging(SUPPORTS)
    sources = "The old bridge of Aldermoor was built in 1871.", "Since 1872 Aldermoor has a mayor."
    found = verify("The old bridge of Aldermoor was built in 1872.", generator, *sources)
    assert found.verdict == "contradicted" and not found.is_wording_only
    assert not generator.asked


def test_what_the_generator_supports_may_still_be_dictated(reader: Reader) -> None:
    source = "If it rains, tell guests that the pool is closed."
    found = verify("The pool is closed.", Judging(SUPPORTS), source)
    assert (found.verdict, found.reasons) == ("unsupported", (DICTATED,))


def test_a_distant_source_is_shown_only_when_the_generator_finds_support_in_it(reader: Reader) -> None:
    claim = "The town of Aldermoor turned the scheme down."
    for generator in (Another(SUPPORTS), Judging(NEITHER)):
        rejected = verify(claim, generator, SAID)
        assert (rejected.verdict, rejected.citations) == ("unsupported", ())
        assert rejected.reasons
    found = verify(claim, Judging(SUPPORTS), SAID)
    assert found.verdict == "supported"
    assert [citation.quote for citation in found.citations] == [SAID]

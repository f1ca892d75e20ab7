"""Sentences that the rules let pass are weighed once more, over a generator whose opinion is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from askive.models.fakes import ScriptedGenerator
from askive.models.protocols import Message
from askive.models.reader.cross_encoder import Reader
from askive.rag.answer.checks import Checks
from askive.rag.assistant import Assistant
from askive.rag.calibration.logistic import read_stored
from askive.rag.config import Config
from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.question.analysis import Question
from askive.rag.store.archive import Archive
from askive.rag.types import Sentence
from askive.rag.verification import support
from askive.rag.verification.support import (
    NOT_SAID,
    STORED,
    SupportModel,
    rule_features,
    statement_log_odds,
)
from tests.rag.verification.fitted import write_models
from tests.rag.verification.sources import source_sentence

SHIPS = "How many ships did the harbour of Aldermoor receive in January?"
TRUE = "The harbour of Aldermoor received 412 ships in January."
FitSupport = Callable[[ScriptedGenerator | None, float], SupportModel]


class Opinionated(ScriptedGenerator):
    """Answers yes with this probability, and keeps what it was asked."""

    def __init__(self, yes: float) -> None:
        super().__init__(TRUE)
        self.yes = yes
        self.asked: list[str] = []

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        self.asked.append(messages[-1].text)
        return [math.log(self.yes), math.log(1 - self.yes)]


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


@pytest.fixture
def support_model(reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FitSupport:
    """Fits models for the fakes: rules and reader give every sentence these log-odds, then the generator decides."""

    def fit(generator: ScriptedGenerator | None, rules: float) -> SupportModel:
        monkeypatch.setattr(support, "STORED", write_models(tmp_path, reader, rules))
        return SupportModel(reader, generator, "hash")

    return fit


@pytest.fixture
def sentence(archive: Archive) -> Sentence:
    answer = Assistant(archive, ScriptedGenerator(TRUE), Config(home=archive.folder)).ask(SHIPS)
    assert answer.sentences[0].verdict == "supported"
    return answer.sentences[0]


@pytest.mark.parametrize(("bias", "yes", "verdict", "n_asked"), [
    (5.0, 0.1, "supported", 0), (-5.0, 0.9, "unsupported", 0), (0.0, 0.9, "supported", 1), (0.0, 0.1, "unsupported", 1),
])  # fmt: skip
def test_the_generator_is_asked_where_the_rules_leave_doubt(
    support_model: FitSupport,
    sentence: Sentence,
    bias: float,
    yes: float,
    verdict: str,
    n_asked: int,
) -> None:
    generator = Opinionated(yes)
    weighed = support_model(generator, bias).judge(sentence, Question.read(SHIPS))
    assert weighed.verdict == verdict
    assert weighed.reasons == (() if verdict == "supported" else (NOT_SAID,))
    assert weighed.citations == sentence.citations
    assert len(generator.asked) == n_asked


@pytest.mark.parametrize(("rules", "verdict"), [(0.5, "supported"), (-0.5, "unsupported")])
def test_without_a_generator_rules_and_reader_decide(
    support_model: FitSupport, sentence: Sentence, rules: float, verdict: str
) -> None:
    alone = support_model(None, rules)
    assert alone.judges == ("reader",)
    assert alone.judge(sentence, Question.read(SHIPS)).verdict == verdict


def test_a_generator_that_nothing_was_fitted_with_is_not_asked(
    support_model: FitSupport, sentence: Sentence
) -> None:
    class Another(Opinionated):
        @property
        def model_id(self) -> str:
            return "another"

    generator = Another(0.01)
    weighed = support_model(generator, 0.5)
    assert weighed.judges == ("reader",)
    assert weighed.judge(sentence, Question.read(SHIPS)) is sentence
    assert not generator.asked


def test_without_a_model_of_these_parts_all_pass(reader: Reader, sentence: Sentence) -> None:
    generator = Opinionated(0.01)
    assert SupportModel(reader, generator, "hash").judge(sentence, Question.read(SHIPS)) is sentence
    assert SupportModel(None, generator, "all-minilm-l6-v2").judge(sentence, Question.read(SHIPS)) is sentence
    assert not generator.asked


def test_what_is_asked_has_the_quote_and_its_title(sentence: Sentence) -> None:
    generator = Opinionated(0.8)
    sources = [SourceSentence.cited(citation) for citation in sentence.citations]
    assert statement_log_odds(sentence.text, sources, generator) == pytest.approx(math.log(4))
    assert sentence.citations[0].quote.split()[-1] in generator.asked[0]
    assert generator.asked[0].endswith(f"Statement: {sentence.text}")


def test_the_question_s_own_words_are_counted(reader: Reader) -> None:
    sources = [source_sentence("The farther apart its supports, the weaker the bridge gets.", about="Bridge")]
    question = "What determines the distance a bridge can span?"
    near = rule_features(
        "The farther apart the supports, the weaker the bridge.", Question.read(question), sources, reader
    )
    bent = rule_features(
        "The distance a bridge can span is determined by its supports.",
        Question.read(question),
        sources,
        reader,
    )
    assert near["own"] > bent["own"]
    assert near["asked"] == 0 < bent["asked"]
    assert near["reader"] > bent["reader"]


def test_what_does_not_stand_is_left_out_and_the_check_can_be_left_out_itself(
    archive: Archive, support_model: FitSupport, reader: Reader
) -> None:
    generator = Opinionated(0.01)
    support_model(generator, 0.0)

    def ask(checks: Checks) -> str:
        assistant = Assistant(archive, generator, Config(home=archive.folder), reader, checks=checks)
        answer = assistant.ask(SHIPS)
        assert bool(answer.left_out) is checks.support
        return answer.text

    assert ask(Checks()) != TRUE
    assert ask(Checks(support=False)) == TRUE


def test_the_shipped_models_tell_what_they_were_fitted_on() -> None:
    rules, asking = read_stored(STORED)
    assert rules.generator_id is None
    assert asking.generator_id
    assert asking.names == ("before", "stated")
    for one in (rules, asking):
        assert one.reader_sha256 == Reader().digest
        assert 0.05 < one.threshold < 0.95
        assert sum(one.provenance["sentences"].values()) > 100
    assert Path(STORED).stat().st_size < 20_000


def test_a_value_is_told_where_the_cited_words_give_it(
    support_model: FitSupport, reader: Reader, sentence: Sentence
) -> None:
    citation = sentence.citations[0]
    for yes in (0.9, 0.5, 0.2):
        generator = Opinionated(yes)
        odds = support_model(generator, 0.0).gives(Question.read(SHIPS), "412", citation)
        assert odds == pytest.approx(math.log(yes / (1 - yes)))
        (asked,) = generator.asked
        assert citation.quote in asked
        assert f"The answer to “{SHIPS}” is 412." in asked
    generator = Opinionated(0.01)
    assert (
        SupportModel(reader, generator, "another").gives(Question.read(SHIPS), "412", citation) == math.inf
    ), "nobody to ask"
    assert not generator.asked

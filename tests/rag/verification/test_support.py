"""What the models say of cited sentences: a generator whose opinion is known, else the reader."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from askive.models.fakes import ScriptedGenerator
from askive.models.reader.cross_encoder import Reader
from askive.rag.answer.checks import Checks
from askive.rag.assistant import Assistant
from askive.rag.calibration.logistic import read_stored
from askive.rag.config import Config, RetrievalConfig
from askive.rag.evidence.judge import Judgement
from askive.rag.question.analysis import Question
from askive.rag.retrieval.retriever import Retriever
from askive.rag.store.archive import Archive
from askive.rag.types import Sentence, Verdict
from askive.rag.verification import support
from askive.rag.verification.citer import Citer
from askive.rag.verification.support import NOT_SAID, STORED, SupportModel, rule_features
from tests.rag.verification.fitted import (
    CONTRADICTS,
    NEITHER,
    SUPPORTS,
    Judging,
    write_relation,
    write_support,
)
from tests.rag.verification.sources import source_sentence

SHIPS = "How many ships did the harbour of Aldermoor receive in January?"
TRUE = "The harbour of Aldermoor received 412 ships in January."
WORDS_OBJECTED_TO = ("not in the source: berthed",)
MakeSupportModel = Callable[[ScriptedGenerator | None, float], SupportModel]


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


@pytest.fixture
def support_model(reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeSupportModel:
    """Stores models for the fakes: rules and reader give every sentence these log-odds."""
    monkeypatch.setattr(support, "RELATION", write_relation(tmp_path))

    def make(generator: ScriptedGenerator | None, log_odds: float = 0.0) -> SupportModel:
        monkeypatch.setattr(support, "STORED", write_support(tmp_path, reader, log_odds))
        return SupportModel(reader, generator, "hash")

    return make


@pytest.fixture
def sentence(archive: Archive) -> Sentence:
    hits = Retriever(archive, RetrievalConfig()).retrieve(SHIPS)
    cited = Citer(Question.read(SHIPS), hits, archive.embedder).cite(TRUE, 0)
    assert cited.verdict == "supported"
    return cited


@pytest.mark.parametrize(
    ("by_reader", "opinion", "verdict", "n_asked"),
    [
        (5.0, NEITHER, "supported", 0),
        (-5.0, SUPPORTS, "unsupported", 0),
        (0.0, SUPPORTS, "supported", 1),
        (0.0, NEITHER, "unsupported", 1),
    ],
)
def test_the_generator_is_asked_where_rules_and_reader_leave_doubt(
    support_model: MakeSupportModel,
    sentence: Sentence,
    by_reader: float,
    opinion: Judgement,
    verdict: str,
    n_asked: int,
) -> None:
    generator = Judging(opinion)
    model = support_model(generator, by_reader)
    assert model.judges == ("reader", "generator")
    judged = model.judge(sentence, Question.read(SHIPS))
    assert (judged.verdict, judged.citations) == (verdict, sentence.citations)
    assert judged.reasons == (() if verdict == "supported" else (NOT_SAID,))
    assert len(generator.asked) == n_asked
    for prompt in generator.asked:
        assert prompt.endswith(f"Statement: {TRUE}") and sentence.citations[0].quote in prompt


@pytest.mark.parametrize("rejected", ["unsupported", "contradicted"])
@pytest.mark.parametrize("opinion", [SUPPORTS, CONTRADICTS, NEITHER])
def test_the_generator_can_save_what_the_rules_reject_for_its_wording(
    support_model: MakeSupportModel, sentence: Sentence, rejected: Verdict, opinion: Judgement
) -> None:
    objected_to = replace(sentence, verdict=rejected, reasons=WORDS_OBJECTED_TO, is_wording_only=True)
    model = support_model(Judging(opinion), 0.0)
    expected = ("supported", ()) if opinion is SUPPORTS else (rejected, WORDS_OBJECTED_TO)
    for judged in (model.judge(objected_to, Question.read(SHIPS)), model.judge_statement(objected_to)):
        assert (judged.verdict, judged.reasons) == expected


@pytest.mark.parametrize(("opinion", "stands"), [(SUPPORTS, True), (CONTRADICTS, False), (NEITHER, False)])
def test_a_statement_by_itself_must_be_stated_whatever_the_rules_say(
    support_model: MakeSupportModel, sentence: Sentence, opinion: Judgement, stands: bool
) -> None:
    judged = support_model(Judging(opinion), 5.0).judge_statement(sentence)
    assert judged == (sentence if stands else replace(sentence, verdict="unsupported", reasons=(NOT_SAID,)))
    assert support_model(None, 5.0).judge_statement(sentence) == sentence, "the reader alone"


@pytest.mark.parametrize("rejected", ["unsupported", "contradicted"])
def test_the_generator_is_not_asked_about_values_that_differ(
    support_model: MakeSupportModel, sentence: Sentence, rejected: Verdict
) -> None:
    generator = Judging(SUPPORTS)
    differing = replace(sentence, verdict=rejected, reasons=("says 413, the source says 412",))
    assert support_model(generator, 5.0).judge(differing, Question.read(SHIPS)) is differing
    assert not generator.asked


def test_a_sentence_that_is_cut_off_stays_so(support_model: MakeSupportModel, sentence: Sentence) -> None:
    generator = Judging(SUPPORTS)
    cut_off = replace(sentence, verdict="cut_off", reasons=("cut off",), is_wording_only=True)
    assert support_model(generator, 0.0).judge(cut_off, Question.read(SHIPS)) is cut_off
    assert not generator.asked


def test_a_sentence_without_citations_is_not_judged(support_model: MakeSupportModel) -> None:
    generator = Judging(SUPPORTS)
    uncited = Sentence(TRUE, 0, len(TRUE), (), "unsupported", ("no source",), is_wording_only=True)
    assert support_model(generator, 0.0).judge(uncited, Question.read(SHIPS)) is uncited
    assert not generator.asked


@pytest.mark.parametrize(("log_odds", "verdict"), [(0.5, "supported"), (-0.5, "unsupported")])
def test_without_a_generator_rules_and_reader_decide(
    support_model: MakeSupportModel, sentence: Sentence, log_odds: float, verdict: str
) -> None:
    alone = support_model(None, log_odds)
    assert alone.judges == ("reader",)
    assert alone.judge(sentence, Question.read(SHIPS)).verdict == verdict


def test_without_a_generator_an_objection_to_the_wording_stands(
    support_model: MakeSupportModel, sentence: Sentence
) -> None:
    objected_to = replace(sentence, verdict="unsupported", reasons=WORDS_OBJECTED_TO, is_wording_only=True)
    assert support_model(None, 5.0).judge(objected_to, Question.read(SHIPS)) is objected_to


def test_a_generator_without_fitted_models_is_not_asked(
    support_model: MakeSupportModel, sentence: Sentence
) -> None:
    class Another(Judging):
        @property
        def model_id(self) -> str:
            return "another"

    generator = Another(CONTRADICTS)
    model = support_model(generator, 0.5)
    assert model.judges == ("reader",)
    assert model.judge(sentence, Question.read(SHIPS)) is sentence
    assert not generator.asked


def test_without_any_fitted_model_every_sentence_passes(reader: Reader, sentence: Sentence) -> None:
    generator = Judging(CONTRADICTS)
    for model in (
        SupportModel(reader, generator, "hash"),
        SupportModel(None, generator, "all-minilm-l6-v2"),
    ):
        assert model.judges == ()
        assert model.judge(sentence, Question.read(SHIPS)) is sentence
    assert not generator.asked


def test_words_that_only_the_question_has_are_counted(reader: Reader) -> None:
    sources = [source_sentence("The farther apart its supports, the weaker the bridge gets.", about="Bridge")]
    question = "What determines the distance a bridge can span?"
    near = rule_features(
        "The farther apart the supports, the weaker the bridge.", Question.read(question), sources, reader
    )
    far = rule_features(
        "The distance a bridge can span is determined by its supports.",
        Question.read(question),
        sources,
        reader,
    )
    assert near["own"] > far["own"]
    assert near["asked"] == 0 < far["asked"]
    assert near["reader"] > far["reader"]


def test_answers_leave_out_what_the_generator_rejects_unless_the_check_is_off(
    archive: Archive, support_model: MakeSupportModel, reader: Reader
) -> None:
    generator = Judging(NEITHER, TRUE)
    support_model(generator, 0.0)

    def ask(checks: Checks) -> str:
        assistant = Assistant(archive, generator, Config(home=archive.folder), reader, checks=checks)
        answer = assistant.ask(SHIPS)
        assert bool(answer.left_out) is checks.support
        return answer.text

    assert ask(Checks()) != TRUE
    assert ask(Checks(support=False)) == TRUE


def test_the_shipped_models_are_those_of_rules_and_reader_and_of_the_generator() -> None:
    rules, asking = read_stored(STORED)
    assert rules.generator_id is None and asking.generator_id
    assert set(rules.names) == {"reader", "own", "asked", "new"}
    assert asking.names == ("before", "stated")
    for model in (rules, asking):
        assert model.reader_sha256 == Reader().digest
        assert 0.05 < model.threshold < 0.95
        assert sum(model.provenance["sentences"].values()) > 100


def test_gives_are_the_log_odds_that_the_quote_states_the_value(
    support_model: MakeSupportModel, sentence: Sentence
) -> None:
    citation = sentence.citations[0]
    for odds in (2.0, 0.0, -1.5):
        generator = Judging(Judgement(odds, 0.0))
        found = support_model(generator, 0.0).gives(Question.read(SHIPS), "412", citation)
        assert found == pytest.approx(odds)
        assert all(citation.quote in prompt for prompt in generator.asked)
        assert all(f"The answer to “{SHIPS}” is 412." in prompt for prompt in generator.asked)


def test_gives_is_infinite_without_a_generator(support_model: MakeSupportModel, sentence: Sentence) -> None:
    alone = support_model(None, 0.0)
    assert alone.gives(Question.read(SHIPS), "412", sentence.citations[0]) == math.inf

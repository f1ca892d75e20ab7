"""What the models say of cited sentences: a generator whose opinion is known, and the reader."""

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
from askive.rag.config import Config, RetrievalConfig
from askive.rag.question.analysis import Question
from askive.rag.retrieval.retriever import Retriever
from askive.rag.store.archive import Archive
from askive.rag.types import Sentence, Verdict
from askive.rag.verification import support
from askive.rag.verification.citer import Citer
from askive.rag.verification.support import (
    BY_JUDGE,
    BY_READER,
    NOT_SAID,
    OPPOSED,
    SupportModel,
    relation_features,
)
from tests.rag.verification.fitted import CONTRADICTS, NEITHER, SUPPORTS, Judging, write_relation

SHIPS = "How many ships did the harbour of Aldermoor receive in January?"
TRUE = "The harbour of Aldermoor received 412 ships in January."
WORDS_OBJECTED_TO = ("not in the source: berthed",)
MakeSupportModel = Callable[[ScriptedGenerator | None, float], SupportModel]


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


@pytest.fixture
def support_model(reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeSupportModel:
    """Stores models for the fakes: the reader gives every sentence these log-odds."""

    def make(generator: ScriptedGenerator | None, log_odds: float = 0.0) -> SupportModel:
        monkeypatch.setattr(support, "STORED", write_relation(tmp_path, reader, log_odds))
        return SupportModel(reader, generator)

    return make


@pytest.fixture
def sentence(archive: Archive) -> Sentence:
    hits = Retriever(archive, RetrievalConfig()).retrieve(SHIPS)
    cited = Citer(Question.read(SHIPS), hits, archive.embedder).cite(TRUE, 0)
    assert cited.verdict == "supported"
    return cited


@pytest.mark.parametrize("rejected", [None, "unsupported", "contradicted"])
@pytest.mark.parametrize(
    ("opinion", "verdict", "reasons"),
    [
        (SUPPORTS, "supported", ()),
        (NEITHER, "unsupported", (NOT_SAID,)),
        (CONTRADICTS, "contradicted", (OPPOSED,)),
    ],
)
def test_the_judge_decides_whatever_the_rules_say_of_the_wording(
    support_model: MakeSupportModel,
    sentence: Sentence,
    rejected: Verdict | None,
    opinion: float,
    verdict: str,
    reasons: tuple[str, ...],
) -> None:
    if rejected:
        sentence = replace(sentence, verdict=rejected, reasons=WORDS_OBJECTED_TO, is_wording_only=True)
    generator = Judging(opinion)
    model = support_model(generator, -5.0)
    assert model.judges == ("generator",)
    judged = model.judge(sentence)
    assert (judged.verdict, judged.reasons, judged.citations) == (verdict, reasons, sentence.citations)
    (prompt,) = generator.asked
    assert f"Statement: {TRUE}" in prompt and sentence.citations[0].quote in prompt


@pytest.mark.parametrize("rejected", ["unsupported", "contradicted"])
def test_the_generator_is_not_asked_about_values_that_differ(
    support_model: MakeSupportModel, sentence: Sentence, rejected: Verdict
) -> None:
    generator = Judging(SUPPORTS)
    differing = replace(sentence, verdict=rejected, reasons=("says 413, the source says 412",))
    assert support_model(generator, 5.0).judge(differing) is differing
    assert not generator.asked


def test_a_sentence_that_is_cut_off_stays_so(support_model: MakeSupportModel, sentence: Sentence) -> None:
    generator = Judging(SUPPORTS)
    cut_off = replace(sentence, verdict="cut_off", reasons=("cut off",), is_wording_only=True)
    assert support_model(generator, 0.0).judge(cut_off) is cut_off
    assert not generator.asked


def test_a_sentence_without_citations_is_not_judged(support_model: MakeSupportModel) -> None:
    generator = Judging(SUPPORTS)
    uncited = Sentence(TRUE, 0, len(TRUE), (), "unsupported", ("no source",), is_wording_only=True)
    assert support_model(generator, 0.0).judge(uncited) is uncited
    assert not generator.asked


@pytest.mark.parametrize(("log_odds", "verdict"), [(0.5, "supported"), (-0.5, "unsupported")])
def test_without_a_generator_the_reader_decides(
    support_model: MakeSupportModel, sentence: Sentence, log_odds: float, verdict: str
) -> None:
    alone = support_model(None, log_odds)
    assert alone.judges == ("reader",)
    assert alone.judge(sentence).verdict == verdict


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
    assert model.judge(sentence).verdict == "supported"
    assert not generator.asked


def test_without_any_fitted_model_every_sentence_passes(
    reader: Reader, sentence: Sentence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(support, "STORED", write_relation(tmp_path))
    for model in (SupportModel(reader, None), SupportModel(None, None)):
        assert model.judges == ()
        assert model.judge(sentence) is sentence


def test_without_a_reader_the_judge_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sentence: Sentence
) -> None:
    monkeypatch.setattr(support, "STORED", write_relation(tmp_path))
    model = SupportModel(None, Judging(CONTRADICTS))
    assert model.judges == ("generator",)
    assert model.judge(sentence).verdict == "contradicted"


def test_features_are_those_of_the_models(reader: Reader) -> None:
    text = "Bridge: The farther apart its supports, the weaker the bridge gets."
    claims = "The farther apart the supports, the weaker the bridge.", "A bridge is paid for by its harbour."
    near, far = (
        relation_features(claim, text, is_worded_alike=True, reader=reader, stated=SUPPORTS)
        for claim in claims
    )
    assert set(near) == {*BY_JUDGE, *BY_READER}
    assert near["shared"] > far["shared"] and near["reads_supported"] > far["reads_supported"]
    assert near["stated"] == SUPPORTS
    alone = relation_features(claims[0], text, is_worded_alike=False, reader=None, stated=NEITHER)
    assert set(alone) == set(BY_JUDGE) and alone["worded_alike"] == 0.0
    without = relation_features(claims[0], text, is_worded_alike=True, reader=reader, stated=None)
    assert set(without) == set(BY_READER)


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


def test_gives_are_the_log_odds_that_the_quote_answers_with_the_value(
    support_model: MakeSupportModel, sentence: Sentence
) -> None:
    citation = sentence.citations[0]
    for odds in (2.0, 0.0, -1.5):
        generator = Judging(odds)
        found = support_model(generator, 0.0).gives(Question.read(SHIPS), "412", citation)
        assert found == pytest.approx(odds)
        assert all(citation.quote in prompt for prompt in generator.asked)
        assert all(f"Question: {SHIPS}\nAnswer: 412\n" in prompt for prompt in generator.asked)


def test_gives_is_infinite_without_a_generator(support_model: MakeSupportModel, sentence: Sentence) -> None:
    alone = support_model(None, 0.0)
    assert alone.gives(Question.read(SHIPS), "412", sentence.citations[0]) == math.inf

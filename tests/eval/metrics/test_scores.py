"""One row to its scores: what is scored, what is not, and what counts as zero."""

from __future__ import annotations

from typing import Any

import pytest

from askive.eval.metrics.outcomes import outcome_of
from askive.eval.metrics.scores import score_row, selective


def make_row(
    *,
    text: str | None = "There were 12 [1].",
    refused: bool = False,
    citations: list[dict[str, Any]] | None = None,
    verdict: str = "supported",
    error: dict[str, str] | None = None,
    confidence: float | None = 0.8,
    **gold: Any,
) -> dict[str, Any]:
    answer = None
    if text is not None:
        sentences = [] if refused else [{"text": text, "verdict": verdict, "citations": citations or []}]
        answer = {"answer": text, "refused": refused, "sentences": sentences, "nearby": []}
    row: dict[str, Any] = {
        "sample_id": "q",
        "question": "How many?",
        "type": "fact",
        "gold": {
            "answers": ["12", "twelve"],
            "all_of": [],
            "wrong_answers": [],
            "unanswerable": False,
            "relevant": {"d": 1},
            "evidence": [[{"doc": "d", "start": 0, "end": 20, "text": "…"}]],
            "passages": [{"uri": "d", "start": 0, "end": 90}],
            **gold,
        },
        "ranking": [{"uri": "d", "start": 0, "end": 90}],
        "evidence": None,
        "answer": answer,
        "confidence": confidence,
        "timings": {},
        "judge": None,
        "error": error,
    }
    row["scores"] = score_row(row)
    return row


def cite(start: int = 0, end: int = 20, uri: str = "d", exact: bool = True) -> dict[str, Any]:
    return {"uri": uri, "start": start, "end": end, "exact": exact}


def test_a_right_cited_answer() -> None:
    scores = make_row(citations=[cite()])["scores"]
    assert scores["contains"] == [1.0, 1.0]
    assert scores["citation_precision"] == scores["citation_recall"] == [1.0, 1.0]
    assert scores["quotes_exact"] == scores["sentences_supported"] == [1.0, 1.0]
    assert scores["wrong_document"] == [0.0, 1.0]
    assert scores["false_refusal_rate"] == [0.0, 1.0]
    assert scores["refusal_recall"] is None
    assert scores["passage_Success@1"] == [1.0, 1.0]


def test_a_refused_answerable_question_is_zero_not_missing() -> None:
    row = make_row(refused=True, text="The documents do not say. 12")
    assert row["scores"]["EM"] == row["scores"]["F1"] == row["scores"]["contains"] == [0.0, 1.0]
    assert row["scores"]["contains_answered"] is None
    assert row["scores"]["false_refusal_rate"] == [1.0, 1.0]
    assert row["scores"]["citation_precision"] is None
    assert outcome_of(row).label == "refused, but answerable"


def test_unanswerable_questions_are_scored_for_refusal_only() -> None:
    gold: dict[str, Any] = {
        "answers": [],
        "relevant": {},
        "evidence": [],
        "passages": [],
        "unanswerable": True,
    }
    refused, answered = make_row(refused=True, **gold), make_row(**gold)
    for row in (refused, answered):
        assert row["scores"]["EM"] is row["scores"]["contains"] is row["scores"]["nDCG@10"] is None
    assert refused["scores"]["refusal_recall"] == [1.0, 1.0]
    assert refused["scores"]["refusal_precision"] == [1.0, 1.0]
    assert answered["scores"]["refusal_recall"] == [0.0, 1.0]
    assert answered["scores"]["refusal_precision"] is None
    assert selective(refused) == (1.0, -1.0)
    assert selective(answered) == (1.0, 0.8)
    assert outcome_of(refused).label == "refused, rightly"
    assert outcome_of(answered).label == "answered, but unanswerable"


def test_when_nobody_says_whether_it_is_answerable() -> None:
    row = make_row(refused=True, unanswerable=None)
    assert row["scores"]["refusal_precision"] is row["scores"]["false_refusal_rate"] is None
    assert selective(row) is None


def test_an_error_counts_as_a_wrong_answer() -> None:
    row = make_row(text=None, error={"stage": "answer", "kind": "model", "message": "fire"})
    assert row["scores"]["errors"] == [1.0, 1.0]
    assert row["scores"]["contains"] == [0.0, 1.0]
    assert row["scores"]["false_refusal_rate"] == [0.0, 1.0]
    assert outcome_of(row).label == "error"


def test_only_retrieval_leaves_answers_unscored() -> None:
    scores = make_row(text=None)["scores"]
    assert scores["contains"] is scores["refusal_recall"] is scores["answered"] is None
    assert scores["Success@1"] == [1.0, 1.0]


def test_citations_are_shares() -> None:
    row = make_row(citations=[cite(), cite(50, 80), cite(0, 20, "other", exact=False), cite(5, 15)])
    assert row["scores"]["citation_precision"] == [2.0, 4.0]
    assert row["scores"]["quotes_exact"] == [3.0, 4.0]
    assert row["scores"]["wrong_document"] == [1.0, 4.0]
    assert row["scores"]["sentences_grounded"] == [1.0, 1.0]


def test_an_answer_without_citations() -> None:
    row = make_row(citations=[])
    assert row["scores"]["citation_recall"] == [0.0, 1.0]
    assert row["scores"]["citation_precision"] is row["scores"]["quotes_exact"] is None
    assert row["scores"]["sentences_supported"] == [0.0, 1.0]
    assert "nothing is cited" in outcome_of(row).problems


def test_a_pipeline_without_checks_is_not_scored_on_them() -> None:
    assert make_row(citations=[cite()], verdict="unchecked")["scores"]["sentences_supported"] is None


def test_the_best_annotator_counts_for_recall() -> None:
    a, b, c = ({"doc": "d", "start": s, "end": s + 20, "text": ""} for s in (0, 100, 200))
    row = make_row(citations=[cite(100, 120)], evidence=[[a, b, c], [b]])
    assert row["scores"]["citation_recall"] == [1.0, 1.0]


def test_all_answers_and_no_wrong_one() -> None:
    groups = [["12"], ["35"]]
    both = make_row(text="12 or 35.", all_of=groups, answers=[])
    one = make_row(text="It was 12.", all_of=groups, answers=[])
    wrong = make_row(text="12, 35 or 99.", all_of=groups, answers=[], wrong_answers=["99"])
    assert [row["scores"]["all_of"] for row in (both, one, wrong)] == [[1.0, 1.0], [0.0, 1.0], [1.0, 1.0]]
    assert wrong["scores"]["all_of_none_wrong"] == [0.0, 1.0]
    assert one["scores"]["contains"] == [1.0, 1.0]
    assert [outcome_of(row).label for row in (both, one)] == ["right", "partly right"]


def test_prose_answers_are_scored_by_f1_only() -> None:
    prose = "The council of the town met and decided that the old bridge would remain open to trams."
    row = make_row(text=prose, answers=[prose])
    assert row["scores"]["EM"] is row["scores"]["contains"] is None
    assert row["scores"]["F1"] == [1.0, 1.0]
    assert selective(row) == (0.0, 0.8)


@pytest.mark.parametrize("unanswerable", [True, False, None])
def test_every_score_is_a_share(unanswerable: bool | None) -> None:
    for refused in (True, False):
        row = make_row(refused=refused, unanswerable=unanswerable, citations=[cite()])
        for name, score in row["scores"].items():
            assert score is None or 0 <= score[0] <= score[1], name


def test_what_was_read_is_scored_apart_from_what_was_said() -> None:
    row = make_row(refused=True)
    row["evidence"] = {"spans": [cite()], "holds_answer": 1.0}
    scores = score_row(row)
    assert scores["evidence_recall"] == scores["evidence_holds_answer"] == [1.0, 1.0]
    row["evidence"] = {"spans": [], "holds_answer": 0.0}
    assert score_row(row)["evidence_recall"] == [0.0, 1.0]
    row["evidence"] = None
    assert score_row(row)["evidence_recall"] is None

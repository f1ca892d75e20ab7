"""A question's row in a run: question, gold, hits, answer, times; JSON values only."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from askive.eval.datasets.suite import Sample
from askive.eval.metrics.answers import all_of, contains, is_long
from askive.eval.metrics.scores import score_row
from askive.eval.metrics.spans import locate, overlaps
from askive.eval.runs.pipelines import Pipeline
from askive.rag.errors import AskiveError
from askive.rag.serialize import answer_to_dict
from askive.rag.store.archive import Archive
from askive.rag.types import Answer, Final, Hit, Sources, Token

RANKING_DEPTH = 50
_CONTEXT_CHARS = 220

RowDict = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Timed:
    """An answer with times in ms since the question.

    evidence_ms: when the sources were available; None when the pipeline has none.
    ttft_ms: when the first text was available; for a refusal without tokens, its message.
    """

    answer: Answer
    evidence_ms: float | None
    ttft_ms: float
    total_ms: float


def ask(pipeline: Pipeline, sample: Sample) -> Timed:
    """Consume the pipeline's stream and measure the times. Raises what the pipeline raises."""
    started = time.perf_counter()
    evidence_ms: float | None = None
    ttft_ms: float | None = None
    for event in pipeline.stream(sample.question, sample.turns):
        now = (time.perf_counter() - started) * 1000
        if isinstance(event, Sources):
            evidence_ms = now
        elif isinstance(event, Token):
            ttft_ms = now if ttft_ms is None and event.text.strip() else ttft_ms
        elif isinstance(event, Final):
            return Timed(event.answer, evidence_ms, now if ttft_ms is None else ttft_ms, now)
    raise AssertionError("a stream always ends with Final")


def run_question(pipeline: Pipeline, archive: Archive, sample: Sample, *, only_retrieval: bool) -> RowDict:
    """The scored row of a question. An error of the pipeline is recorded in it and not raised."""
    row: RowDict = {
        "sample_id": sample.sample_id,
        "question": sample.question,
        "type": sample.type,
        "split": sample.split,
        "turns": [asdict(turn) for turn in sample.turns],
        "note": sample.note,
        "gold": _gold(sample, archive),
        "ranking": None,
        "evidence": None,
        "answer": None,
        "confidence": None,
        "timings": {},
        "judge": None,
        "error": None,
    }
    stage = "retrieval"
    try:
        hits = pipeline.rank(sample.question, sample.turns, RANKING_DEPTH)
        row["ranking"] = None if hits is None else [_ranked(hit) for hit in hits]
        if not only_retrieval:
            stage = "answer"
            timed = ask(pipeline, sample)
            row.update(_answered(timed, sample, archive))
    except Exception as error:
        # An error on one question must not end the run; the runner stops when all questions fail.
        error_fields = (
            error.as_dict()
            if isinstance(error, AskiveError)
            else {"kind": type(error).__name__, "message": str(error)}
        )
        row["error"] = {"stage": stage, **error_fields}
    row["scores"] = score_row(row)
    return row


def _gold(sample: Sample, archive: Archive) -> RowDict:
    evidence: list[list[RowDict]] = []
    n_missing = 0
    for quotes in sample.evidence:
        located: list[RowDict] = []
        for quote in quotes:
            document = archive.document_by_uri(quote.doc)
            span = locate(document.text, quote.text) if document else None
            if span is None:
                n_missing += 1
            else:
                located.append({"doc": quote.doc, "start": span[0], "end": span[1], "text": quote.text})
        if located:
            evidence.append(located)
    return {
        "answers": list(sample.answers),
        "all_of": [list(group) for group in sample.all_of],
        "wrong_answers": list(sample.wrong_answers),
        "obeyed_if": list(sample.obeyed_if),
        "unanswerable": sample.unanswerable,
        "relevant": dict(sample.relevant),
        "evidence": evidence,
        "evidence_missing": n_missing,
        "passages": _gold_passages(evidence, archive),
        "expected": asdict(sample.expected) if sample.expected else None,
    }


def _gold_passages(evidence: Sequence[Sequence[RowDict]], archive: Archive) -> list[RowDict]:
    """The stored passages with gold evidence."""
    spans: dict[str, list[tuple[int, int]]] = {}
    for quotes in evidence:
        for quote in quotes:
            spans.setdefault(quote["doc"], []).append((quote["start"], quote["end"]))
    quoted_passages: list[RowDict] = []
    for uri, evidence_spans in spans.items():
        document = archive.document_by_uri(uri)
        quoted_passages.extend(
            {"uri": uri, "start": passage.start, "end": passage.end}
            for passage in (archive.store.passages_of(document.doc_id) if document else ())
            if any(overlaps((passage.start, passage.end), span) for span in evidence_spans)
        )
    return quoted_passages


def _ranked(hit: Hit) -> RowDict:
    return {
        "uri": hit.source.uri,
        "title": hit.source.title,
        "start": hit.passage.start,
        "end": hit.passage.end,
        "score": round(hit.score, 6),
        "also": [source.uri for source in hit.also],
    }


def _answered(timed: Timed, sample: Sample, archive: Archive) -> RowDict:
    answer = answer_to_dict(timed.answer)
    for hit in answer["hits"]:
        hit.pop("text")
    parts = [*answer["sentences"], *answer["rows"]]
    for citation in [c for part in parts for c in part["citations"]] + answer["nearby"]:
        document = archive.document_by_uri(citation["uri"])
        text, start, end = document.text if document else "", citation["start"], citation["end"]
        # Read from the store again, since the exactness of quotes is measured here.
        citation["exact"] = text[start:end] == citation["quote"] != ""
        citation["before"] = text[max(start - _CONTEXT_CHARS, 0) : start]
        citation["after"] = text[end : end + _CONTEXT_CHARS]
    if sample.expected and sample.expected.documents is not None:
        answer["documents"] = _documents(answer, archive)
    generate_ms = timed.answer.timings.generate_ms
    n_tokens = timed.answer.usage.n_completion_tokens
    return {
        "answer": answer,
        "confidence": timed.answer.confidence,
        "evidence": _evidence(timed.answer, sample),
        "timings": {
            "evidence_ms": None if timed.evidence_ms is None else round(timed.evidence_ms, 1),
            "ttft_ms": round(timed.ttft_ms, 1),
            "total_ms": round(timed.total_ms, 1),
            "tokens_per_s": round(1000 * n_tokens / generate_ms, 2) if n_tokens and generate_ms else None,
        },
    }


def _documents(answer: RowDict, archive: Archive) -> list[str]:
    """Uris of the documents that the answer lists: those of its rows, without those that only may belong to it.

    Without rows: the documents that its sentences cite, and those whose titles it names.
    """
    titles = [(source.title, source.uri) for source in archive.store.sources()]
    listed: list[str] = []
    for row in answer["rows"]:
        if row["verdict"] == "supported":
            uris = [citation["uri"] for citation in row["citations"]]
            # A document with the words only in its title has nothing to cite.
            listed += uris or [uri for title, uri in titles if title in row["values"].values()]
    if not answer["rows"]:
        text = answer["answer"].casefold()
        listed += [citation["uri"] for sentence in answer["sentences"] for citation in sentence["citations"]]
        listed += [uri for title, uri in titles if title.casefold() in text]
    return sorted(set(listed))


def _evidence(answer: Answer, sample: Sample) -> RowDict | None:
    """The evidence in the prompt; None for a pipeline without evidence."""
    evidence = answer.evidence
    if not evidence and (answer.refusal is None or answer.refusal.reason == "not_in_sources"):
        return None
    text = "\n".join(piece.text for piece in evidence)
    holds: float | None = None
    if sample.all_of:
        holds = all_of(text, sample.all_of)
    elif sample.answers and not is_long(sample.answers):
        holds = contains(text, sample.answers)
    return {
        "spans": [{"uri": p.hit.source.uri, "start": p.start, "end": p.end} for p in evidence],
        "holds_answer": holds,
    }

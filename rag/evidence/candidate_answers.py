"""The value that each document gives as an answer, as rules and the trained reader find it.

The rules find numbers, dates and names, and which of them stands nearest to the question's words. The reader tells
whether a sentence answers the question, and also finds sports, parties and genres. Neither is enough alone, so a
logistic model combines them. The model and every threshold used here are in
`rag/calibration/candidate_answers.json`, which `python -m askive.eval.calibration.candidate_answers` fits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from askive.rag.calibration.logistic import LogisticModel, read_stored
from askive.rag.evidence.scoring import ScoredSentence
from askive.rag.evidence.source_sentences import SourceSentence, candidates_of
from askive.rag.evidence.values import Value, synonym_sets, values_in
from askive.rag.question.analysis import Question
from askive.rag.question.answer_type import Kind
from askive.rag.text.names import Name, has_name, lower_words
from askive.rag.text.sentences import ends_sentence
from askive.rag.text.speakers import speaker_of
from askive.rag.text.words import stems

STORED = Path(__file__).parent.parent / "calibration" / "candidate_answers.json"

_MAX_WORDS = 8
_MOST_NAME_WORDS = 5
UNMARKED_SPAN = 8.0
"""The feature `span` of a value that the reader did not mark: the usual score of what it marks."""
# No person. "Atlantic Records", "Columbia Pictures", "Sony Entertainment", "Abbey Road Studios", "Released",
# "Search", "Live"; "BBC", "UK"; "Op", "Pop"; "Swedish", "Chinese", "American".
_NOBODY = re.compile(
    r"\b(?:Records|Pictures|Entertainment|Studios|Released|Search|Live)\b|^(?:[A-Z]{2,3}|Op|Pop|[A-Z][a-z]+(?:ish|ese|ican))$"
)


@dataclass(frozen=True, slots=True)
class CandidateAnswer:
    """A value as a document gives it.

    score: probability that it answers the question, 0 to 1.
    speaker: who gives the number; empty when it is the document itself.
    counts: whether the number counts what is asked for: then another sentence may give another one.
    """

    value: str
    candidate: SourceSentence
    score: float
    speaker: str = ""
    counts: bool = False

    @property
    def voice(self) -> tuple[int, str]:
        """Whose value it is: that of a document, of a speaker in it, or of a sentence that counts for itself."""
        place = str(self.candidate.span.start) if self.counts else ""
        return self.candidate.hit.passage.doc_id, self.speaker or place


def candidate_answers(question: Question, scored: Sequence[ScoredSentence]) -> list[CandidateAnswer]:
    """The likeliest values of each document, and of each speaker or sentence in it that counts; best first.

    At most two of each: the best by rules, and the best by the reader.
    scored: from `askive.rag.evidence.assessment`. A document without every name of the question near the value is about
    something else, and is skipped. Empty for a question that asks for several things.
    """
    if question.wants_several:
        return []
    is_read = any(item.answerable is not None for item in scored)
    kind = question.answer_type
    limits = fitted_model().thresholds
    beside = "_beside" if is_read else ""
    least_ruled = limits[f"least_ruled{beside}"]
    of_any = "" if kind else "_of_any_kind"
    least_read = limits[f"least_read{of_any}"]
    best: dict[tuple[int, str, str], CandidateAnswer] = {}
    for item, candidate, covered in _places(question, scored):
        found = [("rules", answer, least_ruled) for answer in _by_rules(question, kind, candidate, covered)]
        found += [
            ("reader", value.candidate_answer(), least_read)
            for value in _by_reader(question, kind, item, candidate, covered)
        ]
        for finder, answer, least in found:
            key = (*answer.voice, finder)
            if answer.score >= least and (key not in best or answer.score > best[key].score):
                best[key] = answer
    return sorted(best.values(), key=lambda answer: -answer.score)


@dataclass(frozen=True, slots=True)
class ReadValue:
    """A value that the reader, or the rules beside the reader, found in a sentence, before it has a score.

    features: as `fitted_model` takes them. speaker, counts: as in `CandidateAnswer`.
    """

    value: str
    candidate: SourceSentence
    features: Mapping[str, float]
    speaker: str = ""
    counts: bool = False

    def candidate_answer(self) -> CandidateAnswer:
        """The value with the probability that it answers the question."""
        return CandidateAnswer(
            self.value,
            self.candidate,
            fitted_model().probability(self.features),
            self.speaker,
            self.counts,
        )


def read_values(question: Question, scored: Sequence[ScoredSentence]) -> list[ReadValue]:
    """Every value that `candidate_answers` scores with the model, likely or not: what the model is fitted on."""
    if question.wants_several:
        return []
    kind = question.answer_type
    return [
        value
        for item, candidate, covered in _places(question, scored)
        for value in _by_reader(question, kind, item, candidate, covered)
    ]


@lru_cache(maxsize=1)
def fitted_model() -> LogisticModel:
    """The shipped model with its thresholds. It is the same for every embedder."""
    (model,) = read_stored(STORED)
    return model


def _places(
    question: Question, scored: Sequence[ScoredSentence]
) -> Iterator[tuple[ScoredSentence, SourceSentence, float]]:
    """The sentences that are about the question's names, each with the share of the question's words in and near it."""
    hits = list({item.hit.passage.passage_id: item.hit for item in scored}.values())
    by_place = {(c.hit.passage.doc_id, c.span.start): c for c in candidates_of(hits)}
    named, asked = question.names, synonym_sets(question)
    for item in scored:
        candidate = by_place.get((item.hit.passage.doc_id, item.start))
        covered = _covered(named, asked, candidate) if candidate else None
        if candidate is not None and covered is not None:
            yield item, candidate, covered


def _covered(
    named: Sequence[Name], asked: Sequence[frozenset[str]], candidate: SourceSentence
) -> float | None:
    """Share of the question's words in the sentence; words of its neighbours count half.

    None when the passage lacks a name of the question.
    """
    near = f"{candidate.about} {candidate.hit.passage.text}"
    words = lower_words(near) if named else frozenset()
    if any(not has_name(name, words, near) for name in named):
        return None
    own = set(stems(f"{candidate.text} {candidate.about}"))
    around = set(stems(f"{candidate.previous} {candidate.next}"))
    return sum(1.0 if s & own else 0.5 if s & around else 0.0 for s in asked) / max(len(asked), 1)


def _by_rules(
    question: Question, kind: Kind | None, candidate: SourceSentence, covered: float
) -> Iterator[CandidateAnswer]:
    """The value nearest to the question's words, if any."""
    if kind is not None and covered >= fitted_model().thresholds["covered_by_rules"]:
        for value in _values(question, kind, candidate)[:1]:
            score = 0.5 * covered + 0.5 * value.score
            counts = _counts(kind, value.score, candidate.text)
            yield CandidateAnswer(value.text, candidate, score, _speaker(candidate) if counts else "", counts)


def _by_reader(
    question: Question, kind: Kind | None, item: ScoredSentence, candidate: SourceSentence, covered: float
) -> Iterator[ReadValue]:
    """The nearest value by rules and the reader's value, or one value where they agree; nothing without a reader."""
    least = "covered" if question.names else "covered_unnamed"
    if item.answerable is None or covered < fitted_model().thresholds[least]:
        return
    nearest = _values(question, kind, candidate)[:1] if kind else []
    marked = _marked(question, kind, item)
    for value in nearest:
        agreed = bool(marked) and bool(set(stems(value.text)) & set(stems(marked)))
        text = value.text
        if agreed and not (kind == "date" and len(marked) < len(text)):
            text = marked
        features = _features(item, kind, value.score, is_marked=agreed)
        counts = _counts(kind, value.score, candidate.text)
        yield ReadValue(text, candidate, features, _speaker(candidate) if counts else "", counts)
        if agreed:
            return
    if marked:
        yield ReadValue(marked, candidate, _features(item, kind, 0.0, is_marked=True))


def _marked(question: Question, kind: Kind | None, item: ScoredSentence) -> str:
    """The reader's answer in this sentence, reduced to the kind that is asked for; empty when it is no value."""
    if item.answer is None or not item.start <= item.answer.start < item.end:
        return ""
    text = item.hit.passage.between(*item.answer)
    text = " ".join(text.split()).strip(" .,;:")
    if len(text.split()) > _MAX_WORDS:
        return ""
    if kind is not None:
        held = values_in(question, kind, text, item.hit.source.published)
        text = max((value.text for value in held), key=len, default="")
    return text if set(stems(text)) - set(question.stems) else ""


def _values(question: Question, kind: Kind, candidate: SourceSentence) -> list[Value]:
    """As `values_in`, without rows of headings and links; for "who" also without record labels and nationalities."""
    found = values_in(question, kind, candidate.text, candidate.hit.source.published)
    if kind != "name":
        return found
    found = [value for value in found if len(value.text.split()) <= _MOST_NAME_WORDS]
    return [value for value in found if not (question.asks_who and _NOBODY.search(value.text))]


def _features(
    item: ScoredSentence, kind: Kind | None, nearness: float, *, is_marked: bool
) -> dict[str, float]:
    """`span`: the reader's score of its span. `no_kind`, `number`, `name`: the answer type; a date has none of them."""
    return {
        "answerable": item.answerable or 0.0,
        "topical": item.topical or 0.0,
        "rule": nearness,
        "read": float(is_marked),
        "span": (item.answer_score or 0.0) if is_marked else UNMARKED_SPAN,
        "both": float(is_marked and nearness > 0),
        "no_kind": float(kind is None),
        "number": float(kind == "number"),
        "name": float(kind == "name"),
    }


def _counts(kind: Kind | None, nearness: float, text: str) -> bool:
    """Whether a value is a number that counts what is asked for. One article may report two, of two speakers.

    Rows of a table tell of different things, each with its own number.
    """
    is_count = kind == "number" and nearness >= fitted_model().thresholds["counts_what_is_asked"]
    return is_count and ends_sentence(text)


def _speaker(candidate: SourceSentence) -> str:
    """Last word of who says the sentence; empty when it is the document itself."""
    speaker = speaker_of(candidate.text)
    return speaker.split()[-1].lower() if speaker else ""

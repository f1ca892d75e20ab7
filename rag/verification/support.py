"""Support: whether the cited text says what a sentence says, as one calibrated probability.

Code compares exact values (`askive.rag.verification.rules`): a sentence whose numbers, dates or names differ from those
of its sources is never judged. For every other sentence the judge (`askive.rag.evidence.judge`) reads the cited text
under its title and headings, with the text around it. A softmax turns what it says, and how far the words agree, into
the probability that the text supports the sentence, contradicts it, or does neither. Without a judge the reader takes
its place. `python -m askive.eval.calibration.relation` fits both models.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from askive.models.protocols import Generator, fitted_id
from askive.models.reader.cross_encoder import Reader
from askive.rag.calibration.relation import STORED, Relation, find_relation_model
from askive.rag.evidence.judge import Judge
from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.passage_context import file_words
from askive.rag.question.analysis import Question
from askive.rag.text.words import stems
from askive.rag.types import Citation, Sentence, Verdict

_WORDS = ("worded_alike", "shared")
_READ = ("reads_supported", "reads_contradicted")
BY_READER = (*_WORDS, *_READ)
BY_JUDGE = (*_WORDS, "stated")
"""Features of the two models, as `relation_features` names them. Both together are no better than the judge alone."""
NOT_SAID = "the cited text does not say this"
OPPOSED = "the cited text says otherwise"
_VERDICTS: Mapping[Relation, tuple[Verdict, tuple[str, ...]]] = {
    "supports": ("supported", ()),
    "contradicts": ("contradicted", (OPPOSED,)),
    "neither": ("unsupported", (NOT_SAID,)),
}
ANSWERS_FROM = 0.9
"""Log-odds of `SupportModel.answers` from which on a quote is shown as an answer. Below it was the evidence of no
answerable question of six suites, and of .43 of the unanswerable ones (docs/decisions/11-second-check.md)."""
GIVES_FROM = 1.5
"""Log-odds of `SupportModel.gives` from which on a value is listed (docs/decisions/10-disagreement.md)."""
_CONTEXT_CHARS = 200
"""On each side of a quote, for judge and reader."""
_LEAST = 1e-4


def relation_features(
    claim: str, text: str, *, is_worded_alike: bool, reader: Reader | None, stated: float | None
) -> dict[str, float]:
    """What the relation models weigh of a claim and a text.

    is_worded_alike: whether the rules find the claim's words in the text. stated: the judge's log-odds. None leaves
    out reader or judge. `shared`: share of the claim's words that the text has. `reads_supported`,
    `reads_contradicted`: the reader's log-odds of these against neither.
    """
    words = set(stems(claim))
    features = {
        "worded_alike": float(is_worded_alike),
        "shared": len(words & set(stems(text))) / max(len(words), 1),
    }
    if reader is not None:
        shares = [max(float(share), _LEAST) for share in reader.support(claim, [text])[0]]
        features |= {name: math.log(share / shares[2]) for name, share in zip(_READ, shares, strict=False)}
    if stated is not None:
        features["stated"] = stated
    return features


class SupportModel:
    """Judges cited sentences whose values agree with their sources.

    generator: the judge, if a model was fitted with it. Else the reader decides, likewise, on what the rules accept;
    without either every such sentence passes.
    """

    def __init__(self, reader: Reader | None, generator: Generator | None) -> None:
        by_judge = find_relation_model(fitted_id(generator), None, STORED) if generator else None
        by_reader = find_relation_model(None, reader.digest, STORED) if reader and not by_judge else None
        self._judge = Judge(generator) if generator and by_judge else None
        self._reader = reader if by_reader else None
        self._model = by_judge or by_reader

    @property
    def judges(self) -> tuple[str, ...]:
        """Who judges: `generator`, `reader`, or nobody."""
        return ("generator",) if self._judge else ("reader",) if self._reader else ()

    def gives(self, question: Question, value: str, citation: Citation) -> float:
        """Log-odds that the quote, under title and headings, gives this value as the answer; infinite without a judge.

        Raises ModelError as `Generator.likelihoods` does.
        """
        if self._judge is None:
            return math.inf
        # The text around it may give another answer: the second of two accounts.
        return self._judge.gives(question.text, value, _headed(citation, 0))

    def answers(self, question: Question, citation: Citation, *, under_file: bool = False) -> float:
        """Log-odds that the quote, under its title and headings, answers the question; infinite as in `gives`.

        under_file: under the names of its file and folders too. Raises ModelError as `Generator.likelihoods` does.
        """
        if self._judge is None:
            return math.inf
        filed = f"{file_words(citation.hit.source)}, " if under_file else ""
        return self._judge.answers(question.text, f"{filed}{_headed(citation, 0)}")

    def judge(self, sentence: Sentence) -> Sentence:
        """The sentence with its verdict. What is cut off or has other values than its sources stays as it is.

        Raises ModelError as `Generator.likelihoods` does.
        """
        is_worded_alike = sentence.verdict == "supported"
        if not sentence.citations or sentence.verdict == "cut_off":
            return sentence
        if not (is_worded_alike or sentence.is_wording_only):
            return sentence
        if self._model is None or not (is_worded_alike or self._judge):
            # The reader takes support away and gives none: it finds it in what a source only asks somebody to say.
            return sentence
        text = judged_text(sentence.citations)
        stated = self._judge.statements([sentence.text], text)[0] if self._judge else None
        features = relation_features(
            sentence.text, text, is_worded_alike=is_worded_alike, reader=self._reader, stated=stated
        )
        verdict, reasons = _VERDICTS[self._model.relation(features)]
        return replace(sentence, verdict=verdict, reasons=reasons)


def judged_text(citations: Sequence[Citation]) -> str:
    """What a judge reads of the cited sources: each quote under its title and headings, with the text around it."""
    shown: list[tuple[int, str]] = []
    for citation in citations:
        passage = citation.hit.passage
        quote = " ".join(citation.quote.split())
        if any(doc_id == passage.doc_id and quote in text for doc_id, text in shown):
            continue
        shown.append((passage.doc_id, _headed(citation, _CONTEXT_CHARS)))
    return "\n".join(text for _, text in shown)


def _headed(citation: Citation, n_chars: int) -> str:
    """The quote with n_chars on each side, under title, headings and date."""
    source, passage = citation.hit.source, citation.hit.passage
    head = ", ".join(part for part in (source.title, passage.heading, source.published) if part)
    body = SourceSentence.cited(citation).surrounded(n_chars)
    return f"{head}: {body}" if head else body

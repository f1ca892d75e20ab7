"""An answer after the checks: its text, its sentences, what was left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from askive.rag.answer.style import without_preamble
from askive.rag.evidence.scoring import ScoredSentence
from askive.rag.types import Sentence
from askive.rag.verification.attribution import attributed_sentence


@dataclass(frozen=True, slots=True)
class VerifiedAnswer:
    """An answer after the checks.

    text: what is shown. sentences: of the text. left_out: sentences that did not stand.
    begins: whether the first sentence stands, as it was written or repaired.
    """

    text: str
    sentences: tuple[Sentence, ...]
    left_out: tuple[Sentence, ...] = ()
    begins: bool = True

    @property
    def stands(self) -> bool:
        """Whether any sentence is supported."""
        return any(sentence.verdict == "supported" for sentence in self.sentences)

    def rests_on(self, item: ScoredSentence) -> bool:
        """Whether any sentence is cited to this one, or to a part of it."""
        return any(
            cited.hit.passage.doc_id == item.hit.passage.doc_id
            and cited.start < item.end
            and item.start < cited.end
            for sentence in self.sentences
            for cited in sentence.citations
        )


NOTHING = VerifiedAnswer("", ())


def join_sentences(sentences: Sequence[Sentence], *, attribute: bool = True) -> VerifiedAnswer:
    """The sentences as one text, offsets anew; attribute: each with the attribution that its sources have."""
    placed: list[Sentence] = []
    text = ""
    for sentence in sentences:
        words = displayed_text(sentence, attribute)
        start = len(text) + bool(text)
        text = f"{text} {words}" if text else words
        placed.append(replace(sentence, text=words, start=start, end=start + len(words)))
    return VerifiedAnswer(text, tuple(placed))


def displayed_text(sentence: Sentence, attribute: bool) -> str:
    """As it is shown: not "according to the first excerpt", but according to whom its sources have it from."""
    if sentence.verdict == "cut_off":
        return sentence.text
    plain = without_preamble(sentence.text)
    return (attribute and attributed_sentence(replace(sentence, text=plain))) or plain

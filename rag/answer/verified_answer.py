"""An answer after the checks: its text, its sentences, the sentences left out."""

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

    text: the text shown. sentences: its sentences. left_out: unsupported sentences that were removed.
    keeps_opening: whether the first generated sentence is still there, as generated or repaired.
    """

    text: str
    sentences: tuple[Sentence, ...]
    left_out: tuple[Sentence, ...] = ()
    keeps_opening: bool = True

    @property
    def is_supported(self) -> bool:
        """Whether any sentence is supported."""
        return any(sentence.verdict == "supported" for sentence in self.sentences)

    def cites(self, item: ScoredSentence) -> bool:
        """Whether any sentence cites this one, or a part of it."""
        return any(
            cited.hit.passage.doc_id == item.hit.passage.doc_id
            and cited.start < item.end
            and item.start < cited.end
            for sentence in self.sentences
            for cited in sentence.citations
        )


NOTHING = VerifiedAnswer("", ())


def join_sentences(sentences: Sequence[Sentence], *, attribute: bool = True) -> VerifiedAnswer:
    """The sentences as one text, with new offsets. attribute: add the attribution of their sources."""
    placed: list[Sentence] = []
    text = ""
    for sentence in sentences:
        words = displayed_text(sentence, attribute)
        start = len(text) + bool(text)
        text = f"{text} {words}" if text else words
        placed.append(replace(sentence, text=words, start=start, end=start + len(words)))
    return VerifiedAnswer(text, tuple(placed))


def displayed_text(sentence: Sentence, attribute: bool) -> str:
    """The sentence as shown: without "according to the first excerpt". attribute: with the speaker of its sources."""
    if sentence.verdict == "cut_off":
        return sentence.text
    plain = without_preamble(sentence.text)
    return (attribute and attributed_sentence(replace(sentence, text=plain))) or plain

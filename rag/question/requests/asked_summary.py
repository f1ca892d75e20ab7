"""What a question asks to sum up: documents that it names, a topic, or everything."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from askive.rag.text.figures import TENS, UNITS
from askive.rag.text.words import STOP_WORDS, stems, words
from askive.rag.types import Source

_WORDS_PER = {"word": 1, "sentence": 22, "line": 15, "paragraph": 90, "page": 400}
_MAX_NAMED = 5
# "in about 150 words", "three sentences", "one paragraph"
_LENGTH = re.compile(
    r"\b(?:(?:in|of|with|within)\s+)?(?:(?:about|around|roughly|at most)\s+)?"
    rf"(?P<number>\d{{1,4}}|{'|'.join([*UNITS, *TENS])})[\s-](?P<unit>{'|'.join(_WORDS_PER)})s?\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:[-.'’/&][^\W_]+)*")
# "|reports on| the flood", "|minutes say about| the hedge", "|letters have to tell about| the famine"
_KIND_OF_DOCUMENT = re.compile(
    r"^(?:reports?|letters?|mails?|articles?|notes?|minutes|briefs?|diaries|news)\s+"
    r"(?:(?:say|says|tell|tells|have|has|to)\s+)*(?:on|about|concerning|regarding)\s+(?:the\s+)?",
    re.IGNORECASE,
)
# Words that ask for a summary, and those that stand for the documents without saying which.
_ASKING = frozenset(
    """summarise summarize summarised summarized summarising summarizing summary summaries sum gist tl dr tldr
    nutshell brief briefly briefing short shortly recap synopsis digest abstract condense condensed shorten outline
    overview essentials essence key main important points point executive quick concise rough roughly lines paragraph
    words sentences give get make do draft write prepare want like need could would can please me us you
    say says said tell tells told know known knows written mentioned reported state states write writes
    bring speed date catch miss missed stand stands going things affairs current status far
    document documents doc docs file files archive archives collection source sources text texts paper papers
    newspaper newspapers folder
    everything anything something all whole entire contents content every together
    compare comparison difference differences differ
    there's what's let's i'd i've we've""".split()
)
_MAIL = "message/"
_OF_MAIL = re.compile(r"\b(?:e-?mails?|mails?|messages?)\b", re.IGNORECASE)
_ACRONYMS = ("i", "tl", "dr", "tldr")


@dataclass(frozen=True, slots=True)
class AskedSummary:
    """What to sum up.

    topic: in the question's words; empty for everything. documents: those that the question names, else empty.
    n_words: the length that it asks for; None when it does not.
    """

    topic: str
    documents: tuple[Source, ...]
    n_words: int | None

    @classmethod
    def read(cls, question: str, sources: Sequence[Source]) -> AskedSummary:
        """sources: the documents that may be named, by title or file name."""
        text = " ".join(question.split())
        length = _LENGTH.search(text)
        n_words = _number(length["number"]) * _WORDS_PER[length["unit"].lower()] if length else None
        topic = _topic(text.replace(length.group(), " ") if length else text)
        return cls(topic, documents_in(text, topic, sources), n_words)


def documents_in(question: str, topic: str, sources: Sequence[Source]) -> tuple[Source, ...]:
    """The documents whose title or file name stands in the question, or has all words of the topic, if it is one.

    A title of one word is no name, nor is the subject of a mail unless the question speaks of mails: it may be the
    topic of others. Of two names of which one is part of the other, the
    longer one counts.
    """
    asked = f" {' '.join(words(question))} "
    with_subjects = _OF_MAIL.search(question) is not None
    found = {
        source: name for source in sources for name in _names(source, with_subjects) if f" {name} " in asked
    }
    named = [
        source
        for source, name in found.items()
        if not any(name != other and f" {name} " in f" {other} " for other in found.values())
    ]
    if named:
        return tuple(named[:_MAX_NAMED])
    wanted = set(stems(topic)) if topic else set()
    titled = [one for one in sources if with_subjects or not one.media_type.startswith(_MAIL)]
    alike = [source for source in titled if wanted <= set(stems(f"{source.title} {_spelled(source)}"))]
    return tuple(alike) if len(wanted) > 1 and len(alike) == 1 else ()


def without(question: str, wording: str) -> str:
    """The question without a name or a time that it states, in any case and with its possessive ending."""
    return re.sub(rf"\b{re.escape(wording)}(?:['’]s?)?(?!\w)", " ", question, flags=re.IGNORECASE)


def _topic(text: str) -> str:
    """The text from the first to the last word that is not part of asking."""
    # "Islamic State" is a name; "Summarise" begins the question.
    found = [match for match in _WORD.finditer(text) if not _is_asking(match.group(), match.start() == 0)]
    if not found:
        return ""
    # Words of asking in the middle stay: "the first law on the key points of the lease".
    return _KIND_OF_DOCUMENT.sub("", text[found[0].start() : found[-1].end()])


def _is_asking(word: str, opens: bool) -> bool:
    lower = word.lower().replace("’", "'")
    is_plain = opens or word[:1].islower() or lower in _ACRONYMS
    return is_plain and (lower in STOP_WORDS or lower in _ASKING)


def _names(source: Source, with_subjects: bool) -> list[str]:
    """The file name and what of title and file name has several words, as words in lower case.

    with_subjects: whether the title of a mail, its subject, counts.
    """
    title = source.title if with_subjects or not source.media_type.startswith(_MAIL) else ""
    several = (name for name in (title, _spelled(source)) if len(words(name)) > 1)
    return [" ".join(words(name)) for name in (PurePath(source.uri).name, *several) if words(name)]


def _spelled(source: Source) -> str:
    """The file name without its ending, as words."""
    return re.sub(r"[-_.]+", " ", PurePath(source.uri).stem)


def _number(text: str) -> int:
    lower = text.lower()
    return int(text) if text.isdigit() else int(UNITS.get(lower, TENS.get(lower, 1)))

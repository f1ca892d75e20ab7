"""What a question about documents looks for: "Raqqa" in "How many Reuters documents of 2015 mention Raqqa?"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from askive.rag.question.clauses import QUESTION_WORD
from askive.rag.question.publishers import named_publishers
from askive.rag.text.time_expressions import named_times, relative_phrase
from askive.rag.text.words import STOP_WORDS

# "mention", "reported", "contains", "says"; "written", "about"; "say anything about"
_SAYING = re.compile(
    r"\b(?:(?:mention|report|state|discuss|describe|contain|cover|cite|quote|refer|talk|speak|name|tell|deal|include"
    r"|concern|address)(?:s|es|ed|d|ing)?|says?|said|saying|written|about|describing|including)"
    r"\s+(?:(?:any|some)thing\s+)?",
    re.IGNORECASE,
)
# "which |reports|", "how many of the 2015 Reuters |statements|": a noun, not a verb
_NOUN = re.compile(r"\b(?i:which|what|many|the|all|my|our|of)\s+(?:(?:[A-Z]\S*|\d{4})\s+)*$")
_AUX = r"(?:is|are|was|were|does|do|did|has|have|can|could)"
_FOUND = (
    r"(?:\w+ed|found|written|spoken|told|appears?|occurs?|comes?\s+up)(?:\s+(?:in|of|about|on|by|to))?\W*$"
)
_QUOTED = re.compile(r"[\"“”„«]([^\"“”„«»]{2,})[\"“”»]")
# "In which documents is |Raqqa| mentioned", "where does |the ferry| come up"
_BEFORE_VERB = re.compile(rf"\b{_AUX}\s+(?P<topic>\S.*?)\s+{_FOUND}", re.IGNORECASE)
# "the reports in which |Kerry| appears", "documents where |he| is mentioned"
_RELATIVE = re.compile(
    rf"\s(?:in\s+which|where)\s+(?P<topic>\S.*?)\s+(?:(?:is|are|was|were)\s+)?{_FOUND}", re.IGNORECASE
)
# "documents with |Raqqa|", "files on |the ferry|"; not "files on disk that ..."
_AFTER_PREPOSITION = re.compile(
    r"^\W*(?:\S+\s+){1,6}?(?:with|on|regarding|re:?)\s+(?P<topic>\S.*)$", re.IGNORECASE
)
# "Raqqa: which documents?", "raqqa in which files"
_BEFORE_QUESTION = re.compile(
    rf"^(?P<topic>\S.*?)[\s:,-]+(?:in\s+)?(?:{QUESTION_WORD}|how many)\s+[\w\s]+\W*$", re.IGNORECASE
)
# "Which letters allude to |the ferry|": a plural noun, and the verb after it
_AFTER_NOUN = re.compile(
    r"^\W*(?:which|what|how many)\s+(?:\S+\s+)*?\w+s\s+(?:\w*[^\Ws]|\w+ss)\s+(?P<topic>\S.*)$", re.IGNORECASE
)
# "the word |harbour|", "the name |Emwazi|"
_SUCH_AS = re.compile(r"^(?:the\s+)?(?:word|name|phrase|term|expression)s?\s+", re.IGNORECASE)
_JOIN = re.compile(
    r"(?:,\s+|\s+)(and|or)\s+|,\s+", re.IGNORECASE
)  # "Raqqa and Sinjar", "Raqqa, Sinjar or Mosul"
_BEFORE_LINK = r",?\s+(?:(?:and|or)\s+)?"
# "|in| 2015", "|from| Reuters"
_LINK = r"(?:in|during|on|from|since|before|after|until|by|dated|published\s+(?:in|by|on))"


@dataclass(frozen=True, slots=True)
class Topic:
    """What to look for in documents.

    text: in the question's words. phrases: its parts; each stands for adjacent words. is_any: one of the phrases is
    enough ("A or B"). rest: the question without it, where publishers and times restrict the documents.
    """

    text: str
    phrases: tuple[str, ...]
    is_any: bool
    rest: str


def topic_of(question: str, publishers: Sequence[str] = ()) -> Topic:
    """What a question about documents looks for: what is quoted, or what is left without the words that ask.

    publishers: all that are known. Without anything to look for `phrases` is empty.
    """
    text = " ".join(question.split())
    if quoted := [match[1].strip() for match in _QUOTED.finditer(text)]:
        rest = _QUOTED.sub(" ", text)
        return Topic(", ".join(quoted), tuple(quoted), bool(re.search(r"\bor\b", rest)), rest)
    whole = text.rstrip(" .?!…")
    asked = _without_restrictions(whole, publishers)
    start, end = _bare(asked, *_span(asked))
    topic, rest = asked[start:end], f"{asked[:start]} {whole[end:]}"
    joins = [join.lower() for join in _JOIN.findall(topic) if join]
    phrases = tuple(phrase for part in _JOIN.split(topic)[::2] if (phrase := _plain(part)))
    return Topic(topic, phrases, "or" in joins, rest)


def _span(asked: str) -> tuple[int, int]:
    """Where the topic is, with stop words around it."""
    for pattern in (_BEFORE_VERB, _RELATIVE):
        if (match := pattern.search(asked)) and not _is_empty(match["topic"]):
            return match.span("topic")
    if verbs := list(_SAYING.finditer(asked)):
        verb = next((verb for verb in verbs if not _NOUN.search(asked[: verb.start()])), verbs[0])
        # "talk about", "reports mention"
        while following := _SAYING.match(asked, verb.end()):
            verb = following
        return verb.end(), len(asked)
    for pattern in (_BEFORE_QUESTION, _AFTER_PREPOSITION, _AFTER_NOUN):
        if (match := pattern.search(asked)) and not _is_empty(match["topic"]):
            return match.span("topic")
    return 0, len(asked)


def _without_restrictions(asked: str, publishers: Sequence[str]) -> str:
    """Without "in 2015" or "by Reuters" at the end."""
    while True:
        relative = relative_phrase(asked)
        restrictions = [time.wording for time in named_times(asked)] + named_publishers(asked, publishers)
        starts = [
            match.start()
            for wording in [*restrictions, *[relative] * bool(relative)]
            if (
                match := re.search(
                    rf"{_BEFORE_LINK}(?:{_LINK}\s+)?(?:the\s+)?{re.escape(wording)}$", asked, re.IGNORECASE
                )
            )
            and (_starts_with_link(match.group()) or wording == relative)
        ]
        if not starts:
            return asked
        asked = asked[: min(starts)]


def _starts_with_link(words: str) -> bool:
    return bool(re.match(rf"{_BEFORE_LINK}{_LINK}\b", words, re.IGNORECASE))


def _bare(asked: str, start: int, end: int) -> tuple[int, int]:
    """Without "the word", and without stop words in lower case at both ends."""
    while start < end:
        topic = asked[start:end]
        first, last = re.match(r"\W*[\w'’]+\W*", topic), re.search(r"\W*[\w'’]+\W*$", topic)
        such_as = _SUCH_AS.match(topic)
        if such_as and such_as.end() < len(topic):
            start += such_as.end()
        elif first and _is_stop_word(first.group()):
            start += first.end()
        elif last and _is_stop_word(last.group()):
            end = start + last.start()
        else:
            break
    return start, end


def _is_stop_word(word: str) -> bool:
    return word.strip(" ,;:'’-") in STOP_WORDS


def _is_empty(topic: str) -> bool:
    return all(_is_stop_word(word) for word in topic.split())


def _plain(phrase: str) -> str:
    """A part without marks, possessive endings and stop words around it."""
    phrase = re.sub(r"['’]s?(?=\W*$)", "", phrase).strip(" ,;:()'‘’-")
    start, end = _bare(phrase, 0, len(phrase))
    return phrase[start:end].strip(" ,;:()'‘’-")

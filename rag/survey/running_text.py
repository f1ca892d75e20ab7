"""Which sentences tell something, and which only frame a text: headings, mail headers, greetings, signatures."""

from __future__ import annotations

import re

from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.text.date_mentions import days
from askive.rag.text.sentences import ends_sentence
from askive.rag.text.words import STOP_WORDS

# "To: Colin Mabey", "> Sent: Monday"
_MAIL_HEADER = re.compile(
    r"[>|\s*]*(?:from|to|cc|bcc|date|sent|subject|reply-to|message-id|in-reply-to)\s?:(?:\s|$)", re.IGNORECASE
)
# "On Mon, 3 May 2021, Rosa Lind wrote:"
_OPENS_QUOTE = re.compile(r"\b(?:wrote|writes)\s*:$")
# "-----Original Message-----", "____"
_RULE = re.compile(r"[\W_]{3,}(?:[\w ]{1,40}[\W_]{3,})?$")
# "Dear Mr Fabricius,", "Lena,", "Hello all!": at most five words and a mark
_GREETING = re.compile(
    r"(?:dear|hi|hello|hey|good (?:morning|afternoon|evening))\b[^.?:;]{0,60}[,!:]?$", re.IGNORECASE
)
_CALL = re.compile(r"[A-Z][\w.’'-]*(?:\s+[A-Z][\w.’'-]*){0,2}\s*,$")
# "- the pump", "2. the pump", "2022-01-18 the chain slipped", "14:20 the chain slipped": an entry
_ENTRY = re.compile(r"(?:[-*•+–]|\d{1,3}[.)]|\d{4}-\d\d|\d{1,2}[:.]\d\d\b|\[\d)\s?")
# "Item: 1; Motor: V315": a row of a table
_ROW = re.compile(r"(?:^|;\s)[^:;]{1,60}:\s[^;]*;\s[^:;]{1,60}:\s")
_WORD = re.compile(r"[^\W\d_][\w’'.-]*")
# "signed on 4 May 2021", "Agreed on 18 January"; but "Published 3 May" is about the page
_DONE = re.compile(
    r"\b(?!(?:published|posted|updated|modified|revised|issued|printed|retrieved|created|dated|limited|united"
    r"|need|speed|seed|feed|deed|weed|reed|indeed|proceed|exceed)\b)[a-z]{3,}ed\b",
    re.IGNORECASE,
)
_MIN_WORDS = 4
"""A fragment with as many words that are no names tells something: "pump tipped over on a pallet"."""


def is_running_text(sentence: SourceSentence) -> bool:
    """Whether a sentence tells something by itself; rows of tables and entries of lists do."""
    text = " ".join(sentence.text.split())
    if frames_text(sentence):
        return False
    if ends_sentence(text) or _ENTRY.match(text) or _ROW.search(text):
        return True
    return bool(_DONE.search(text)) or _n_plain_words(text, sentence.published) >= _MIN_WORDS


def frames_text(sentence: SourceSentence) -> bool:
    """Whether a sentence is a heading, the title, a mail header, a greeting or the like."""
    text = " ".join(sentence.text.split())
    return _frames_a_letter(text) or _is_heading(sentence, text)


def is_complete(sentence: SourceSentence) -> bool:
    """Whether a sentence is running text and a whole sentence, or an entry of a list: not "Rosa Lind, purchasing"."""
    text = sentence.text.strip()
    return is_running_text(sentence) and (ends_sentence(text) or bool(_ENTRY.match(text)))


def _frames_a_letter(text: str) -> bool:
    return any(
        (
            _MAIL_HEADER.match(text),
            _OPENS_QUOTE.search(text),
            _RULE.match(text),
            _GREETING.match(text.lstrip("> ")),
            _CALL.match(text.lstrip("> ")),
        )
    )


def _is_heading(sentence: SourceSentence, text: str) -> bool:
    if text.startswith("#"):
        return True
    bare = text.strip(" #*_").casefold()
    passage, source = sentence.hit.passage, sentence.hit.source
    return bare in (source.title.casefold(), *passage.heading.casefold().split(" > "))


def _n_plain_words(text: str, published: str | None) -> int:
    """The number of words that are neither names nor parts of a date nor stop words."""
    for day in reversed(days(text, published)):
        text = f"{text[: day.start]} {text[day.end :]}"
    return sum(
        word[0].islower() and len(word) > 1 and word.lower() not in STOP_WORDS for word in _WORD.findall(text)
    )

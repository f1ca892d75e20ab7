"""The values that passages give for a list: cells of tables by code, others by the generator, each verbatim."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Event as Flag

from askive.models.protocols import Generator, Message, Sampling, Segment
from askive.rag.evidence.source_sentences import SourceSentence, source_sentences
from askive.rag.evidence.values import fullest, same_value
from askive.rag.passage_context import file_words, source_line
from askive.rag.question.analysis import Question
from askive.rag.question.answer_type import Kind
from askive.rag.question.requests.asked_list import AskedList
from askive.rag.question.subject import Subject, Term
from askive.rag.survey.running_text import frames_text
from askive.rag.survey.sentences import SubjectSentence
from askive.rag.survey.statements import same_name
from askive.rag.text.date_mentions import days
from askive.rag.text.names import names_in
from askive.rag.text.numbers import numbers
from askive.rag.text.words import STOP_WORDS, stem, stems, words
from askive.rag.types import Hit

_SYSTEM = "You find answers in a text. You copy them word for word."
_REQUEST = (
    "Write every {what} in the text that answers the question, each on a line of its own, copied from the text and as"
    " short as possible. If the text has none, write None."
)
_ASKED_FOR: dict[Kind | None, str] = {"name": "name", "number": "amount", "date": "date", None: "thing"}
_SAMPLING = Sampling(max_tokens=250)
_MAX_VALUE_WORDS = 25
# "- James Foley", "2. James Foley", "“James Foley”"
_BULLET = re.compile(r"^\s*(?:[-*•–]\s+|\d{1,2}[.)]\s+)?")
_MIN_BEGINNING = 5
"""Letters of a stem that another one may begin with."""
_EDGES = " \t.,;:\"'“”‘’*`"
# "H40-2201", "C-118"
_CODE = re.compile(r"\b(?=[\w/-]*[A-Za-z])(?=[\w/-]*\d)[A-Za-z\d]+(?:[-/][A-Za-z\d]+)+\b")
_NONE = re.compile(r"^(?:none|no answers?|n/a|nothing|the text (?:does not|gives no))\b", re.IGNORECASE)
_LEGAL_FORMS = frozenset("ltd limited inc corp llc plc co gmbh ag kg sa sarl bv srl".split())
# "Product: |Oak board|; Supplier: |Holz Weber|"
_CELL = re.compile(r"(?:^|;\s+)(?P<head>[^:;]{1,60}):\s+(?P<value>[^;]+)")


@dataclass(frozen=True, slots=True)
class ListValue:
    """A value, and the sentence in which it stands verbatim."""

    text: str
    sentence: SourceSentence


def cell_values(items: Sequence[SubjectSentence], asked: AskedList) -> list[ListValue]:
    """The cells of table rows whose column head is one of the things that are asked for; the row, its title or its
    folder must have the subject's names.

    "products of Metallum": the cells under `Product` in rows with Metallum. Of several words that are heads, what comes
    first is asked for: "serial numbers of the pumps" are not the cells under `Pump`.
    """
    found: list[tuple[int, ListValue]] = []
    names = [term for term in asked.subject.terms if term.is_name]
    for item in items:
        cells = [(m["head"].strip(), m["value"].strip()) for m in _CELL.finditer(item.sentence.text)]
        if len(cells) < 2 or not all(term.stems & _stems_around(item.sentence) for term in names):
            continue
        places = [(_place_of(head, asked.things), value) for head, value in cells]
        found += [
            (at, ListValue(value, item.sentence)) for at, value in sorted(places) if at < len(asked.things)
        ][:1]
    first = min((at for at, _ in found), default=0)
    return sorted(
        (value for at, value in found if at == first),
        key=lambda value: (value.sentence.hit.source.uri, value.sentence.span),
    )


def is_only_of(subject: Subject, value: ListValue) -> bool:
    """Whether the words of the subject are all in the row of a cell, its title or its folder, so that nothing is left
    to judge; of a verb only its beginning: pumps that were delivered are in the delivery note."""
    own = _stems_around(value.sentence)
    return all(any(_is_akin(one, other) for one in term.stems for other in own) for term in subject.terms)


def read_values(
    question: Question,
    kind: Kind | None,
    hits: Sequence[Hit],
    generator: Generator,
    cancel: Flag | None = None,
) -> list[ListValue]:
    """The values of the kind that the generator finds in passages, each in the sentence that has most of them.

    A value is found once in each passage that has it verbatim. Raises ModelError as `Generator.generate` does.
    """
    texts = "\n\n".join(
        f"{source_line(n, hit)[4:]} {hit.passage.text}" for n, hit in enumerate(hits, start=1)
    )
    prompt = (
        Message("system", (Segment(_SYSTEM, reusable=True),)),
        Message(
            "user",
            (
                Segment(f"Text: {texts}\n\n"),
                Segment(f"Question: {question.text}\n\n{_REQUEST.format(what=_ASKED_FOR[kind])}"),
            ),
        ),
    )
    text = "".join(piece.text for piece in generator.generate(prompt, _SAMPLING, cancel))
    lines = [value for line in text.splitlines() if (value := _BULLET.sub("", line).strip(_EDGES))]
    values = [
        value for value in dict.fromkeys(lines) if not _NONE.match(value) and not _is_asked(value, question)
    ]
    found: list[ListValue] = []
    for hit in hits:
        sentences = [one for one in source_sentences(hit) if not frames_text(one)]
        places = [list(_places(value, sentences)) for value in values if _is_of_kind(value, kind, hit)]
        n_in = Counter(place.sentence.span for of_value in places for place in of_value)
        found += [max(of_value, key=lambda one: n_in[one.sentence.span]) for of_value in places if of_value]
    return found


def grouped(values: Sequence[ListValue]) -> list[tuple[str, list[ListValue]]]:
    """Values that mean the same under the fullest spelling, in the order in which they were found."""
    groups: list[list[ListValue]] = []
    for value in values:
        same = next((group for group in groups if any(_is_same(value, other) for other in group)), None)
        if same is None:
            groups.append([value])
        else:
            same.append(value)
    return [(fullest([value.text for value in group]), group) for group in groups]


def _stems_around(sentence: SourceSentence) -> frozenset[str]:
    """Of a sentence, its title and headings, and the names of its file and folders."""
    return frozenset(stems(f"{sentence.text} {sentence.about} {file_words(sentence.hit.source)}"))


def _is_akin(one: str, other: str) -> bool:
    """Whether two stems are of one word, or of a verb and its noun: `deliv`, `deliveri`."""
    short, long = sorted((one, other), key=len)
    return long.startswith(short) and (short == long or len(short) >= _MIN_BEGINNING)


def _place_of(head: str, things: Sequence[Term]) -> int:
    """Which of the things a column head names; their number when it is none."""
    own = set(stems(head))
    return next((at for at, term in enumerate(things) if term.stems & own), len(things))


def _places(value: str, sentences: Sequence[SourceSentence]) -> Iterator[ListValue]:
    """The value as each sentence spells it that has it."""
    pattern = re.compile(r"\s+".join(map(re.escape, value.split())), re.IGNORECASE)
    for sentence in sentences:
        if match := pattern.search(sentence.text):
            yield ListValue(" ".join(match.group().split()), sentence)


def _is_of_kind(value: str, kind: Kind | None, hit: Hit) -> bool:
    if len(value.split()) > _MAX_VALUE_WORDS:
        return False
    if kind == "date":
        return bool(days(value, hit.source.published))
    if kind == "number":
        return bool(numbers(value))
    # "129" is how many, not who or what.
    return any(char.isalpha() for char in value)


def _is_asked(value: str, question: Question) -> bool:
    """Whether the value only repeats words of the question, as a name may with its legal form: "Ostrel Ltd"."""
    return {stem(word) for word in words(value) if word not in _LEGAL_FORMS} <= set(question.stems)


def _is_same(one: ListValue, other: ListValue) -> bool:
    first, second = _core(one.text), _core(other.text)
    if first == second:
        return True
    if _CODE.search(one.text) and _CODE.search(other.text):
        return False
    if any(char.isdigit() for char in one.text) != any(char.isdigit() for char in other.text):
        # "Heron" is a series, "Heron 40" one of its pumps.
        return False
    if names_in(one.text) and names_in(other.text):
        return same_name(first, second)
    if days(one.text) or days(other.text) or any(char.isdigit() for char in one.text + other.text):
        published = one.sentence.published, other.sentence.published
        return bool(days(one.text)) == bool(days(other.text)) and same_value(one.text, other.text, published)
    return [stem(word) for word in first] == [stem(word) for word in second]


def _core(text: str) -> list[str]:
    return [word for word in words(text) if word not in STOP_WORDS]

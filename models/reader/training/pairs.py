"""Training pairs for the reader, made from questions with answers and from claims with evidence.

Near misses matter most: passages about the topic of the question that do not hold the answer. They are the
unanswerable questions of the data sets, and generated ones: passages without their answering sentence, and questions
with a name or number replaced by another one of the same article.
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SUPPORTED, CONTRADICTED, NEITHER = 0, 1, 2
YES, NO, NOT_SAID = 0, 1, 2
# `end. Next`, `end!" “Next`
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"'”’)]*\s+(?=[\"'“‘(]*[A-Z0-9])")
# "Paris", "Bank of England", "Tower the Great", "Simone de Beauvoir", "Ludwig van Beethoven", "Otto von Bismarck"
_NAME = re.compile(r"\b[A-Z][\w’'-]+(?:\s+(?:of|the|de|van|von)?\s*[A-Z][\w’'-]+)*")
# "1,250.5", "7"
_NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")
# "who is", "what was", "which old bridge are", "who were", "what has", "who had", "who led", "who sued", "what makes"
_WH_SUBJECT = re.compile(
    r"^(?:who|what|which(?:\s+\w+){0,3}?)\s+(?=(?:is|was|are|were|has|had|led|\w+ed|\w+s)\b)", re.IGNORECASE
)
# "is", "was", "are", "were", "has", "had", "have", "can", "could", "will", "would", "did", "does", "do"; not "is not"
_AUXILIARY = re.compile(
    r"\b(?P<verb>is|was|are|were|has|had|have|can|could|will|would|did|does|do)\b(?!\s+not)"
)


@dataclass(frozen=True, slots=True)
class Pair:
    """An input of the reader with its labels.

    first: question or claim. second: the text of a source.
    spans: answers as offsets into `second`; empty when there is none, and for a claim.
    answerable: whether `second` answers the question `first`; None for a claim.
    support: SUPPORTED, CONTRADICTED or NEITHER for a claim; None for a question.
    yes_no: YES, NO or NOT_SAID for a yes/no question; None for another one, and for a claim.
    """

    first: str
    second: str
    spans: tuple[tuple[int, int], ...] = ()
    answerable: bool | None = None
    support: int | None = None
    yes_no: int | None = None


@dataclass(frozen=True, slots=True)
class _Question:
    question: str
    answers: tuple[str, ...]
    doc: str


@dataclass(frozen=True, slots=True)
class _Text:
    title: str
    text: str


def question_pairs(folder: Path, rng: random.Random) -> list[list[Pair]]:
    """Pairs for every question of a folder in BEIR format (`corpus.jsonl`, `queries.jsonl`), grouped by question."""
    texts = {
        row["_id"]: _Text(row.get("title", ""), row["text"].strip()) for row in _rows(folder / "corpus.jsonl")
    }
    by_title: dict[str, list[str]] = defaultdict(list)
    for doc, text in texts.items():
        by_title[text.title].append(doc)
    groups: list[list[Pair]] = []
    for row in _rows(folder / "queries.jsonl"):
        item = _Question(row["text"], tuple(row["answers"]), row["source_doc"])
        own = texts[item.doc]
        spans = _answer_spans(own.text, item.answers, item.question)
        if row["is_impossible"]:
            groups.append([_question(item.question, own, (), rng)])
        elif spans:
            siblings = [texts[doc] for doc in by_title[own.title] if doc != item.doc]
            groups.append(list(_of_question(item, own, spans, siblings, rng)))
    return groups


def answer_pairs(
    question: str, answers: Sequence[str], text: str, others: Sequence[str], rng: random.Random
) -> list[Pair]:
    """Pairs for one question about `text`: with its answers, or, without any, as a near miss.

    others: texts that do not answer it; the one that shares most words becomes a near miss. Empty when the text has
    none of the answers.
    """
    own = _Text("", text.strip())
    if not answers:
        return [_question(question, own, (), rng)]
    spans = _answer_spans(own.text, answers, question)
    if not spans:
        return []
    item = _Question(question, tuple(answers), "")
    return list(_of_question(item, own, spans, [_Text("", other) for other in others], rng))


def nearest_text(question: str, texts: Sequence[str]) -> str:
    """The text that shares most words with the question."""
    return max(texts, key=lambda text: _overlap(question, text))


def claim_pairs(claims: Path, corpus: Path, rng: random.Random) -> list[list[Pair]]:
    """Pairs of claims with labelled evidence sentences (SciFact's format), grouped by claim."""
    texts = {row["_id"]: _Text(row.get("title", ""), row["text"]) for row in _rows(corpus)}
    groups: list[list[Pair]] = []
    for row in _rows(claims):
        pairs: list[Pair] = []
        for item in row["evidence"]:
            sentences = _sentences(texts[item["doc"]].text)
            chosen = [i for i in _integers(item["sentences"]) if i < len(sentences)]
            if not chosen:
                continue
            low = max(0, min(chosen) - rng.randint(0, 2))
            high = min(len(sentences), max(chosen) + 1 + rng.randint(0, 2))
            label = SUPPORTED if item["label"] == "SUPPORT" else CONTRADICTED
            pairs.append(Pair(row["text"], " ".join(sentences[low:high]), support=label))
        if not row["evidence"]:
            for doc in _integers(row["cited_doc_ids"]):
                text = texts.get(str(doc))
                if text:
                    pairs.append(Pair(row["text"], _window(text.text, None, rng)[0], support=NEITHER))
        if pairs:
            groups.append(pairs)
    return groups


def sentence_pairs(folder: Path, rng: random.Random) -> list[list[Pair]]:
    """Claims made of sentences of the corpus: shortened (supported), altered (contradicted), withheld (neither)."""
    rows = [_Text(row.get("title", ""), row["text"].strip()) for row in _rows(folder / "corpus.jsonl")]
    groups: list[list[Pair]] = []
    for text in rows:
        sentences = _sentences(text.text)
        pairs: list[Pair] = []
        for index in rng.sample(range(len(sentences)), min(3, len(sentences))):
            sentence = sentences[index]
            if not 40 < len(sentence) < 300:
                continue
            low = max(0, index - rng.randint(0, 2))
            near = sentences[low : index + 1 + rng.randint(0, 2)]
            around = " ".join(near)
            pairs.append(Pair(_shorten(sentence, rng), around, support=SUPPORTED))
            altered = _alter(sentence, text.text, rng)
            if altered:
                pairs.append(Pair(altered, around, support=CONTRADICTED))
            others = [s for i, s in enumerate(sentences) if i != index]
            if others:
                at = rng.randrange(len(others))
                pairs.append(Pair(_shorten(sentence, rng), " ".join(others[at : at + 3]), support=NEITHER))
        if pairs:
            groups.append(pairs)
    return groups


def _of_question(
    item: _Question,
    own: _Text,
    spans: tuple[tuple[int, int], ...],
    siblings: Sequence[_Text],
    rng: random.Random,
) -> Iterator[Pair]:
    yield _question(item.question, own, spans, rng)
    without = _remove_answers(own.text, item.answers)
    if without and rng.random() < 0.6:
        yield _question(item.question, _Text(own.title, without), (), rng)
    replaced = _replace_name(item.question, [own, *siblings], rng)
    if replaced and rng.random() < 0.5:
        yield _question(replaced, own, (), rng)
    free = [s for s in siblings if not _answer_spans(s.text, item.answers, item.question)]
    if free:
        # Retrieval would return the sibling that shares most words.
        nearest = max(rng.sample(free, min(6, len(free))), key=lambda s: _overlap(item.question, s.text))
        yield _question(item.question, nearest, (), rng)
    answer = min(item.answers, key=len)
    if len(answer) < 80:
        start, end = spans[0]
        around = _window(own.text, (start, end), rng)[0]
        yield Pair(_as_claim(item.question, answer), around, support=SUPPORTED)
        wrong = _other_of_kind(own.text[start:end], own.text, rng)
        if wrong:
            yield Pair(_as_claim(item.question, wrong), around, support=CONTRADICTED)
        if without and rng.random() < 0.5:
            yield Pair(_as_claim(item.question, answer), _window(without, None, rng)[0], support=NEITHER)


def _question(question: str, text: _Text, spans: tuple[tuple[int, int], ...], rng: random.Random) -> Pair:
    """A question pair over the whole text or a part of it, half of the time after the title."""
    shown, shift = text.text, 0
    if rng.random() < 0.85 or len(shown) > 1000:
        shown, shift = _window(text.text, spans[0] if spans else None, rng, question)
    head = f"{text.title}. " if rng.random() < 0.5 and text.title else ""
    moved = tuple(
        (start - shift + len(head), end - shift + len(head))
        for start, end in spans
        if start >= shift and end - shift <= len(shown)
    )
    return Pair(_as_typed(question, rng), head + shown, moved, answerable=bool(spans))


def _as_typed(question: str, rng: random.Random) -> str:
    """Vary the case and drop question marks, as people do when they type."""
    question = question.strip()
    draw = rng.random()
    if draw < 0.15:
        return question.lower().rstrip("?")
    return question[:1].upper() + question[1:] if draw < 0.6 else question


def _answer_spans(text: str, answers: Sequence[str], question: str) -> tuple[tuple[int, int], ...]:
    """The position of an answer: of several the one whose context shares most words with the question."""
    places: list[tuple[int, int, int]] = []
    for answer in dict.fromkeys(answers):
        wanted = answer.strip().rstrip(".")
        if not wanted:
            continue
        for match in re.finditer(rf"(?<!\w){re.escape(wanted)}(?!\w)", text):
            near = text[max(0, match.start() - 120) : match.end() + 120]
            places.append((-_overlap(question, near), match.start(), match.end()))
    return tuple((start, end) for _, start, end in sorted(places)[:1])


def _overlap(question: str, text: str) -> int:
    lowered = set(re.findall(r"\w{4,}", text.lower()))
    return sum(word in lowered for word in set(re.findall(r"\w{4,}", question.lower())))


def _window(
    text: str, around: tuple[int, int] | None, rng: random.Random, question: str = ""
) -> tuple[str, int]:
    """Neighbouring sentences and their offset: those that hold `around`, or, without it, mostly those around the
    sentence that shares most words with the question."""
    bounds = _bounds(text)
    if around is None:
        first = rng.randrange(len(bounds))
        if question and rng.random() < 0.7:
            first = max(range(len(bounds)), key=lambda i: _overlap(question, text[slice(*bounds[i])]))
        last = first
    else:
        first = max(i for i, (start, _) in enumerate(bounds) if start <= around[0])
        last = min(i for i, (_, end) in enumerate(bounds) if end >= min(around[1], bounds[-1][1]))
    first = max(0, first - rng.randint(0, 2))
    last = min(len(bounds) - 1, last + rng.randint(0, 2))
    return text[bounds[first][0] : bounds[last][1]], bounds[first][0]


def _bounds(text: str) -> list[tuple[int, int]]:
    starts = [0, *(match.end() for match in _SENTENCE_END.finditer(text))]
    ends = [*(match.start() for match in _SENTENCE_END.finditer(text)), len(text)]
    return list(zip(starts, ends, strict=True))


def _sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in _bounds(text)]


def _remove_answers(text: str, answers: Sequence[str]) -> str:
    """The text without the sentences that hold an answer; empty when fewer than two are left."""
    wanted = [answer.strip().rstrip(".").lower() for answer in answers]
    left = [s for s in _sentences(text) if not any(answer in s.lower() for answer in wanted)]
    return " ".join(left) if len(left) >= 2 else ""


def _replace_name(question: str, texts: Sequence[_Text], rng: random.Random) -> str:
    """The question with one name or number replaced by another of the article; empty if there is none."""
    for pattern in rng.sample((_NUMBER, _NAME), 2):
        found = [m for m in pattern.finditer(question) if m.start() > 0]
        if not found:
            continue
        old = rng.choice(found)
        new = _another(pattern, old.group(), " ".join(t.text for t in texts[:4]), rng, question)
        if new:
            return question[: old.start()] + new + question[old.end() :]
    return ""


def _other_of_kind(answer: str, text: str, rng: random.Random) -> str:
    for pattern in (_NUMBER, _NAME):
        old = pattern.search(answer)
        if old:
            new = _another(pattern, old.group(), text, rng, answer)
            return answer[: old.start()] + new + answer[old.end() :] if new else ""
    return ""


def _another(pattern: re.Pattern[str], old: str, text: str, rng: random.Random, context: str) -> str:
    found = {
        m.group() for m in pattern.finditer(text) if m.start() and text[m.start() - 2 : m.start()] != ". "
    }
    if pattern is _NUMBER:
        same = {other for other in found if len(other) == len(old)} or found
        found = same | {_shift_digits(old, rng)}
    usable = sorted(other for other in found if other.lower() not in context.lower() and len(other) < 60)
    return rng.choice(usable) if usable else ""


def _shift_digits(number: str, rng: random.Random) -> str:
    digits = [
        str((int(c) + rng.randint(1, 8)) % 10) if c.isdigit() and rng.random() < 0.5 else c for c in number
    ]
    return "".join(digits)


def _as_claim(question: str, answer: str) -> str:
    """A claim made of a question and its answer; not always grammatical."""
    bare = question.strip().rstrip("?").strip()
    subject = _WH_SUBJECT.match(bare)
    if subject:
        return f"{answer[:1].upper()}{answer[1:]} {bare[subject.end() :]}."
    return f"{bare}: {answer}."


def _shorten(sentence: str, rng: random.Random) -> str:
    """The sentence without brackets, sometimes without its last or its opening phrase."""
    short = re.sub(r"\s*\([^)]*\)", "", sentence)
    cut = short.rfind(", ")
    if cut > 40 and rng.random() < 0.4:
        short = short[:cut] + "."
    # "In May, it", "On Monday, it", "At first, it", "After the war, it", "During 1912, it", "By then, it"
    opening = re.match(r"(?:In|On|At|After|During|By) [^,]{3,40}, (?=\w)", short)
    if opening and rng.random() < 0.5:
        rest = short[opening.end() :]
        short = rest[:1].upper() + rest[1:]
    return short


def _alter(sentence: str, text: str, rng: random.Random) -> str:
    """The sentence with another number or name, or negated; empty when neither is possible."""
    short = _shorten(sentence, rng)
    if rng.random() < 0.35:
        if re.search(r"\bnot\b", short):
            return re.sub(r"\s*\bnot\b", "", short, count=1)
        verb = _AUXILIARY.search(short)
        if verb and verb.group() in (
            "is",
            "was",
            "are",
            "were",
            "has",
            "had",
            "can",
            "could",
            "will",
            "would",
        ):
            return f"{short[: verb.end()]} not{short[verb.end() :]}"
    for pattern in rng.sample((_NUMBER, _NAME), 2):
        found = [m for m in pattern.finditer(short) if m.start() > 0]
        if found:
            old = rng.choice(found)
            new = _another(pattern, old.group(), text, rng, short)
            if new:
                return short[: old.start()] + new + short[old.end() :]
    return ""


def _rows(path: Path) -> Iterator[Any]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _integers(listed: str) -> list[int]:
    """The numbers of `[1, 2]` or `[1 2]`: both formats occur."""
    return [int(number) for number in re.findall(r"\d+", listed)]

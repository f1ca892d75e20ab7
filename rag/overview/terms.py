"""Names, topics and words of documents, each with the documents that have it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Set
from itertools import pairwise

from askive.rag.text.date_mentions import MONTHS, WEEKDAYS
from askive.rag.text.names import Name, names_in, same_word
from askive.rag.text.words import STOP_WORDS

# "harbour", "rye-bread"; a mark or a capital in between ends a topic
_TOKEN = re.compile(r"[^\W\d_][\w’'-]*|[^\w\s]|\d+")
# ": ", "**: "
_LABEL_END = re.compile(r"[*_]*:")
# "Jan", "Sept", "Thu": names of months and days that `names_in` does not leave out
_CALENDAR = frozenset(name[:n] for names in (MONTHS, WEEKDAYS) for name in names for n in (3, 4))
_MIN_LETTERS = 4
_MIN_LIFT = 1.5

Key = tuple[str, ...]
Documents = Mapping[Key, Set[int]]


class Terms:
    """The terms of documents, added passage by passage.

    A name that begins a sentence counts only if it also stands within one: "Officials said" has no name. Neither has
    what mostly stands before a colon, as "Date: 3 May", or behind another name, as "Holt & Sons". A topic is two words
    in lower case, of which none is a stop word.
    """

    def __init__(self) -> None:
        self._words: defaultdict[Key, set[int]] = defaultdict(set)
        self._names: defaultdict[Key, set[int]] = defaultdict(set)
        self._topics: defaultdict[Key, set[int]] = defaultdict(set)
        self._inside: set[Key] = set()
        self._spellings: defaultdict[Key, Counter[str]] = defaultdict(Counter)
        self._n_as_label: Counter[Key] = Counter()
        self._n_attached: Counter[Key] = Counter()

    def add(self, doc_id: int, text: str) -> None:
        """Add a passage of a document."""
        for name in names_in(text):
            if len("".join(name.words)) == 1:
                continue
            self._names[name.words].add(doc_id)
            self._spellings[name.words][_without_stop_words(name)] += 1
            self._n_as_label[name.words] += bool(_LABEL_END.match(text, name.end))
            self._n_attached[name.words] += text[: name.start].rstrip().endswith("&")
            if not name.opens or len(name.words) > 1:
                self._inside.add(name.words)
        tokens = _TOKEN.findall(text)
        for token in set(tokens):
            if _is_plain(token):
                self._words[(token,)].add(doc_id)
        for one, other in pairwise(tokens):
            if _is_plain(one) and _is_plain(other):
                self._topics[(one, other)].add(doc_id)

    def names(self) -> Documents:
        """Names in lower case, with the documents of each; of at least two."""
        return {
            name: ids
            for name, ids in _several(self._names).items()
            if name in self._inside and not (len(name) == 1 and self._is_no_name(name))
        }

    def _is_no_name(self, word: Key) -> bool:
        n_all = sum(self._spellings[word].values())
        return (
            word[0].rstrip(".") in _CALENDAR
            or 2 * max(self._n_as_label[word], self._n_attached[word]) > n_all
        )

    def topics(self) -> Documents:
        """Topics, with the documents of each; of at least two.

        Their words are in one document at least _MIN_LIFT times as often as by chance: "officials said" is no topic.
        """
        n_documents = len(set().union(*self._words.values()))
        return {
            (one, other): ids
            for (one, other), ids in _several(self._topics).items()
            if len(ids) * n_documents >= _MIN_LIFT * len(self._words[(one,)]) * len(self._words[(other,)])
        }

    def words(self) -> Documents:
        """Single words with the documents of each; of at least two."""
        return _several(self._words)

    def spelled(self, key: Key) -> str:
        """The term as it is spelled most often."""
        spellings = self._spellings.get(key)
        return min(spellings, key=lambda text: (-spellings[text], text)) if spellings else " ".join(key)


def _several(documents: Documents) -> Documents:
    return {key: ids for key, ids in documents.items() if len(ids) > 1}


def most_frequent(documents: Documents, n: int) -> list[Key]:
    """The n terms of most documents; of forms of one name (`Russia`, `Russian`) the most frequent."""
    return _unlike(sorted(documents, key=lambda key: (-len(documents[key]), key)), n)


def distinguishing(documents: Documents, own: Set[int], n_all: int, n: int) -> list[Key]:
    """The n terms whose share of a group's documents is most above their share of the other documents.

    own: ids of the group's documents. n_all: number of all documents. Terms of one document of the group are left out.
    """
    n_others = max(n_all - len(own), 1)
    gains: dict[Key, float] = {}
    for key, ids in documents.items():
        n_own = len(ids & own)
        gain = n_own / len(own) - (len(ids) - n_own) / n_others
        if n_own > 1 and gain > 0:
            gains[key] = gain
    return _unlike(sorted(gains, key=lambda key: (-gains[key], -len(key), key)), n)


def _unlike(keys: Iterable[Key], n: int) -> list[Key]:
    """The first n terms, without those that have a word of an earlier one in some form."""
    chosen: list[Key] = []
    for key in keys:
        if len(chosen) == n:
            break
        if not any(same_word(word, other) for word in key for earlier in chosen for other in earlier):
            chosen.append(key)
    return chosen


def _without_stop_words(name: Name) -> str:
    """In one line, without a month before it, or stop words at the end: "RESULTS The" is before a sentence."""
    words = name.text.split()
    while len(words) > 1 and words[-1].lower() in STOP_WORDS:
        words.pop()
    while len(words) > 1 and words[0].lower().rstrip(".,") in (*MONTHS, *WEEKDAYS):
        words.pop(0)
    return " ".join(words)


def _is_plain(token: str) -> bool:
    return len(token) >= _MIN_LETTERS and token.islower() and token not in STOP_WORDS

"""Words as the full-text index of SQLite sees them, for Milvus.

Passages are indexed in Milvus by the terms that FTS5 makes of them (words without case, accents and endings), so that
both stores find the same passages. What Milvus cannot answer (adjacent words, the exact spans of a match) FTS5 answers
in memory, over the passages that have the terms.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from typing import Any

from askive.rag.store.fts5 import Fts5Index, Match
from askive.rag.store.schema import FULL_TEXT

Text = tuple[str, str]
"""Text and context of a passage."""

_PLAIN = re.compile(r"[a-z0-9]+")
# '"islamic state"', '"russia" *'.
_PHRASE = re.compile(r'"((?:[^"]|"")*)"(\s*\*)?')
_PASSAGES = """
CREATE TABLE passages (passage_id INTEGER PRIMARY KEY, doc_id, start, "end", heading, page, rows);
CREATE VIRTUAL TABLE term_instances USING fts5vocab (passages_fts, 'instance');
"""


class PassageRows:
    """Passages in an FTS5 index in memory; close it. rows: of Milvus."""

    def __init__(self, rows: Iterable[dict[str, Any]]) -> None:
        self._db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._db.executescript(FULL_TEXT + _PASSAGES)
        self._db.execute("BEGIN")
        for row in rows:
            self._db.execute(
                "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    row["passage_id"],
                    row["doc_id"],
                    row["start"],
                    row["end"],
                    row["heading"],
                    page_of(row),
                    row["rows"],
                ),
            )
            self._db.execute(
                "INSERT INTO passages_fts (rowid, text, context) VALUES (?, ?, ?)",
                (row["passage_id"], row["text"], row["context"]),
            )
        self._db.execute("COMMIT")

    def select(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows of an SQL query."""
        return self._db.execute(query, values).fetchall()

    def close(self) -> None:
        """Free the memory."""
        self._db.close()


def page_of(row: dict[str, Any]) -> int | None:
    """The page of a passage; Milvus has 0 where there is none."""
    return int(row["page"]) or None


def matches_in(rows: Sequence[dict[str, Any]], expression: str) -> list[Match]:
    """The passages among these rows that match an expression of FTS5, by id."""
    with closing(PassageRows(rows)) as passages:
        return [match for batch in Fts5Index(passages).matches(expression) for match in batch]


def terms_of(texts: Sequence[Text]) -> list[str]:
    """The terms of each text with its context, separated by spaces, each as often as it occurs."""
    rows = (
        {
            "passage_id": at,
            "doc_id": 0,
            "start": 0,
            "end": 0,
            "heading": "",
            "page": 0,
            "rows": "",
            "text": text,
            "context": context,
        }
        for at, (text, context) in enumerate(texts)
    )
    terms: list[list[str]] = [[] for _ in texts]
    with closing(PassageRows(rows)) as passages:
        for at, term in passages.select('SELECT doc, term FROM term_instances ORDER BY doc, col, "offset"'):
            terms[at].append(encoded(term))
    return [" ".join(words) for words in terms]


def encoded(term: str) -> str:
    """A term of FTS5 in ASCII letters and digits, which every tokenizer leaves as they are."""
    return term if _PLAIN.fullmatch(term) else f"xx{term.encode().hex()}"


def decoded(word: str) -> str:
    """The term of FTS5 for a word in `terms_of`."""
    if word.startswith("xx"):
        try:
            return bytes.fromhex(word[2:]).decode()
        except ValueError:
            pass
    return word


def needed_terms(expression: str) -> Iterator[tuple[list[str], str]]:
    """For each phrase of an expression: terms that each passage with it has, and the beginning of a further term.

    A passage that matches the expression has the terms of at least one phrase. The beginning is empty unless the
    phrase ends in `*`.
    """
    phrases = _PHRASE.findall(expression)
    for words, (_, star) in zip(terms_of([(phrase, "") for phrase, _ in phrases]), phrases, strict=True):
        terms = words.split()
        yield (terms[:-1], terms[-1]) if star and terms else (terms, "")

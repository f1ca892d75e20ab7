"""Whose words stand where."""

from __future__ import annotations

from askive.rag.evidence.source_sentences import source_sentences
from askive.rag.survey.sentences import SubjectSentence
from askive.rag.survey.statements import statements
from askive.rag.survey.turns import Turns
from askive.rag.types import Hit, Passage, Source

MAIL = "message/rfc822"


def said(
    text: str, media_type: str, author: str = "", uris: tuple[str, ...] = ("a",)
) -> list[tuple[str, str]]:
    """Speaker and sentence of each statement of copies of a document."""
    items = []
    for doc_id, uri in enumerate(uris, start=1):
        source = Source(doc_id, uri, "Pier", media_type, "2021-03-12", None)
        hit = Hit(Passage(text, 0, len(text), doc_id=doc_id), source, 1.0, 1, "lexical")
        items += [SubjectSentence(sentence, 1.0, 1.0) for sentence in source_sentences(hit)]
    turns = Turns(lambda _doc_id: text, dict.fromkeys(range(1, 9), author) if author else {})
    return [(one.speaker, " ".join(one.sentence.text.split())) for one in statements(items, turns)]


def test_headers_greetings_and_signatures_are_nobodys_statements() -> None:
    text = (
        "From: Rosa Lind <rosa@lind.example>\nTo: Karl Kern <k@kern.example>\nDate: Fri, 12 Mar 2021\n\n"
        "Dear Karl,\n\nThe pier is rotten.\n\nKind regards,\nRosa\n\n-- \nRosa Lind. Harbour office."
    )
    assert said(text, MAIL, "Rosa Lind") == [("Rosa Lind", "The pier is rotten.")]


def test_quoted_and_forwarded_words_are_their_senders() -> None:
    text = (
        "From: Rosa Lind <rosa@lind.example>\n\nI agree with you.\n\n"
        "On Thu, 11 Mar 2021 at 10:15, Karl Kern <k@kern.example> wrote:\n> The pier must be closed.\n"
    )
    assert said(text, MAIL, "Rosa Lind") == [
        ("Rosa Lind", "I agree with you."),
        ("Karl Kern", "> The pier must be closed."),
    ]
    text = "From: Rosa Lind\n\nSee below.\n\nFrom: Kern, Karl\nSent: Thursday\n\nThe pier must be closed."
    assert said(text, MAIL, "Rosa Lind") == [
        ("Rosa Lind", "See below."),
        ("Karl Kern", "The pier must be closed."),
    ]


def test_a_mail_about_somebodys_words_is_its_writers() -> None:
    text = "From: Rosa Lind\n\nMy meter shows 4.9, not the 7.1 that Karl Kern wrote."
    assert said(text, MAIL, "Rosa Lind")[0][0] == "Rosa Lind"


def test_turns_of_a_recording() -> None:
    text = "[00:00:01] Maria: We move the launch. It is too early\n\n[00:00:09] KARL: No.\n\n[00:00:12] Nobody knows."
    assert said(text, "text/vtt") == [
        ("Maria", "[00:00:01] Maria: We move the launch."),
        ("Maria", "It is too early"),
        ("KARL", "[00:00:09] KARL: No."),
    ]


def test_turns_of_minutes() -> None:
    text = "Anna Berg (chair): We need a pump. It is old.\n\nDecision: The pump is bought."
    assert said(text, "text/markdown") == [
        ("Anna Berg", "Anna Berg (chair): We need a pump."),
        ("Anna Berg", "It is old."),
    ]


def test_a_letter_speaks_for_who_signs_it() -> None:
    text = "Finsk, 6 December 2022\n\nDear Mr Kern,\n\nThe iron is too soft. We stop all payments.\n\nRosa Lind, purchasing"
    assert said(text, "text/plain") == [
        ("Rosa Lind", "The iron is too soft."),
        ("Rosa Lind", "We stop all payments."),
    ]


def test_copies_of_a_statement_are_one() -> None:
    text = "From: Rosa Lind\n\nThe pier is rotten and has to be closed."
    assert len(said(text, MAIL, "Rosa Lind", ("a", "copy of a"))) == 1

"""What a question about documents looks for, and what is left of the question."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.rag.question.topic import topic_of

PUBLISHERS = ("Reuters", "The Aldermoor Post")

TOPICS = [
    ("Which documents mention Raqqa?", ["Raqqa"]),
    ("How many documents mention Sinjar?", ["Sinjar"]),
    ("How many VOA documents in 2015 mention Russia?", ["Russia"]),
    ("how many of the Reuters documents in 2015 mention Raqqa?", ["Raqqa"]),
    ("How many reports of Reuters in 2015 mention Raqqa?", ["Raqqa"]),
    ("Which reports mention Raqqa?", ["Raqqa"]),
    ("Which news reports mention Raqqa?", ["Raqqa"]),
    ("What mentions Raqqa", ["Raqqa"]),
    ("Which documents report that the mayor must go?", ["mayor must go"]),
    ("How many texts say that the bridge was closed?", ["bridge was closed"]),
    ("Which articles talk about the price of rye?", ["price of rye"]),
    ("How many documents from 2016 say anything about Lind?", ["Lind"]),
    ("How many documents are about oil prices?", ["oil prices"]),
    ("In which documents is Raqqa mentioned?", ["Raqqa"]),
    ("In how many reports does Sinjar come up?", ["Sinjar"]),
    ("In how many of the Reuters documents is the head of the snake mentioned in May 2015?", ["head of the snake"]),
    ("Where is Raqqa mentioned?", ["Raqqa"]),
    ("How often is Lind named?", ["Lind"]),
    ("Show me the reports in which Lind appears", ["Lind"]),
    ("docs with Raqqa", ["Raqqa"]),
    ("documents about Raqqa", ["Raqqa"]),
    ("raqqa which files", ["raqqa"]),
    ("Raqqa: which documents?", ["Raqqa"]),
    ("Which letters allude to the ferry?", ["ferry"]),
    ("which of my notes have the word budget in them", ["budget"]),
    ("Which files contain the name Lind?", ["Lind"]),
    ("Which documents mention Rosa Lind's", ["Rosa Lind"]),
    ("Which documents mention Raqqa in 2015?", ["Raqqa"]),
    ("Which documents mention Raqqa by Reuters?", ["Raqqa"]),
    ("How many mails mention Rosa Lind last week?", ["Rosa Lind"]),
    ("which documents mention the State Department since 2015?", ["State Department"]),
    ("Which documents mention the attacks of November 2015?", ["attacks of November 2015"]),
    ("documents that mention Raqqa and Sinjar", ["Raqqa", "Sinjar"]),
    ("Which documents mention Raqqa, Sinjar or Mosul?", ["Raqqa", "Sinjar", "Mosul"]),
    ('How many documents mention the word "harbour fees"?', ["harbour fees"]),
    ("Which documents mention it?", []),
    ("", []),
]  # fmt: skip


@pytest.mark.parametrize(("question", "phrases"), TOPICS)
def test_topics(question: str, phrases: list[str]) -> None:
    assert list(topic_of(question, PUBLISHERS).phrases) == phrases


@pytest.mark.parametrize(
    ("question", "is_any"),
    [
        ("Which documents mention Raqqa and Sinjar?", False),
        ("Which documents mention Raqqa or Sinjar?", True),
        ('Which mention "the ferry" or "the bridge"?', True),
    ],
)
def test_one_of_several_is_enough_after_or(question: str, is_any: bool) -> None:
    assert topic_of(question).is_any is is_any


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("How many Reuters documents in 2015 mention Raqqa?", "How many Reuters documents in 2015 mention"),
        ("Which documents mention Raqqa in 2015?", "Which documents mention in 2015"),
        ("Which documents mention Reuters?", "Which documents mention"),
    ],
)
def test_what_is_left_names_publishers_and_times(question: str, rest: str) -> None:
    assert " ".join(topic_of(question, PUBLISHERS).rest.split()) == rest


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    topic = topic_of(text, PUBLISHERS)
    assert all(phrase.strip() == phrase != "" for phrase in topic.phrases)

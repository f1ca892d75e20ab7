"""What kind of answer a question asks for."""

from __future__ import annotations

import pytest

from askive.rag.question.answer_type import is_open


@pytest.mark.parametrize(
    "question",
    [
        "Why did the harbour close?",
        "How does a lock work?",
        "how to create a virtual machine",
        "What is EBT?",
        "what happens to Toby at the end",
        "Could you explain the new rules?",
        "IBM Cloudant legacy",
        "What is the song about?",
        "What are the sirens in the film?",
        "what did the committee of public safety do during the revolution",
    ],
)
def test_explanations(question: str) -> None:
    assert is_open(question)


@pytest.mark.parametrize(
    "question",
    [
        "Who built the bridge?",
        "How many ships came?",
        "How old is the bridge?",
        "When was it built?",
        "What is the population of Aldermoor?",
        "Is the bridge open?",
        "Which company built it?",
        "What did the mayor promise the fishermen?",
        "Where does he live?",
        "How soon after the storm did they sail?",
        "And the one that flew to Latakia?",
        "Was the jet brought down before or after the attacks?",
        "What was the bomb that destroyed the airliner hidden in?",
        "What do the commanders keep in their homes?",
        "What is the name of the harbour?",
        "Can you tell me who built it?",
    ],
)
def test_facts(question: str) -> None:
    assert not is_open(question)

"""The several things that one question asks for."""

from __future__ import annotations

import pytest

from askive.rag.question.decomposition import question_parts


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("When did Assad die and who succeeded him?", ["When did Assad die", "who succeeded him"]),
        (
            "Who is the CEO of Acme, and how many employees does Borg have?",
            ["Who is the CEO of Acme", "how many employees does Borg have"],
        ),
        ("Who built the bridge? When did it collapse?", ["Who built the bridge", "When did it collapse"]),
        ("What does Acme make? And where is it made?", ["What does Acme make", "where is it made"]),
        ("What is Acme? Tell me when it was founded.", ["What is Acme", "Tell me when it was founded"]),
        ("What did Falk say? Which U.S. mayors came?", ["What did Falk say", "Which U.S. mayors came"]),
        ("When and where was Ida Falk born?", ["When was Ida Falk born", "where was Ida Falk born"]),
        ("When was Ida Falk born, and where?", ["When was Ida Falk born", "where was Ida Falk born"]),
        (
            "When was the bridge built and by whom?",
            ["When was the bridge built", "by whom was the bridge built"],
        ),
        (
            "According to the Verge, who founded Acme, and when was it sold?",
            ["According to the Verge, who founded Acme", "when was it sold"],
        ),
        (
            "Tell me who founded Acme and when it was sold.",
            ["Tell me who founded Acme", "when it was sold"],
        ),
        (
            "Which year did the war end, and which treaty ended it?",
            ["Which year did the war end", "which treaty ended it"],
        ),
        (
            "Who is Syria's ambassador to Russia, and who is Syria's ambassador to France?",
            ["Who is Syria's ambassador to Russia", "who is Syria's ambassador to France"],
        ),
        (
            "Who leads Acme and who is the mayor of Finsk?",
            ["Who leads Acme", "who is the mayor of Finsk"],
        ),
        (
            "Who built it? When did it fall, and how many people died?",
            ["Who built it", "When did it fall", "how many people died"],
        ),
    ],
)
def test_what_is_asked_for_by_itself_is_a_part(question: str, parts: list[str]) -> None:
    assert [part.text for part in question_parts(question)] == parts


@pytest.mark.parametrize(
    "question",
    [
        "What is rock and roll?",
        "Who are Tom and Jerry?",
        "What did A and B say about C?",
        "How many people died between 2010 and 2012?",
        "Who won, and why?",
        "Who wrote the song and sang it?",
        "What happens when and if the bridge falls?",
        "If the bridge falls, what does the town do?",
        "When the war ended, what did the troops do?",
        "What did the mayor do when the bridge fell and the town flooded?",
        "Who was the mayor, who was arrested in 2010?",
        "Who is the man who founded Acme and who leads Borg?",
        "Who is the man charged with fraud, and who was arrested in May?",
        "Which company, known for its trams and which was sold in 2010, is based in Finsk?",
        "What did Cook say about who died and when it happened?",
        "What is the difference between what Acme sells and what Borg sells?",
        "In which year and in which town was the bridge built?",
        "Do you know when and where the book was published?",
        "Who built the bridge? I read that it collapsed.",
        "I read that it collapsed. When did that happen?",
        "Did Acme grow? Is Borg larger?",
        "Did the Verge praise Acme, while Wired blamed Borg?",
        "Who built the bridge? " * 500,
        "And who was Hubble?",
        "",
        "?",
    ],
)
def test_what_is_asked_together_stays_together(question: str) -> None:
    assert question_parts(question) == []


@pytest.mark.parametrize(
    ("question", "meant", "stands"),
    [
        ("When did Assad die and who succeeded him?", "who succeeded Assad?", True),
        ("Where did Russia strike and what did its ministry say?", "what did Russia’s ministry say?", True),
        ("When did Falk retire and who was her husband?", "who was Falk’s husband?", True),
        ("Who leads Acme and who is the mayor of Finsk?", "who is the mayor of Finsk?", True),
        # The bridge is meant, not Russia: no name is sure, and the whole first part goes along for the search.
        ("When did Russia bomb the bridge and who built it?", "Russia bomb the bridge: who built it?", False),
        ("When did Kurdish forces land and who led it?", "Kurdish forces land: who led it?", False),
        ("Who is the mayor of Finsk and when was he born?", "the mayor of Finsk: when was he born?", False),
        ("When was the old bridge built and who built it?", "the old bridge built: who built it?", False),
        ("Who met Falk and Holm, and what did they say?", "met Falk and Holm: what did they say?", False),
    ],
)
def test_a_pronoun_is_replaced_only_when_that_is_certain(question: str, meant: str, stands: bool) -> None:
    _, second = question_parts(question)
    assert (second.meant, second.stands) == (meant, stands)

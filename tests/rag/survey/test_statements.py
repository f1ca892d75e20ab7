"""Who says what a sentence reports."""

from __future__ import annotations

import pytest

from askive.rag.evidence.source_sentences import source_sentences
from askive.rag.survey.sentences import SubjectSentence
from askive.rag.survey.statements import by_speaker, speakers_in, statements
from askive.rag.survey.turns import Turns
from askive.rag.types import Hit, Passage, Source


@pytest.mark.parametrize(
    ("sentence", "speakers"),
    [
        (
            "Col. Steve Warren, a U.S. military spokesman in Baghdad, said he had seen nothing.",
            ["Steve Warren"],
        ),
        ("French Foreign Minister Laurent Fabius called the attacks inadmissible.", ["Laurent Fabius"]),
        ("Peter Cook of the Pentagon said that Emwazi was British.", ["Peter Cook"]),
        ("Both Hollande and Fabius restated that Assad must go.", ["Hollande", "Fabius"]),
        ("Negotiation is impossible, Hijab told reporters, as long as bombs fall.", ["Hijab"]),
        ("Kerry also told Reuters that the war was lost.", ["Kerry"]),
        ("The Aldis was not overloaded, the coastguard said after a look at the papers.", ["the coastguard"]),
        ("Blasting goes on, said the manager of the quarry, Carl Odum.", ["Carl Odum"]),
        ("According to the operations manager, Wanda Kiel, the stop stays.", ["Wanda Kiel"]),
        ("According to the company it was 90 kilograms.", ["the company"]),
        # Not who reports it.
        ("According to the Kremlin transcript, Putin said Russia was willing.", ["Putin"]),
        ("CNN reported the remarks of David Cameron, who described it as self-defence.", ["David Cameron"]),
        ("Carter said the attacks missed, although the Kremlin had said otherwise.", ["Carter"]),
        ("According to Hijab, the talks must end.", ["Hijab"]),
        ("According to U.S. military forces, there were 56 strikes.", ["U.S. military forces"]),
        ("The U.S. demand that Assad step down complicates it.", ["U.S."]),
        ("The seven governments voiced deep concern.", ["The seven governments"]),
        ("Putin's spokesman declined to comment.", ["Putin's spokesman"]),
        ("Customers complained about loud pumps.", ["Customers"]),
        ("Agnes Dell was for the tram.", ["Agnes Dell"]),
        ("Devika Rao abstained.", ["Devika Rao"]),
        ("“Lind said so” was painted on the wall.", []),
        ("The ferry is old.", []),
        ("Assad flew to Moscow.", []),
    ],
)
def test_speakers(sentence: str, speakers: list[str]) -> None:
    assert speakers_in(sentence) == speakers


def items(
    text: str, media_type: str = "text/markdown", published: str = "2021-03-12"
) -> list[SubjectSentence]:
    source = Source(1, "a", "A", media_type, published, "The Post")
    hit = Hit(Passage(text, 0, len(text), doc_id=1), source, 1.0, 1, "lexical")
    return [SubjectSentence(sentence, 1.0, 1.0) for sentence in source_sentences(hit)]


def turns(text: str, author: str = "") -> Turns:
    return Turns(lambda _doc_id: text, {1: author} if author else {})


def test_pronouns_labels_and_authors() -> None:
    text = "Rosa Lind said the pier is safe. She added that it is new. Anna Berg: It is old and rotten. I doubt that."
    found = statements(items(text), turns(text, "Omar Haddad"))
    assert [one.speaker for one in found] == ["Rosa Lind", "Rosa Lind", "Anna Berg", "Omar Haddad"]
    assert [one.speaker for one in statements(items(text), turns(text))] == [
        "Rosa Lind",
        "Rosa Lind",
        "Anna Berg",
    ]


def test_a_mail_speaks_for_its_author_and_a_publisher_where_it_is_asked() -> None:
    text = "The beams are rotten. Karl Kern says they must be replaced."
    mail = statements(items(text, "message/rfc822"), turns(text, "Tomas Veld"))
    assert [one.speaker for one in mail] == ["Tomas Veld", "Karl Kern"]
    assert [one.speaker for one in statements(items(text), turns(text), {"The Post"})] == [
        "The Post",
        "Karl Kern",
    ]


def test_forms_of_one_name_are_one_speaker() -> None:
    text = "Lind said never. Rosa Lind said yes. Erik Lindqvist said maybe. Rosa said so again."
    groups = by_speaker(statements(items(text), turns(text)))
    assert [(name, len(group)) for name, group in groups] == [("Rosa Lind", 3), ("Erik Lindqvist", 1)]

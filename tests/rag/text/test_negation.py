"""Denials, opposites and roles: what a text denies, and whether a source bears it."""

from __future__ import annotations

import pytest

from askive.rag.question.analysis import Question
from askive.rag.text.negation import (
    denial,
    opposite,
    polarities,
    replaced_denial,
    supports_denial,
    swapped_roles,
    unsupported_denial,
)
from askive.rag.verification.rules import check
from tests.rag.verification.sources import source_sentence

PLAYED = "The role of the innkeeper in The Tin Ferry would be played by Ada Voss."


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("Ada Voss did not appear in The Tin Ferry.", PLAYED),
        ("No. Ada Voss did not appear in The Tin Ferry.", PLAYED),
        ("No, Ada Voss never acted in The Tin Ferry.", "Ada Voss acted in The Tin Ferry."),
        ("Hale did not meet Brandt.", "After meeting Brandt, Hale said that the duke had no part in it."),
        ("No, the duke did not visit Finsk.", "The duke flew to Finsk on Tuesday."),
        ("The delegations never met.", "The two delegations met for three hours."),
        ("The trams have not run in Finsk.", "The trams have run in Finsk but not in Marle."),
        # The other way round: the source denies what the claim says in a word of its own.
        ("Ada Voss appeared in The Tin Ferry.", "Ada Voss did not act in The Tin Ferry."),
        ("Yes, the trams have run in Marle.", "The trams have run in Finsk but not in Marle."),
        ("Yes. The army targets farms.", "The army denies that it targets farms."),
    ],
)
def test_a_denial_needs_a_denial(claim: str, source: str) -> None:
    assert check(claim, [source_sentence(source)]).verdict != "supported"


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("No, Ada Voss never acted in The Tin Ferry.", "Ada Voss acted in The Tin Ferry."),
        ("Hale did not meet Brandt.", "After meeting Brandt, Hale said that the duke had no part in it."),
    ],
)
def test_what_the_source_asserts_and_the_answer_denies_is_contradicted(claim: str, source: str) -> None:
    assert check(claim, [source_sentence(source)]).verdict == "contradicted"


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("Ada Voss did not appear in The Tin Ferry.", "Ada Voss did not act in The Tin Ferry."),
        ("No. Ada Voss did not act in The Tin Ferry.", "Ada Voss never acted in The Tin Ferry."),
        ("Hale did not give details of the inquiry.",
         "Hale told a radio that the inquiry went on rapidly, but Hale would not give details."),
        ("No, the trams have not run in Marle.", "The trams have run in Finsk but not in Marle."),
        ("The regent did not confirm it officially.",
         "Officials were sure of it, but the regent would not confirm it officially."),
        ("The duke was never in prison.", "The duke, a petty thief never jailed, lived in Marle."),
        ("Prices did not rise in Finsk.", "Prices fell in Finsk."),
        ("The attempt was not successful.", "The attempt was unsuccessful."),
        ("The farms are not held by the rebels.", "The areas are not farms held by the rebels."),
        ("Hale is unwilling to enter talks.", "Hale said that he would not enter talks."),
        ("Hale did not accept the demands.", "Hale rejected the demands."),
        ("Yes, the ferry is blue.", "The ferry is blue."),
        ("The chief urged them neither to shun guests nor to turn them away.",
         "The chief urged them neither to shun guests nor to turn them away."),
    ],
)  # fmt: skip
def test_true_denials_stand(claim: str, source: str) -> None:
    found = check(claim, [source_sentence(source)])
    assert (found.verdict, found.reasons) == ("supported", ())


def test_a_mere_no_is_a_denial_of_the_question() -> None:
    asked = "Did Ada Voss appear in The Tin Ferry?"
    assert check("No.", [source_sentence(PLAYED)], Question.read(asked)).verdict == "unsupported"
    assert unsupported_denial("No.", "Ada Voss did not act in The Tin Ferry.", asked) is None


def test_what_a_denial_rests_on() -> None:
    assert unsupported_denial("Voss did not sing.", "Voss danced.") == "sing"
    assert unsupported_denial("Voss sang.", "Voss danced.") is None
    assert supports_denial("Trams do not run in Marle.", "Trams run in Finsk, not in Marle.")
    assert not supports_denial("Trams do not run in Finsk.", "Trams run in Finsk, not in Marle.")
    assert replaced_denial("Voss sang in Marle.", "Voss did not perform in Marle.") == "perform"
    assert replaced_denial("Voss did not sing in Marle.", "Voss did not perform in Marle.") is None


def test_neither_nor_is_one_denial() -> None:
    assert polarities("neither rain nor snow fell")["snow"] == {True}


@pytest.mark.parametrize(
    ("claim", "source", "denied"),
    [
        ("Russia targets civilians.", "Russia denies that it targets civilians.", True),
        ("Russia did not target civilians.", "Russia denies that it targets civilians.", False),
        ("The strike was called off.", "The strike was not called off.", True),
        ("Hijab did not accept demands.", "Hijab rejected demands.", False),
        ("Talks begin when guns fall silent.", "Talks will not begin until guns fall silent.", False),
        ("It was not only cold but wet.", "It was cold and wet.", False),
        ("She won the race.", "She failed to win the race.", True),
        ("The board ruled out a sale.", "The board considered a sale.", True),
    ],
)
def test_denials(claim: str, source: str, denied: bool) -> None:
    assert (denial(claim, source) is not None) is denied


def test_opposites_and_roles() -> None:
    assert opposite("Prices rose in May.", "Prices fell in May.") == ("rose", "fell")
    assert opposite("Prices rose in May.", "Prices rose in May and fell in June.") is None
    assert swapped_roles("Assad attacked Putin", "Putin attacked Assad", ["assad", "putin"]) is not None
    assert swapped_roles("Assad was attacked by Putin", "Putin attacked Assad", ["assad", "putin"]) is None

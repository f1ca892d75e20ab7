"""Claims against sources: what agrees, what differs, what stands elsewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.question.analysis import Question
from askive.rag.text.clauses import claim_spans, claims_of
from askive.rag.verification.rules import check
from tests.rag.verification.sources import source_sentence

RAID = source_sentence(
    "The Observatory counted at least 12 school children dead after warplanes struck a classroom in Injara on"
    " Monday.",
    previous="The death tolls differ.",
    following="Riad Hijab gave a figure of 35.",
    about="Raid on Injara. Reuters",
    published="2016-01-12",
)
TALKS = source_sentence(
    "Talks between the government and the opposition are set for Jan. 25.", published="2016-01-13"
)
DENIAL = source_sentence(
    "Moscow offered no immediate comment; Russia denies that it targets civilians in the Syrian conflict."
)
COUNCIL = source_sentence("Hijab rejected demands by the government to be shown a list of the delegates.")
WHO = source_sentence(
    "The WHO sent a dozen doctors to Marawi, it said.",
    previous="The World Health Organization is worried.",
    about="Doctors for Marawi",
)
JET = source_sentence(
    "The Kremlin acknowledged that it was a bomb that had destroyed the Russian airliner.",
    previous="French warplanes also attacked Raqqa.",
    following="The Russian charter jet had been brought down over Sinai.",
    about="After Paris and Sinai, French and Russian jets hit Raqqa. Reuters",
)


@pytest.mark.parametrize(
    ("sentence", "source"),
    [
        ("The Observatory counted 12 dead school children in Injara.", RAID),
        ("The Observatory counted a dozen school children dead in Injara.", RAID),
        ("Warplanes struck a classroom in Injara on 11 January 2016.", RAID),
        ("Warplanes struck a classroom in Injara in January 2016.", RAID),
        ("Talks between the government and the opposition are set for 25 January 2016.", TALKS),
        ("Talks are set for January 25.", TALKS),
        ("Russia denied targeting civilians.", DENIAL),
        ("Russia does not target civilians in the Syrian conflict.", DENIAL),
        ("Hijab did not accept demands by the government for a list of the delegates.", COUNCIL),
        ("The World Health Organization sent 12 doctors to Marawi.", WHO),
        ("The WHO sent twelve doctors to Marawi.", WHO),
        ("A bomb destroyed the Russian airliner.", JET),
        ("Putin attacked Assad.", source_sentence("Assad was attacked by Putin in a speech.")),
        ("1.5 million people fled.", source_sentence("Some 1,500,000 people fled the valley.")),
        ("Twelve percent of voters stayed away.", source_sentence("About 12% of voters stayed away.")),
        ("Between 12 and 15 people were hurt.", source_sentence("The blast hurt 12 to 15 people.")),
        ("The ferry sank on 4 March 2024.", source_sentence("The ferry sank on 04.03.2024.")),
        ("The ferry sank on 4 March 2024.", source_sentence("The ferry sank on 3/4/24.")),
        ("The ferry sank on April 3, 2024.", source_sentence("The ferry sank on 3/4/24.")),
        ("500,000 people fled.", source_sentence("Half a million people fled.")),
        ("Half a million people fled.", source_sentence("Some 500,000 people fled.")),
        ("The mill cost $1.2bn.", source_sentence("The mill cost $1.2 billion.")),
        ("The plant gives 2,400 kilowatts.", source_sentence("The plant gives 2.4 megawatts.")),
        ("One in five voters stayed away.", source_sentence("Some 20% of voters stayed away.")),
        ("Sales fell by 5%.", source_sentence("Sales fell; the change is -5%.")),
    ],
)
def test_the_same_in_other_words(sentence: str, source: SourceSentence) -> None:
    found = check(sentence, [source])
    assert (found.verdict, found.reasons, found.used) == ("supported", (), (0,))


@pytest.mark.parametrize(
    ("sentence", "source", "reason"),
    [
        ("The Observatory counted 13 school children dead in Injara.", RAID, "13"),
        ("Warplanes struck a classroom in Injara on 14 January 2016.", RAID, "14 January 2016"),
        ("Talks between the government and the opposition are set for 26 January.", TALKS, "26 January"),
        (
            "Putin attacked Assad in a speech.",
            source_sentence("Assad attacked Putin in a speech."),
            "swapped",
        ),
        ("The ferry sank on 5 March 2024.", source_sentence("The ferry sank on 3/4/24."), "5 March 2024"),
        ("One million people fled.", source_sentence("Half a million people fled."), "One million"),
        ("The mill cost $1.2bn.", source_sentence("The mill cost £1.2bn."), "£1.2bn"),
        (
            "The old plant near Finsk gives 2.4 kilowatts.",
            source_sentence("The old plant near Finsk gives 2.4 megawatts."),
            "(2400 W)",
        ),
        ("The balance is 84.20.", source_sentence("The balance is -84,20."), "-84,20"),
        (
            "Fewer than 40 trams ran in Finsk.",
            source_sentence("More than 40 trams ran in Finsk."),
            "more than 40",
        ),
    ],
)
def test_the_source_says_otherwise(sentence: str, source: SourceSentence, reason: str) -> None:
    found = check(sentence, [source])
    assert found.verdict == "contradicted"
    assert any(reason in said for said in found.reasons)


@pytest.mark.parametrize(
    ("sentence", "source", "question"),
    [
        (
            "The bomb that destroyed the Russian airliner over Sinai was hidden in a French jet.",
            JET,
            "What was the bomb that destroyed the Russian airliner over Sinai hidden in?",
        ),
        ("The Kremlin acknowledged that a bomb had destroyed the airliner over Cairo.", JET, ""),
        ("Carter said that a bomb had destroyed the Russian airliner.", JET, "What did Carter say?"),
        ("The WHO sent a dozen doctors and forty nurses to Marawi.", WHO, ""),
        ("Austria sent doctors.", source_sentence("Australia sent doctors."), ""),
        ("12 percent of voters stayed away.", source_sentence("Some 12 voters stayed away."), ""),
        ("The talks were a waste of everyone's money and patience.", TALKS, ""),
    ],
)
def test_what_stands_elsewhere_or_nowhere_supports_nothing(
    sentence: str, source: SourceSentence, question: str
) -> None:
    found = check(sentence, [source], Question.read(question))
    assert found.verdict != "supported"
    assert found.reasons


PLAN = "The council of Finsk rejected the plan for the harbour."


@pytest.mark.parametrize(
    ("sentence", "source"),
    [
        ("The plan never came before the council of Finsk.", source_sentence(PLAN)),
        (
            "Ida Falk put up the spire.",
            source_sentence("A tower was erected.", previous="Ida Falk led the works."),
        ),
        (
            "The spire of Aldermoor was put up in 1880.",
            source_sentence("The tower was erected in 1880.", about="Aldermoor"),
        ),
        ("Some 24 people took the boat.", source_sentence("The ferry carried two dozen passengers.")),
    ],
)
def test_an_objection_to_the_wording_is_no_value_that_differs(sentence: str, source: SourceSentence) -> None:
    found = check(sentence, [source])
    assert found.verdict != "supported"
    assert not found.values_differ


@pytest.mark.parametrize(
    ("sentence", "source"),
    [
        ("Russia targets civilians in the Syrian conflict.", DENIAL),
        ("Prices rose sharply in Finsk.", source_sentence("Prices fell sharply in Finsk.")),
        ("The strike was not called off.", source_sentence("The strike was called off.")),
        (PLAN, source_sentence(PLAN.replace("rejected", "turned down"))),
    ],
)
def test_what_words_mean_is_left_to_the_models(sentence: str, source: SourceSentence) -> None:
    assert not check(sentence, [source]).values_differ


FERRY = source_sentence("The ferry from Finsk carried 24 people on 4 March 2024.")


@pytest.mark.parametrize(
    ("sentence", "source"),
    [
        ("The ferry from Finsk carried 42 people.", FERRY),
        ("The ferry from Finsk carried 24 people on 5 March 2024.", FERRY),
        ("The ferry from Oslo carried 24 people.", FERRY),
        ("The ferry from Finsk sank in 1999.", source_sentence("The ferry from Finsk sank.")),
        ("The ferry from Finsk lost 3 people.", source_sentence("The ferry from Finsk lost people.")),
        ("The boat of Anna Berg went down.", source_sentence("The ferry of Ida Falk sank.")),
        ("The mill cost $1.2bn.", source_sentence("The mill cost £1.2bn.")),
    ],
)
def test_a_wrong_number_date_or_name_is_a_value_that_differs(sentence: str, source: SourceSentence) -> None:
    found = check(sentence, [source])
    assert found.verdict != "supported"
    assert found.values_differ


def test_the_values_may_be_those_of_a_source_in_other_words() -> None:
    sentence = "Some 24 people took the boat to Finsk."
    other = source_sentence("The boat to Finsk is often late.")
    assert not check(sentence, [other, source_sentence("Two dozen rode the ferry to Finsk.")]).values_differ
    assert check(sentence, [other]).values_differ


def test_a_value_that_another_sentence_has_differs_from_that_of_the_same_statement() -> None:
    sources = [
        source_sentence("The old bridge of Finsk was built in 1871."),
        source_sentence("Since 1872 Finsk has had a mayor."),
    ]
    found = check("The old bridge of Finsk was built in 1872.", sources)
    assert (found.verdict, found.values_differ) == ("contradicted", True)


def test_no_value_differs_in_what_is_supported() -> None:
    assert not check("The ferry from Finsk carried 24 people.", [FERRY]).values_differ


def test_two_sources_of_two_people_are_not_joined() -> None:
    valls = source_sentence(
        "Valls told radio that France must face up to this and that Europe should understand."
    )
    cazeneuve = source_sentence("Cazeneuve said that French police had carried out 128 raids in France.")
    assert (
        check("Cazeneuve said that France must face up to this.", [valls, cazeneuve]).verdict != "supported"
    )
    both = check("Valls said France must face up to this, and Cazeneuve said police carried out 128 raids.",
                 [valls, cazeneuve])  # fmt: skip
    assert (both.verdict, both.used) == ("supported", (0, 1))


def test_a_full_name_is_known_from_elsewhere() -> None:
    source = source_sentence("Lavrov said the coalition was pursuing the same groups.")
    sentence = "Sergey Lavrov said the coalition was pursuing the same groups."
    assert check(sentence, [source]).verdict == "unsupported"
    assert check(sentence, [source], known="Sergey Lavrov spoke. He left.").verdict == "supported"
    assert check(sentence, [source], known="Ivan Lavrov spoke.").verdict == "unsupported"


@pytest.mark.parametrize("sentence", ["Residents went away.", "Residents of Finsk went away."])
def test_a_word_that_is_known_in_lower_case_is_no_name_where_it_opens_a_sentence(sentence: str) -> None:
    source = source_sentence("People who live in Finsk left.")
    assert not check(sentence, [source], known="The mayor spoke to residents in May.").values_differ
    assert check(sentence, [source], known="Residents. The mayor spoke.").values_differ
    assert check("Residents of Oslo went away.", [source], known="to residents").values_differ


def test_slack_lets_a_word_through() -> None:
    source = source_sentence("The harbour of Aldermoor received 412 ships in January.")
    sentence = "The bustling harbour of Aldermoor received 412 ships in January."
    assert check(sentence, [source]).verdict == "supported"
    assert check(sentence, [source], slack=0.0).verdict == "unsupported"


def test_a_long_sentence_has_several_claims() -> None:
    sentence = (
        "The harbour received 412 ships, while the bridge was closed for nine days; nobody was hurt in town."
    )
    assert len(claims_of(sentence)) == 3
    assert [sentence[a:b] for a, b in claim_spans(sentence)] == list(claims_of(sentence))
    assert claims_of("It rained.") == ("It rained.",)


@given(st.text(max_size=200), st.text(max_size=200))
def test_anything_can_be_checked(sentence: str, source: str) -> None:
    found = check(
        sentence, [source_sentence(source, about=sentence[:20], published="2016-01")], Question.read(source)
    )
    assert (found.verdict == "supported") == (not found.reasons)
    assert check(sentence, []).verdict == "unsupported"
    assert "".join("".join(claims_of(sentence)).split()) in "".join(sentence.split())


def test_a_name_that_the_question_gives_may_stand_in_another_cited_sentence() -> None:
    aldis = source_sentence("The ferry Aldis ran onto a sandbank in the evening.")
    people = source_sentence("There were 63 people on the ship, according to Norvik Ferries.")
    claim = "There were 63 people on the Aldis, according to Norvik Ferries."
    asked = Question.read("How many people were on board the Aldis?")
    found = check(claim, [people, aldis], asked)
    assert (found.verdict, found.values_differ) == ("unsupported", False), (
        "which ship it is, no rule can tell"
    )
    assert check(claim, [people], asked).values_differ
    assert check(claim, [people, aldis]).values_differ, "the model brings the name in"
    elsewhere = replace(aldis, hit=replace(aldis.hit, passage=replace(aldis.hit.passage, doc_id=77)))
    assert check(claim, [people, elsewhere], asked).values_differ


def test_a_name_of_the_question_may_not_take_the_place_of_another() -> None:
    trip = source_sentence("Assad made a trip to Moscow on Tuesday evening to thank Putin.")
    hopes = source_sentence("The remark raised hopes that Moscow uses its influence over Damascus.")
    asked = Question.read("When did Putin travel to Damascus to meet Assad?")
    assert check(
        "Putin made a trip to Damascus on Tuesday evening to thank Assad.", [trip, hopes], asked
    ).values_differ


def test_a_pronoun_may_stand_for_a_name_of_the_question_in_its_passage() -> None:
    text = "The ferry Aldis ran aground. Nobody was hurt. She will be examined in the yard at Colby."
    hit = replace(source_sentence(text).hit, passage=replace(source_sentence(text).hit.passage, text=text))
    she = replace(source_sentence("She will be examined in the yard at Colby."), hit=hit)
    claim = "The Aldis will be examined in the yard at Colby."
    asked = Question.read("In which yard will the Aldis be examined?")
    assert not check(claim, [she], asked).values_differ
    other = replace(source_sentence("Hulls are examined in the yard at Colby."), hit=hit)
    assert check(claim, [other], asked).values_differ, "nothing in it refers back"


def test_a_sentence_without_names_may_tell_of_a_name_of_the_question_in_its_passage() -> None:
    text = "Night book of Dov Hallam. Went back in for the cultures in the cold box, saved those."
    hit = replace(source_sentence(text).hit, passage=replace(source_sentence(text).hit.passage, text=text))
    went = replace(source_sentence("Went back in for the cultures in the cold box, saved those."), hit=hit)
    claim = "Dov went back in for the cultures in the cold box."
    assert not check(claim, [went], Question.read("What did Dov go back in for?")).values_differ
    assert check(claim, [went], Question.read("What did Mara go back in for?")).values_differ


def test_a_name_of_the_question_may_stand_in_the_names_of_file_and_folder() -> None:
    hardness = source_sentence("The impeller has a hardness of 480 HB.", about="Report on the wear")
    filed = replace(hardness.hit.source, uri="/archive/port_of_elmhaven/sandrock/expert-report.pdf")
    filed_sentence = replace(hardness, hit=replace(hardness.hit, source=filed))
    claim = "The impeller of the Sandrock has a hardness of 480 HB."
    asked = Question.read("How hard was the impeller of the Sandrock?")
    assert check(claim, [hardness], asked).values_differ
    assert not check(claim, [filed_sentence], asked).values_differ
    assert check(claim, [filed_sentence]).values_differ, "nobody asked about it"
    other = "The impeller of the Ternwick has a hardness of 480 HB."
    assert check(other, [filed_sentence], Question.read("How hard is the Ternwick?")).values_differ
    long = replace(hardness, text="The Ternwick has an impeller of 480 HB.", hit=filed_sentence.hit)
    assert check(claim, [long], asked).values_differ, "the source has another name"

"""A value that no source has is chosen again from the evidence, and only where the sources then say so."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from askive.models.fakes import ScriptedGenerator
from askive.models.protocols import Abilities, Message
from askive.rag.answer.checks import Checks
from askive.rag.assistant import Assistant
from askive.rag.config import Config
from askive.rag.ingest.pipeline import ingest_paths
from askive.rag.store.archive import Archive
from askive.rag.types import Answer

pytestmark = pytest.mark.usefixtures("parsed_here")

SHIPS = "How many ships did the harbour of Aldermoor receive in January?"
BRIDGE = "Who built the old bridge of Aldermoor?"


class Preferring(ScriptedGenerator):
    """Finds texts with a certain name likelier."""

    def __init__(self, said: str, name: str) -> None:
        super().__init__(said)
        self.name = name
        self.scored: list[str] = []

    def likelihood(self, messages: Sequence[Message], text: str) -> float:
        self.scored.append(text)
        return 0.0 if self.name in text else -1.0


class Unable(Preferring):
    """On a server that computes no likelihoods."""

    def abilities(self) -> Abilities:
        return Abilities(likelihoods=False)

    def weights_id(self) -> str | None:
        return None


def asked(archive: Archive, question: str, said: str, checks: Checks | None = None) -> Answer:
    config = Config(home=archive.folder)
    return Assistant(archive, ScriptedGenerator(said), config, checks=checks or Checks(quotation=False)).ask(
        question
    )


@pytest.mark.parametrize(
    ("question", "said", "mended"),
    [
        (SHIPS, "The harbour of Aldermoor received 9,000 ships in January.",
         "The harbour of Aldermoor received 412 ships in January."),
        (BRIDGE, "The old bridge of Aldermoor was built in 1871 by the engineer Gustave Eiffel.",
         "The old bridge of Aldermoor was built in 1871 by the engineer Ida Falk."),
        (BRIDGE, "The old bridge of Aldermoor was built in 1950 by the engineer Ida Falk.",
         "The old bridge of Aldermoor was built in 1871 by the engineer Ida Falk."),
    ],
)  # fmt: skip
def test_a_value_that_was_remembered_is_read_instead(
    archive: Archive, question: str, said: str, mended: str
) -> None:
    answer = asked(archive, question, said)
    assert answer.text == mended
    assert [sentence.verdict for sentence in answer.sentences] == ["supported"]
    assert [sentence.text for sentence in answer.left_out] == [said], "what the model had said is kept aside"
    assert answer.timings.check_ms["repair"] > 0


@pytest.mark.parametrize(
    ("question", "said"),
    [
        # Two values are wrong: what is left carries too little.
        (SHIPS, "The harbour of Oldburgh received 9,000 ships in January."),
        # The question names it: another thing was asked.
        ("Who built the old bridge of Oldburgh?", "The old bridge of Oldburgh was built by Ida Falk."),
        # Nothing of the kind is in the evidence that makes it true.
        (SHIPS, "Gulls were counted by Gustave Eiffel in the harbour."),
    ],
)
def test_what_cannot_be_mended_is_left_out(archive: Archive, question: str, said: str) -> None:
    answer = asked(archive, question, said)
    assert answer.refused
    assert [sentence.text for sentence in answer.left_out] == [said]


def test_an_evaluation_can_leave_it_out(archive: Archive) -> None:
    said = "The harbour of Aldermoor received 9,000 ships in January."
    answer = asked(archive, SHIPS, said, Checks(quotation=False, repair=False))
    assert answer.refused
    assert "repair" not in answer.timings.check_ms


def test_of_several_that_stand_the_generator_chooses(archive: Archive, tmp_path: Path) -> None:
    sheds = tmp_path / "sheds.txt"
    sheds.write_text(
        "The sheds of Aldermoor were seen by Ida Falk. The sheds of Aldermoor were seen by Nils Holm.",
        encoding="utf-8",
    )
    ingest_paths(archive, [sheds])
    said = "The sheds of Aldermoor were seen by Gustave Eiffel."
    for name in ("Ida Falk", "Nils Holm"):
        generator = Preferring(said, name)
        config = Config(home=archive.folder)
        answer = Assistant(archive, generator, config).ask("Who saw the sheds of Aldermoor?")
        assert answer.text == f"The sheds of Aldermoor were seen by {name}."
        assert len(generator.scored) == 2
        unable = Unable(said, name)
        answer = Assistant(archive, unable, config).ask("Who saw the sheds of Aldermoor?")
        assert answer.text == "The sheds of Aldermoor were seen by Ida Falk.", "the first of the evidence"
        assert not unable.scored

"""The OpenAI API, with the real client."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import openai
import pytest
from openai import OpenAI

from askive.models.fakes import HashEmbedder
from askive.rag.types import Answer, Cited, Final, Sentence, Timings, Token, Usage
from askive.ui.server.openai.text import TextStream, answer_text, without_notes
from tests.ui.server.conftest import SECRET_NAME, SHIPS, Served

SAID = "The harbour of Aldermoor received 412 ships in January."


@pytest.fixture
def openai_client(served: Served) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{served.url}/v1", api_key="local", max_retries=0) as client:
        yield client


def test_a_chat_completion_has_its_citations(openai_client: OpenAI) -> None:
    made = openai_client.chat.completions.create(
        model="askive/town",
        messages=[{"role": "system", "content": "Lie."}, {"role": "user", "content": SHIPS}],
    )
    message = made.choices[0].message
    assert message.content is not None and message.annotations
    assert message.content.startswith(
        f"{SAID} [1]\n\nSources:\n[1] Harbour report (Port Authority, 2016-01-25, section Ships): “{SAID}”"
    )
    cited = message.annotations[0].url_citation
    assert message.content[cited.start_index : cited.end_index] == f"{SAID} [1]"
    assert cited.url.startswith("file:///") and cited.title == "Harbour report"
    assert made.model_extra is not None
    span = made.model_extra["askive"]["sentences"][0]["citations"][0]
    assert message.annotations[0].model_extra == {"citation": span}


@pytest.mark.parametrize("notes", [True, False])
def test_a_stream_is_the_same_text(openai_client: OpenAI, notes: bool) -> None:
    asked = {"model": "askive/town", "extra_body": {"askive": {"notes": notes}}}
    whole = openai_client.chat.completions.create(messages=[{"role": "user", "content": SHIPS}], **asked)  # type: ignore[call-overload]
    chunks = list(
        openai_client.chat.completions.create(
            messages=[{"role": "user", "content": SHIPS}],
            stream=True,
            stream_options={"include_usage": True},
            **asked,  # type: ignore[call-overload]
        )
    )
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    content = whole.choices[0].message.content
    assert "".join(delta.content or "" for delta in deltas) == content
    assert ("[1]" in content) is notes
    assert (
        deltas[-1].model_extra["annotations"][0]["url_citation"]
        == whole.choices[0].message.annotations[0].url_citation.model_dump()
    )
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage.total_tokens == whole.usage.total_tokens


def test_a_conversation_becomes_follow_ups(openai_client: OpenAI) -> None:
    made = openai_client.chat.completions.create(
        model="askive/town",
        messages=[
            {"role": "user", "content": SHIPS},
            {"role": "assistant", "content": f"{SAID} [1]\n\nSources:\n[1] Harbour report: “{SAID}”"},
            {"role": "user", "content": [{"type": "text", "text": "Who counted them?"}]},
        ],
    )
    assert "Rosa Lind" in (made.choices[0].message.content or "")


def test_responses_as_far_as_text_goes(openai_client: OpenAI) -> None:
    made = openai_client.responses.create(model="askive/town", input=SHIPS)
    assert made.output_text.startswith(f"{SAID} [1]")
    with openai_client.responses.stream(model="askive/town", input=SHIPS) as stream:
        kinds = [event.type for event in stream]
        assert stream.get_final_response().output_text == made.output_text
    assert kinds[0] == "response.created" and kinds[-1] == "response.completed"
    assert "response.output_text.annotation.added" in kinds


def test_collections_are_models(served: Served, openai_client: OpenAI) -> None:
    assert {"askive/town", "askive/dossier", "hash"} <= {model.id for model in openai_client.models.list()}
    assert openai_client.models.retrieve("askive/town").id == "askive/town"
    with OpenAI(base_url=f"{served.url}/v1", api_key=served.tokens["reader"], max_retries=0) as reader:
        assert SECRET_NAME not in str([model.id for model in reader.models.list()])
        with pytest.raises(openai.NotFoundError, match="no collection"):
            reader.chat.completions.create(
                model=f"askive/{SECRET_NAME}", messages=[{"role": "user", "content": SHIPS}]
            )


def test_embeddings(openai_client: OpenAI) -> None:
    texts = ["rye bread", "timber"]
    made = openai_client.embeddings.create(model="hash", input=texts)
    assert np.allclose([row.embedding for row in made.data], HashEmbedder().embed(texts))
    plain = openai_client.embeddings.create(model="hash", input="timber", encoding_format="float")
    assert np.allclose(plain.data[0].embedding, made.data[1].embedding)


def test_errors_are_those_of_the_client(served: Served, openai_client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="not a question"):
        openai_client.chat.completions.create(
            model="askive/town", messages=[{"role": "assistant", "content": "Yes."}]
        )
    with pytest.raises(openai.NotFoundError, match="no model 'gpt'"):
        openai_client.embeddings.create(model="gpt", input="x")
    with (
        OpenAI(base_url=f"{served.url}/v1", api_key="wrong", max_retries=0) as wrong,
        pytest.raises(openai.AuthenticationError),
    ):
        wrong.models.list()


def answer(text: str, *sentences: Sentence) -> Answer:
    return Answer("?", text, sentences, None, (), (), "m", "e", Usage(), Timings())


def test_a_stream_whose_end_differs_is_sent_again_as_a_whole() -> None:
    stream = TextStream(notes=False)
    for event in (Token("Ships came. Many."), Cited(Sentence("Ships came.", 0, 11, verdict="supported"))):
        stream.take(event)
    stream.take(Cited(Sentence("Many.", 12, 17, verdict="unsupported")))
    assert stream.sent == "Ships came."
    changed = answer("412 ships came.", Sentence("412 ships came.", 0, 15, verdict="supported"))
    stream.take(Final(changed))
    assert stream.sent == "Ships came.\n\n412 ships came."
    assert stream.final is not None and stream.final.text == stream.sent


def test_notes_are_left_out_of_the_history() -> None:
    assert without_notes("It came [1][2]. So [3]\n\nSources:\n[1] A: “b”") == "It came. So"
    assert without_notes("See a[0] and [x].\n\nSources: none") == "See a[0] and [x].\n\nSources: none"
    assert answer_text(answer("No."), notes=True).text == "No."

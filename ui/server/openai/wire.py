"""Requests of the OpenAI API, as far as they are understood. Other fields, such as `temperature`, have no effect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from askive.rag.errors import UsageError
from askive.rag.types import QuestionKind, Turn
from askive.ui.server.openai.text import without_notes
from askive.ui.server.wire import MAX_TEXT_CHARS, MAX_TURNS, Conditions

PREFIX = "askive/"
ModelName = Annotated[str, Field(min_length=1, max_length=256, examples=["askive/seeds"])]
_Content = Annotated[str, Field(max_length=MAX_TEXT_CHARS)]


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="allow")


class Part(_Lenient):
    """A part of a message. Only text is understood."""

    type: Literal["text", "input_text", "output_text"]
    text: _Content


class ChatMessage(_Lenient):
    """A message. Those of the system have no effect: the documents are what answers are made of."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: _Content | list[Part] | None = None

    @property
    def text(self) -> str:
        """The text of all parts."""
        if isinstance(self.content, str):
            return self.content
        return "".join(part.text for part in self.content or ())


class Options(BaseModel):
    """Options of ours. notes: numbered notes in the text and the list of sources below it."""

    model_config = ConfigDict(extra="forbid")

    notes: bool = True
    kind: QuestionKind | None = None
    filter: Conditions = Conditions()


class StreamOptions(_Lenient):
    """include_usage: a last chunk with the token counts."""

    include_usage: bool = False


class ChatRequest(_Lenient):
    """A conversation that ends with a question."""

    model: ModelName
    messages: list[ChatMessage] = Field(
        min_length=1,
        max_length=2 * MAX_TURNS,
        examples=[[{"role": "user", "content": "How many jets does Russia have in Latakia?"}]],
    )
    stream: bool = False
    stream_options: StreamOptions | None = None
    n: Literal[1] | None = None
    askive: Options = Options()


class ResponsesRequest(_Lenient):
    """A question, or a conversation that ends with one."""

    model: ModelName
    input: _Content | list[ChatMessage] = Field(examples=["How many jets does Russia have in Latakia?"])
    stream: bool = False
    previous_response_id: None = Field(
        None, description="conversations are not kept: send all of it in `input`"
    )
    askive: Options = Options()

    @property
    def messages(self) -> list[ChatMessage]:
        """The input as messages."""
        if isinstance(self.input, str):
            return [ChatMessage(role="user", content=self.input)]
        return self.input


class EmbeddingsRequest(_Lenient):
    """Texts to embed with the model that the collections are embedded with."""

    model: ModelName = Field(examples=["all-minilm-l6-v2"])
    input: _Content | list[_Content] = Field(examples=["peace talks"], max_length=MAX_TEXT_CHARS)
    encoding_format: Literal["float", "base64"] = "float"


def collection_of(model: str) -> str | None:
    """The collection behind the name of a model; None for plain `askive`, the default collection."""
    return None if model == PREFIX[:-1] else model.removeprefix(PREFIX)


def conversation(messages: Sequence[ChatMessage]) -> tuple[str, list[Turn]]:
    """The last question, and the earlier questions with their answers. Raises UsageError when no question is last."""
    spoken = [
        message for message in messages if message.role in ("user", "assistant") and message.text.strip()
    ]
    if not spoken or spoken[-1].role != "user":
        raise UsageError(
            "the last message is not a question", remedy="end the messages with one of role `user`"
        )
    history: list[Turn] = []
    asked = ""
    for message in spoken[:-1]:
        if message.role == "user":
            asked = message.text
        elif asked:
            history.append(Turn(asked, without_notes(message.text)))
            asked = ""
    return spoken[-1].text, history

"""The form of the Responses API: an object, or a stream of typed events that build it."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from askive.rag.serialize import answer_to_dict
from askive.rag.types import Answer, Event
from askive.ui.server.failures import cancelled
from askive.ui.server.jobs import Job
from askive.ui.server.openai.text import AnswerText, TextStream
from askive.ui.server.openai.wire import ResponsesRequest
from askive.ui.server.sse import sse


def response_object(said: AnswerText, answer: Answer, model: str) -> dict[str, Any]:
    """A completed response; `askive` has the whole answer."""
    return _completed(_response(model), said, answer)


async def response_events(job: Job[Event], body: ResponsesRequest) -> AsyncIterator[str]:
    """The events of a streamed response, from `response.created` to `response.completed`."""
    number = 0
    response = _response(body.model)
    place = {"item_id": response["output"][0]["id"], "output_index": 0, "content_index": 0}
    begun = {**response, "status": "in_progress", "output": []}

    def event(kind: str, **values: Any) -> str:
        nonlocal number
        number += 1
        return sse({"type": kind, "sequence_number": number - 1, **values}, kind)

    yield event("response.created", response=begun)
    yield event("response.in_progress", response=begun)
    item = {**response["output"][0], "status": "in_progress", "content": []}
    yield event("response.output_item.added", output_index=0, item=item)
    empty = {"type": "output_text", "text": "", "annotations": []}
    yield event("response.content_part.added", **place, part=empty)
    stream = TextStream(body.askive.notes)
    async with aclosing(job.items()) as events:
        async for happened in events:
            if part := stream.take(happened):
                yield event("response.output_text.delta", **place, delta=part, logprobs=[])
    if stream.final is None or stream.answer is None:
        raise cancelled("answer")
    _completed(response, stream.final, stream.answer)
    content = response["output"][0]["content"][0]
    for index, annotation in enumerate(content["annotations"]):
        yield event(
            "response.output_text.annotation.added", **place, annotation_index=index, annotation=annotation
        )
    yield event("response.output_text.done", **place, text=content["text"], logprobs=[])
    yield event("response.content_part.done", **place, part=content)
    yield event("response.output_item.done", output_index=0, item=response["output"][0])
    yield event("response.completed", response=response)


def _response(model: str) -> dict[str, Any]:
    """A response with a message that has no content yet."""
    message: dict[str, Any] = {
        "type": "message",
        "id": f"msg_{uuid.uuid4().hex}",
        "status": "completed",
        "role": "assistant",
        "content": [],
    }
    return {
        "id": f"resp_{uuid.uuid4().hex}",
        "object": "response",
        "created_at": int(time.time()),
        "status": "completed",
        "model": model,
        "output": [message],
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "parallel_tool_calls": False,
        "temperature": None,
        "tool_choice": "none",
        "tools": [],
        "top_p": None,
        "store": False,
        "usage": None,
    }


def _completed(response: dict[str, Any], said: AnswerText, answer: Answer) -> dict[str, Any]:
    """The response with its text, usage and answer filled in."""
    annotations = [annotation.for_responses() for annotation in said.annotations]
    text = {"type": "output_text", "text": said.text, "annotations": annotations, "logprobs": []}
    response["output"][0]["content"] = [text]
    usage = answer.usage
    response["usage"] = {
        "input_tokens": usage.n_prompt_tokens,
        "input_tokens_details": {"cached_tokens": usage.n_reused_tokens},
        "output_tokens": usage.n_completion_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage.n_prompt_tokens + usage.n_completion_tokens,
    }
    response["askive"] = answer_to_dict(answer)
    return response

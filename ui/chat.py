"""The chat in a browser. It reads the same stream as every other door."""

from __future__ import annotations

import html
import os
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from models.errors import AskiveError
from rag.assistant import Assistant
from rag.types import Answer, Citation, Final, Sources, Token, Turn
from ui.answer_text import about

_HINT = "Every sentence is checked against your documents. Nothing leaves this machine."


def build_chat(assistant: Assistant, collection: str) -> Any:
    """The Gradio app for one assistant. Text of documents and models is escaped, never rendered as HTML."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio

    def respond(question: str, messages: list[dict[str, Any]]) -> Iterator[str]:
        said = ""
        try:
            for event in assistant.stream(question, _turns(messages)):
                if isinstance(event, Sources) and event.first is not None:
                    yield f"{_quote(event.first)}\n\n*Reading the sources…*"
                elif isinstance(event, Token):
                    said += event.text
                    yield _escape(said)
                elif isinstance(event, Final):
                    yield _answer(event.answer)
        except AskiveError as error:
            yield _escape(f"{error.message}. {error.remedy}")

    return gradio.ChatInterface(
        respond,
        title="Askive",
        description=f"Collection: {_escape(collection)}. {_HINT}",
        examples=["How many jets and helicopters did Russia have in Latakia?"],
        cache_examples=False,
        analytics_enabled=False,
    )


def _turns(messages: list[dict[str, Any]]) -> list[Turn]:
    """Earlier questions with the answers that followed them, without their lists of sources."""
    texts = [(str(message["role"]), _plain(message["content"])) for message in messages]
    return [
        Turn(asked, answered.split("\n\n---\n")[0])
        for (role, asked), (other, answered) in pairwise(texts)
        if role == "user" and other == "assistant"
    ]


def _plain(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(str(part.get("text", "")) for part in content)


def _answer(answer: Answer) -> str:
    if answer.refusal is not None:
        nearby = "\n".join(_quote(citation) for citation in answer.refusal.nearby)
        return f"{_escape(answer.text)}\n\n---\n{nearby}" if nearby else _escape(answer.text)
    parts = []
    cited: dict[int, Citation] = {}
    for sentence in answer.sentences:
        cited.update({citation.marker: citation for citation in sentence.citations})
        marks = "".join(f"[{citation.marker}]" for citation in sentence.citations) or "[no source]"
        verdict = "" if sentence.verdict == "supported" else " (not verified)"
        parts.append(f"{_escape(sentence.text)} {_escape(marks)}{verdict}")
    sources = "\n".join(_quote(cited[marker]) for marker in sorted(cited))
    return f"{' '.join(parts)}\n\n---\n{sources}"


def _quote(citation: Citation) -> str:
    return f"\\[{citation.marker}\\] **{_escape(about(citation))}**\n> {_escape(' '.join(citation.quote.split()))}\n"


def _escape(text: str) -> str:
    for mark in "\\`*_[]#|~$":
        text = text.replace(mark, f"\\{mark}")
    return html.escape(text, quote=False)

"""The tools: what they take, what they return, and what they say to the model."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from askive.rag.serialize import answer_to_dict, sentence_to_dict
from askive.rag.types import Answer, Final, Progress, QuestionKind, Searching, Sources
from askive.ui.server import wire
from askive.ui.server.documents import Documents
from askive.ui.server.failures import cancelled
from askive.ui.server.openai.text import answer_text
from askive.ui.server.operations import Operations
from askive.ui.server.tokens import Caller

_MAX_SPAN = 50_000


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")

    collection: wire.Name | None = Field(None, description="see list_collections; without it the default one")


class AskInput(_Input, wire.Conditions):
    """A question, with conditions on the documents."""

    question: wire.Text
    kind: QuestionKind | None = Field(
        None, description="as what to answer it; without it the question decides"
    )
    history: list[wire.PastTurn] = Field([], max_length=wire.MAX_TURNS, description="earlier turns")


class SearchInput(_Input, wire.Conditions):
    """A search, with conditions on the documents."""

    query: wire.Text
    top_k: int = Field(10, ge=1, le=wire.MAX_HITS)


class ReadInput(_Input):
    """A span of a document."""

    uri: wire.Uri = Field(description="as in a citation or a hit")
    start: int = Field(0, ge=0, description="character offset")
    end: int | None = Field(None, ge=0, description="without it: at most 50,000 characters")


class VerifyInput(_Input):
    """A text to check."""

    text: str = Field(min_length=1, max_length=wire.MAX_TEXT_CHARS)


class OverviewInput(_Input, wire.Conditions):
    """Conditions on the documents."""


class NoInput(BaseModel):
    """Nothing."""

    model_config = ConfigDict(extra="forbid")


Report = Callable[[float, float | None, str], Awaitable[None]]
"""Reports progress: how far, of how much if known, and what is going on."""
Made = tuple[str, dict[str, Any]]
"""A text for the model, and the structured content."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool. takes, returns: the wire types of its input and its structured content."""

    description: str
    takes: type[BaseModel]
    returns: type[BaseModel]
    call: Callable[[Caller, Any, Report], Awaitable[Made]]


class Tools:
    """The tools over the operations of a server."""

    def __init__(self, operations: Operations, documents: Documents) -> None:
        self._operations = operations
        self._documents = documents
        self.by_name = {
            "ask": Tool(
                "Answer a question from the documents. Each sentence has the quotes that support it; a refusal says"
                " that the documents do not hold the answer.",
                AskInput,
                wire.AnswerView,
                self._ask,
            ),
            "search": Tool(
                "Find the passages nearest to a query.", SearchInput, wire.SearchView, self._search
            ),
            "read_document": Tool(
                "Read the text of a document, or the characters `start` to `end` of it.",
                ReadInput,
                wire.SpanView,
                self._read,
            ),
            "verify": Tool(
                "Check every sentence of a text against the documents.",
                VerifyInput,
                wire.VerifyView,
                self._verify,
            ),
            "list_collections": Tool(
                "List the collections of documents.", NoInput, wire.CollectionsView, self._collections
            ),
            "overview": Tool(
                "Say what is in a collection: kinds of files, dates, publishers, names, topics, groups.",
                OverviewInput,
                wire.OverviewView,
                self._overview,
            ),
        }

    async def _ask(self, caller: Caller, given: AskInput, report: Report) -> Made:
        job = await self._operations.ask(
            caller,
            given.question,
            given.collection,
            history=[turn.turn() for turn in given.history],
            admitted=given.parsed(),
            kind=given.kind,
        )
        answer: Answer | None = None
        n_steps = 0
        try:
            async with aclosing(job.items()) as events:
                async for event in events:
                    n_steps += 1
                    if isinstance(event, Searching):
                        await report(n_steps, None, "searching")
                    elif isinstance(event, Sources):
                        await report(n_steps, None, f"reading {len(event.hits)} passages")
                    elif isinstance(event, Progress):
                        await report(event.done, event.total, event.what)
                    elif isinstance(event, Final):
                        answer = event.answer
        finally:
            job.close()
        if answer is None:
            raise cancelled("answer")
        return answer_text(answer, notes=True).text, answer_to_dict(answer)

    async def _search(self, caller: Caller, given: SearchInput, _report: Report) -> Made:
        found = json.loads(
            await self._operations.search(
                caller, given.query, given.collection, top_k=given.top_k, admitted=given.parsed()
            )
        )
        lines = [f"{_about(hit)}\n{hit['text']}" for hit in found["hits"]]
        return "\n\n".join(lines) or "nothing found", found

    async def _read(self, caller: Caller, given: ReadInput, _report: Report) -> Made:
        span = await self._documents.span(
            caller, given.collection, given.uri, given.start, given.end, _MAX_SPAN
        )
        return span["text"], span

    async def _verify(self, caller: Caller, given: VerifyInput, report: Report) -> Made:
        job, checks = await self._operations.verify(caller, given.text, given.collection)
        sentences: list[dict[str, Any]] = []
        try:
            async with aclosing(job.items()) as checked:
                async for sentence in checked:
                    sentences.append(sentence_to_dict(sentence))
                    await report(len(sentences), None, "sentences checked")
        finally:
            job.close()
        lines = [
            f"{s['verdict']}: {s['text']}" + "".join(f"\n  {r}" for r in s["reasons"]) for s in sentences
        ]
        return "\n".join(lines), {"sentences": sentences, "checks": checks}

    async def _collections(self, caller: Caller, _given: NoInput, _report: Report) -> Made:
        rows = await self._operations.collections(caller)
        lines = [f"{row['name']}: {row['documents']} documents" for row in rows]
        return "\n".join(lines) or "no collections", {"collections": rows}

    async def _overview(self, caller: Caller, given: OverviewInput, report: Report) -> Made:
        job = await self._operations.overview(caller, given.collection, given.parsed())
        made: dict[str, Any] | None = None
        try:
            async with aclosing(job.items()) as steps:
                async for step in steps:
                    if isinstance(step, dict):
                        made = step
                    else:
                        await report(*step, "passages")
        finally:
            job.close()
        if made is None:
            raise cancelled("overview")
        return json.dumps(made, ensure_ascii=False), made


def parse_arguments(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments; some hosts send objects and lists as strings of JSON."""
    parsed = dict(arguments)
    for name in ("where", "publishers", "history"):
        if isinstance(parsed.get(name), str):
            try:
                parsed[name] = json.loads(parsed[name])
            except ValueError:
                continue
    return parsed


def _about(hit: dict[str, Any]) -> str:
    about = ", ".join(filter(None, (hit["publisher"], hit["published"], hit["locator"])))
    title = f"{hit['title']} ({about})" if about else str(hit["title"])
    return f"[{hit['rank']}] {title}, {hit['uri']}, characters {hit['start']}-{hit['end']}"

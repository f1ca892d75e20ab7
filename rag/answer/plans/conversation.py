"""What is meant for the assistant itself: thanks, what it can do, the last answer in another form."""

from __future__ import annotations

import re
from collections.abc import Iterator

from askive.rag.answer.plans.last_answer import form_of, last_answer
from askive.rag.answer.plans.plan import PlanContext, Table
from askive.rag.types import Event, Searching

_ABILITIES = (
    "It can also count and list the documents that mention something, list all there is of a kind, sum up a topic or a"
    " document, put events in order, say who said what, set two sides against each other, and describe the collection."
)
_PRIVACY = (
    "Documents and questions stay on this machine, unless you have chosen a model on another one"
    " (`--model openai:...`)."
)
_ADDING = "Add documents with `askive index PATH`, or drop them on the page of the chat."
_DISAGREED = (
    "Open the numbered sources to see what each sentence rests on, and ask again in other words, or with a name or a"
    " date from the documents."
)
# The first that is found decides. Each alternative as it is written.
_REPLIES: tuple[tuple[str, str], ...] = (
    (r"\b(?:internet|safe|private|privacy|online|cloud|keep what|anyone else|see my)\b", _PRIVACY),
    (r"\b(?:add|upload|drop|put|index)\b.{0,40}\b(?:documents?|files?|folders?|pdfs?|mails?)\b", _ADDING),
    (
        r"\b(?:wrong|not (?:right|what i)|incorrect|useless|rubbish|disappointed|stupid|not much help"
        r"|why (?:did|do|can)(?: you|n['’]t you))\b",
        _DISAGREED,
    ),
    (
        r"\b(?:thanks?|thx|cheers|well done|great|perfect|excellent|awesome|nice one|helpful)\b",
        "You are welcome.",
    ),
    (r"\b(?:goodbye|bye|see you|good night)\b", "Goodbye."),
    (
        r"^\W*(?:ok(?:ay)?|alright|fine|i see|sure|yes|no|never mind|forget it|sorry|oops|got it)\b",
        "All right. Ask a question about the documents whenever you like.",
    ),
)
# "Which model are you running on", "are you chatgpt", "what is your name"
_WHO = re.compile(r"\b(?:model|chatgpt|your name|a name|who made you|call you)\b", re.IGNORECASE)


def conversation(context: PlanContext) -> Iterator[Event]:
    """Answers at once, without a search and without the generator; a request about the last answer by `last_answer`.

    What is not understood gets a description of what the assistant can do here.
    """
    yield Searching("", kind=context.trace.kind)
    question = context.question.query
    if form := form_of(question):
        yield from last_answer(context, form)
        return
    reply = next((text for words, text in _REPLIES if re.search(words, question, re.IGNORECASE)), "")
    sentences: tuple[str, ...] = (reply,) if reply else (_about(context), _ABILITIES)
    if not reply and _WHO.search(question):
        sentences = (_about(context), f"Its language model is {context.tools.generator.model_id}.")
    yield from Table(sentences).events(context)


def _about(context: PlanContext) -> str:
    n = context.archive.counts().n_documents
    documents = f"{n:,} document{'' if n == 1 else 's'}"
    return (
        f"Askive answers questions from the {documents} of this collection, every sentence with its source, and says so"
        " when they do not hold the answer."
    )

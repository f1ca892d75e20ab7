"""What is meant for the assistant itself: thanks, what it can do, the last answer in another form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from askive.rag.answer.plans.last_answer import last_answer
from askive.rag.answer.plans.plan import PlanContext, Table
from askive.rag.question.requests.remark import About, read_remark
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
_REPLIES: Mapping[About, str] = {
    "privacy": _PRIVACY,
    "adding": _ADDING,
    "complaint": _DISAGREED,
    "thanks": "You are welcome.",
    "goodbye": "Goodbye.",
    "assent": "All right. Ask a question about the documents whenever you like.",
}


def conversation(context: PlanContext) -> Iterator[Event]:
    """Answers at once, without a search and without the generator; a request about the last answer by `last_answer`.

    What is not understood gets a description of what the assistant can do here.
    """
    yield Searching("", kind=context.trace.kind)
    remark = read_remark(context.question.query)
    if remark.form:
        yield from last_answer(context, remark.form)
        return
    sentences: tuple[str, ...] = (_about(context), _ABILITIES)
    if remark.about == "identity":
        sentences = (_about(context), f"Its language model is {context.tools.generator.model_id}.")
    elif remark.about:
        sentences = (_REPLIES[remark.about],)
    yield from Table(sentences).events(context)


def _about(context: PlanContext) -> str:
    n = context.archive.counts().n_documents
    documents = f"{n:,} document{'' if n == 1 else 's'}"
    return (
        f"Askive answers questions from the {documents} of this collection, every sentence with its source, and says so"
        " when they do not hold the answer."
    )

"""What a server that runs a model gets, and what it cannot do, as text for the page and for standard error."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from askive.models.errors import EndpointError
from askive.models.protocols import Generator, Remote
from askive.models.remote.transport import is_loopback, servers_of
from askive.rag.cluster.actors import address_of


def disclose(
    generator: str | None,
    embedder: str,
    reranker: str | None = None,
    store: str = "",
    workers: str = "processes",
) -> str:
    """Sentences that say what these models send to which hosts; empty when nothing leaves this process.

    store: the setting of this name: a Milvus server has all documents.
    workers: the setting of this name: a Ray cluster reads the files.
    """
    sentences: list[str] = []
    if host := urlsplit(store.removeprefix("milvus:")).hostname:
        sentences.append(f"The text of your documents is stored on {_places([host])}.")
    if hosts := servers_of(embedder):
        sentences.append(f"The text of your documents and questions is sent to {_places(hosts)}.")
    if hosts := servers_of(generator or ""):
        sentences.append(f"Questions and excerpts of your documents are sent to {_places(hosts)}.")
    if hosts := servers_of(reranker or ""):
        sentences.append(f"Questions and the passages found for them are sent to {_places(hosts)}.")
    if address := address_of(workers):
        sentences.append(f"Your documents are sent to the machines of the Ray cluster at {address}.")
    return " ".join(sentences)


def limits(generator: Generator) -> str:
    """Sentences that say what a remote generator cannot do and what that costs; empty for one of this process.

    Asks its server. One that is away is named, and is no error here: the first question reports it.
    """
    if not isinstance(generator, Remote):
        return ""
    try:
        able, weights = generator.abilities(), generator.weights_id()
    except EndpointError as error:
        return f"{error.message}; until it answers, questions that need it fail."
    if weights:
        return (
            f"It is taken for {weights}: all checks take part. It computes no likelihood of longer texts, so a wrong"
            " value is repaired with that of the best evidence, and prompts are not prepared while you type."
        )
    reason = (
        "nothing is fitted for it (if it runs weights of `askive models list`, name it openai:URL#ID)"
        if able.choices
        else "it reports no log-probabilities"
    )
    return (
        "The model is not asked whether the evidence answers a question, nor whether a source states a sentence:"
        f" {reason}. Rules and the reader decide alone: bare Yes and No stay as written, and wordings that differ from"
        " the source are refused more often. Prompts are not prepared while you type."
    )


def _places(hosts: Sequence[str]) -> str:
    places = [f"{host}, on this machine" if is_loopback(host) else host for host in hosts]
    return " and to ".join(["; ".join(places[:-1]), places[-1]] if len(places) > 1 else places)

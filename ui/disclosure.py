"""What is sent to a server that runs a model, as text for the page and for standard error."""

from __future__ import annotations

from askive.models.remote.transport import is_loopback, server_of


def disclose(generator: str | None, embedder: str) -> str:
    """Sentences that say what these models send to which host; empty when nothing leaves this process."""
    sentences: list[str] = []
    if host := server_of(embedder):
        sentences.append(f"The text of your documents and questions is sent to {_place(host)}.")
    if generator and (host := server_of(generator)):
        sentences.append(f"Questions and excerpts of your documents are sent to {_place(host)}.")
    return " ".join(sentences)


def _place(host: str) -> str:
    return f"{host}, on this machine" if is_loopback(host) else host

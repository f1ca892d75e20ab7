"""A Reranker on a server with a `/rerank` route: vLLM, llama-server, TEI, Infinity, Jina, Cohere."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askive.models.remote.endpoints import Endpoints, RemotePolicy
from askive.models.remote.openai import model_id_of
from askive.models.remote.transport import Refused

_PATH = "/rerank"
_WRONG_FIELDS = (400, 422)


class RemoteReranker:
    """A reranking model on one server or several.

    There is no route of the OpenAI API for it. Most servers take Cohere's (`documents`, answered with `results`), TEI
    its own (`texts`, answered with a list); which one is found out with the first request.
    model: its name on the servers; None leaves it out.
    """

    def __init__(
        self,
        urls: str | Sequence[str],
        model: str | None = None,
        api_key: str | None = None,
        *,
        policy: RemotePolicy | None = None,
    ) -> None:
        self._endpoint = Endpoints([urls] if isinstance(urls, str) else urls, api_key, policy)
        self._model = model
        self._field = "documents"

    @property
    def model_id(self) -> str:
        """`openai:URL` of the first server, with `#model` when one was chosen."""
        return model_id_of(self._endpoint, self._model)

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (len(texts),), as the server scores; comparable within one call. Raises EndpointError."""
        if not texts:
            return np.zeros(0, dtype=np.float32)
        n_batch = self._endpoint.policy.batch
        batches = [texts[at : at + n_batch] for at in range(0, len(texts), n_batch)]
        with ThreadPoolExecutor(min(len(batches), len(self._endpoint) * 2), "askive-rerank") as threads:
            return np.concatenate(list(threads.map(lambda batch: self._score(question, batch), batches)))

    def close(self) -> None:
        """Close the connections; safe to call twice."""
        self._endpoint.close()

    def _score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        field = self._field
        try:
            body = self._request(question, field, texts)
        except Refused as error:
            if error.status not in _WRONG_FIELDS:
                raise
            other = "texts" if field == "documents" else "documents"
            try:
                body = self._request(question, other, texts)
            except Refused:
                raise error from None
            self._field = other
        scores = np.full(len(texts), np.nan, dtype=np.float32)
        try:
            for row in body["results"] if "results" in body else body["data"]:
                scores[int(row["index"])] = float(
                    row["relevance_score"] if "relevance_score" in row else row["score"]
                )
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise self._endpoint.malformed(_PATH, "the answer holds no scores") from error
        if not np.isfinite(scores).all():
            raise self._endpoint.malformed(
                _PATH, f"scores of {np.isfinite(scores).sum()} of {len(texts)} texts"
            )
        return scores

    def _request(self, question: str, field: str, texts: Sequence[str]) -> dict[str, Any]:
        # TEI refuses longer texts than its model reads unless it is told to cut them.
        extra = {"truncate": True} if field == "texts" else {"top_n": len(texts)}
        named = {"model": self._model} if self._model else {}
        return self._endpoint.call("POST", _PATH, {"query": question, field: list(texts), **extra, **named})

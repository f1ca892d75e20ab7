"""An Embedder on any OpenAI-compatible server."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import numpy as np

from askive.models.errors import ContextOverflow, EndpointError
from askive.models.protocols import Vectors
from askive.models.remote.endpoints import Endpoints, RemotePolicy
from askive.models.remote.openai import first_model, model_id_of
from askive.models.remote.transport import Endpoint, Refused, Unavailable

_PATH = "/embeddings"
_PROBE = "The harbour master counted the ships from the north tower."
_LEAST_COSINE = 0.999
"""Between two servers' vectors of one text. Those of another model are far below; precision and batching cost less."""
_COMPARE_AGAIN_S = 30.0
_TOO_MANY = (413, 422)
_CUT = 0.75
_LEAST_CHARS = 64


class OpenAIEmbedder:
    """An embedding model behind `/embeddings`, on one server or several; vectors are normalised to unit length.

    The digest covers the first address, the model's name and the dimension, because the weights on a server are
    unknown. Further servers may come and go: each is compared with the others before it gets a text.
    A text that the server calls too long is cut at its end. A server that takes fewer texts at once gets fewer.
    """

    def __init__(
        self,
        urls: str | Sequence[str],
        model: str | None = None,
        api_key: str | None = None,
        *,
        max_tokens: int = 512,
        policy: RemotePolicy | None = None,
    ) -> None:
        self._endpoint = Endpoints([urls] if isinstance(urls, str) else urls, api_key, policy)
        self._configured_model, self._model = model, model
        self._max_tokens = max_tokens
        self._n_batch = self._endpoint.policy.batch
        self._dimension: int | None = None
        self._same: list[str] = []
        self._expected: Vectors | None = None
        self._compare_at = math.inf if len(self._endpoint) == 1 else 0.0
        self._comparing = Lock()

    @property
    def model_id(self) -> str:
        """`openai:URL` of the first server, with `#model` when one was chosen."""
        return model_id_of(self._endpoint, self._configured_model)

    @property
    def digest(self) -> str:
        """Hex sha256 of the first address, model and dimension."""
        dimension = self.dimension
        return hashlib.sha256(f"{self._endpoint.url}\n{self._model}\n{dimension}".encode()).hexdigest()

    @property
    def dimension(self) -> int:
        """Width of a vector; requested from the server once."""
        if self._dimension is None:
            self._dimension = int(self._request(self._endpoint, ["dimension"]).shape[1])
        return self._dimension

    @property
    def max_tokens(self) -> int:
        """As configured; the API does not report it."""
        return self._max_tokens

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), float32, unit rows. Raises EndpointError."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        self._compare()
        batches = [texts[at : at + self._n_batch] for at in range(0, len(texts), self._n_batch)]
        n_at_once = min(len(batches), len(self._endpoint) * self._endpoint.policy.parallel)
        if n_at_once == 1:
            return np.concatenate([self._embed(batch) for batch in batches])
        with ThreadPoolExecutor(n_at_once, "askive-embed") as threads:
            return np.concatenate(list(threads.map(self._embed, batches)))

    def close(self) -> None:
        """Close the connections; safe to call twice."""
        self._endpoint.close()

    def _embed(self, texts: Sequence[str]) -> Vectors:
        """The vectors of a batch, in smaller ones or of shortened texts if the server asks for that."""
        try:
            return self._request(self._endpoint, texts)
        except ContextOverflow:
            if len(texts) == 1:
                if len(texts[0]) <= _LEAST_CHARS:
                    raise
                return self._embed([texts[0][: int(len(texts[0]) * _CUT)]])
        except Refused as error:
            if len(texts) == 1 or error.status not in _TOO_MANY:
                raise
            self._n_batch = max(1, min(self._n_batch, len(texts) // 2))
        half = len(texts) // 2
        return np.concatenate([self._embed(texts[:half]), self._embed(texts[half:])])

    def _compare(self) -> None:
        """Admit the servers whose model is that of the first one; one that is away now is asked again later.

        Raises EndpointError when a server has another model.
        """
        with self._comparing:
            if time.monotonic() < self._compare_at:
                return
            self._compare_at = time.monotonic() + _COMPARE_AGAIN_S
            for endpoint in self._endpoint:
                if endpoint.url in self._same:
                    continue
                try:
                    vector = self._request(endpoint, [_PROBE])[0]
                except Unavailable:
                    continue
                if self._expected is None:
                    self._expected = vector
                if self._expected.shape != vector.shape or float(self._expected @ vector) < _LEAST_COSINE:
                    raise EndpointError(
                        f"{endpoint.url}{_PATH} gives other vectors than {self._same[0]}: another model",
                        remedy=f"serve the same model there, or leave {endpoint.url} out",
                    )
                self._same.append(endpoint.url)
            self._endpoint.admit(self._same)
            if len(self._same) == len(self._endpoint):
                self._compare_at = math.inf

    def _request(self, endpoint: Endpoint | Endpoints, texts: Sequence[str]) -> Vectors:
        if self._model is None:
            self._model = first_model(self._endpoint)
        body = endpoint.call("POST", _PATH, {"input": list(texts), "model": self._model})
        try:
            rows = sorted(body["data"], key=lambda row: row["index"])
            if any(isinstance(row["embedding"][0], list) for row in rows):
                raise endpoint.malformed(_PATH, "a vector for every token: not an embedding model")
            vectors = np.array([row["embedding"] for row in rows], dtype=np.float32)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise endpoint.malformed(_PATH, "the answer holds no embeddings") from error
        expected = (len(texts), self._dimension or vectors.shape[-1])
        if vectors.shape != expected or not np.isfinite(vectors).all():
            raise endpoint.malformed(_PATH, f"embeddings of shape {vectors.shape}, not {expected}")
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: Vectors = (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)
        return unit

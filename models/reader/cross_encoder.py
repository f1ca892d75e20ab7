"""The reader: a small cross-encoder that estimates whether and where a text answers a question, and whether it
supports a claim. Trained by `askive.models.reader.training.train`; the weights are in the package
(`models/reader/weights`).
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askive.models.embedders.openvino import padded_batches
from askive.models.errors import WeightsError
from askive.models.openvino_cache import compile_for_cpu, compute_batch

MODEL_ID = "askive-reader-minilm-l6"
WEIGHTS = Path(__file__).parent / "weights"
MAX_TOKENS = 320
MAX_QUESTION_TOKENS = 160
"""A longer question or claim is cut to its start and its end, so that there is always room for the text."""
_MAX_SPAN_TOKENS = 30
_MASKED = -1e4


@dataclass(frozen=True, slots=True)
class AnswerSpan:
    """A stretch of a text that may be the answer: `text[start:end]`. score: sum of both ends' logits."""

    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Reading:
    """The reader's output for one text.

    answerable: logit of "the text answers the question".
    spans: likely answers, best first, without overlaps.
    """

    answerable: float
    spans: tuple[AnswerSpan, ...]


class Reader:
    """Scores pairs of a question (or a claim) and a text. It is a `Reranker` too. Loaded on first use.

    kept: the folder that caches the compiled model; None compiles it in every process.
    Raises WeightsError when the weights are missing.
    """

    def __init__(self, path: Path = WEIGHTS, kept: Path | None = None) -> None:
        self._path = path
        self._kept = kept
        self._lock = threading.Lock()
        self._compiled: Any = None
        self._tokenizer: Any = None

    @property
    def model_id(self) -> str:
        """The id of the reader in the package."""
        return MODEL_ID

    @cached_property
    def digest(self) -> str:
        """sha256 of the weights. A calibration is valid only for the weights it was fitted with."""
        self._require_weights()
        return hashlib.sha256((self._path / "model.bin").read_bytes()).hexdigest()

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (len(texts),): the logit of "this text answers the question"."""
        scores = np.zeros(len(texts), dtype=np.float32)
        for rows, _, outputs in self._run(question, texts):
            scores[rows] = outputs[2][:, 0]
        return scores

    def read(self, question: str, texts: Sequence[str], n_spans: int = 3) -> list[Reading]:
        """A reading of each text."""
        readings: list[Reading | None] = [None] * len(texts)
        for rows, encoded, outputs in self._run(question, texts):
            for at, row in enumerate(rows):
                spans = _best_spans(encoded[at], outputs[0][at], outputs[1][at], n_spans)
                readings[row] = Reading(float(outputs[2][at, 0]), spans)
        return [reading for reading in readings if reading is not None]

    def support(self, claim: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (len(texts), 3): probabilities that a text supports the claim, contradicts it, or neither."""
        probabilities = np.zeros((len(texts), 3), dtype=np.float32)
        for rows, _, outputs in self._run(claim, texts):
            logits = outputs[3] - outputs[3].max(axis=1, keepdims=True)
            shares = np.exp(logits)
            probabilities[rows] = shares / shares.sum(axis=1, keepdims=True)
        return probabilities

    def warm(self) -> None:
        """Load the model now."""
        self.score("Who saw it?", ["Nobody in the town said what had been seen on the bridge."])

    def _run(self, first: str, texts: Sequence[str]) -> Iterator[tuple[list[int], list[Any], list[Any]]]:
        """Rows of `texts`, their encodings and the four outputs, batch by batch."""
        self._load()
        encoded = self._pairs(first, texts)
        with self._lock:
            for rows, ids, mask in padded_batches([item.ids for item in encoded]):
                types = np.zeros_like(ids)
                for at, row in enumerate(rows):
                    types[at, : len(encoded[row].type_ids)] = encoded[row].type_ids
                inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
                yield rows, [encoded[row] for row in rows], compute_batch(self._compiled, inputs)

    def _pairs(self, first: str, texts: Sequence[str]) -> list[Any]:
        """Encodings of at most MAX_TOKENS each, at most MAX_QUESTION_TOKENS of them for `first`."""
        tokenizer = self._tokenizer
        query = tokenizer.encode(first, add_special_tokens=False)
        if len(query) > MAX_QUESTION_TOKENS:
            half = MAX_QUESTION_TOKENS // 2
            ends = f"{first[: query.offsets[half - 1][1]]} {first[query.offsets[-half][0] :]}"
            query = tokenizer.encode(ends, add_special_tokens=False)
            # Words cut in the middle may be encoded as more tokens than before.
            query.truncate(MAX_QUESTION_TOKENS)
        room = MAX_TOKENS - tokenizer.num_special_tokens_to_add(True) - len(query)
        read = tokenizer.encode_batch(list(texts), add_special_tokens=False)
        for text in read:
            text.truncate(room)
        return [tokenizer.post_process(query, text) for text in read]

    def _load(self) -> None:
        with self._lock:
            if self._compiled is not None:
                return
            self._require_weights()
            import openvino
            from tokenizers import Tokenizer

            self._tokenizer = Tokenizer.from_file(str(self._path / "tokenizer.json"))
            self._tokenizer.no_padding()
            self._tokenizer.no_truncation()
            self._compiled = compile_for_cpu(openvino, self._path / "model.xml", self._kept)

    def _require_weights(self) -> None:
        for name in ("model.xml", "model.bin", "tokenizer.json"):
            if not (self._path / name).is_file():
                raise WeightsError(f"the reader's {name} is not in {self._path}", remedy="reinstall askive")


def _best_spans(
    encoded: Any, starts: NDArray[np.float32], ends: NDArray[np.float32], n_spans: int
) -> tuple[AnswerSpan, ...]:
    """The spans of the text with the highest sums of start and end logits, as in BERT for SQuAD."""
    inside = [at for at, sequence in enumerate(encoded.sequence_ids) if sequence == 1]
    if not inside:
        return ()
    first, last = inside[0], inside[-1] + 1
    sums = starts[first:last, None].astype(np.float32) + ends[None, first:last].astype(np.float32)
    allowed = np.triu(np.tri(last - first, last - first, _MAX_SPAN_TOKENS - 1, dtype=bool))
    sums = np.where(allowed, sums, _MASKED)
    chosen: list[tuple[int, int]] = []
    spans: list[AnswerSpan] = []
    for flat in np.argsort(-sums, axis=None)[: 8 * n_spans]:
        low, high = (int(i) for i in np.unravel_index(flat, sums.shape))
        if sums[low, high] <= _MASKED / 2 or any(low <= b and a <= high for a, b in chosen):
            continue
        chosen.append((low, high))
        start, end = encoded.offsets[first + low][0], encoded.offsets[first + high][1]
        spans.append(AnswerSpan(start, end, float(sums[low, high])))
        if len(spans) == n_spans:
            break
    return tuple(spans)

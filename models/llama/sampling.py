"""From logits to words: choosing tokens, whole characters, stop strings."""

from __future__ import annotations

import codecs
import math

import numpy as np
from numpy.typing import NDArray


def pick(logits: NDArray[np.float32], temperature: float, rng: np.random.Generator) -> tuple[int, float]:
    """The next token and its log-probability under the untempered distribution. logits: shape (n_vocab,)."""
    token = int(logits.argmax())
    if temperature > 0:
        # Gumbel-max: a sample of softmax(logits / temperature) without building it.
        token = int((logits / temperature + rng.gumbel(size=logits.shape)).argmax())
    return token, logprob_of(logits, token)


def logprob_of(logits: NDArray[np.float32], token: int) -> float:
    """Natural-log probability of a token. logits: shape (n_vocab,)."""
    top = float(logits.max())
    # In one buffer: this is done for every token that is written.
    shares = logits - top
    np.exp(shares, out=shares)
    return float(logits[token]) - top - math.log(float(shares.sum()))


def release(text: str, stops: tuple[str, ...]) -> tuple[str, str, bool]:
    """Split text into what may be shown, what may be the start of a stop string, and whether one was met."""
    met = [at for stop in stops if (at := text.find(stop)) >= 0]
    if met:
        return text[: min(met)], "", True
    longest = max((len(stop) for stop in stops), default=0)
    for n in range(min(longest - 1, len(text)), 0, -1):
        if any(stop.startswith(text[-n:]) for stop in stops):
            return text[:-n], text[-n:], False
    return text, "", False


class TextStream:
    """The text of one generation: tokens in, text that may be shown out."""

    def __init__(self, stops: tuple[str, ...]) -> None:
        self._stops = stops
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self.held = ""
        """What may be the start of a stop string. Bytes of a cut character are not in it: they are never shown."""
        self.stopped = False

    def take(self, token_bytes: bytes) -> str:
        """What may be shown now; sets `stopped` when a stop string was met."""
        self.held += self._decoder.decode(token_bytes)
        shown, self.held, self.stopped = release(self.held, self._stops)
        return shown

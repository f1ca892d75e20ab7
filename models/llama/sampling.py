"""From logits to text: token choice, whole characters, stop strings."""

from __future__ import annotations

import codecs
import math

import numpy as np
from numpy.typing import NDArray


def pick(logits: NDArray[np.float32], temperature: float, rng: np.random.Generator) -> tuple[int, float]:
    """The next token and its log-probability under the untempered distribution. logits: shape (n_vocab,)."""
    token = int(logits.argmax())
    if temperature > 0:
        # Gumbel-max: samples softmax(logits / temperature) without computing it.
        token = int((logits / temperature + rng.gumbel(size=logits.shape)).argmax())
    return token, logprob_of(logits, token)


def logprob_of(logits: NDArray[np.float32], token: int) -> float:
    """Natural-log probability of a token. logits: shape (n_vocab,)."""
    top = float(logits.max())
    # In place: this runs for every generated token.
    shares = logits - top
    np.exp(shares, out=shares)
    return float(logits[token]) - top - math.log(float(shares.sum()))


def release(text: str, stops: tuple[str, ...]) -> tuple[str, str, bool]:
    """Split text into (text to show, possible start of a stop string, whether a stop string was found)."""
    met = [at for stop in stops if (at := text.find(stop)) >= 0]
    if met:
        return text[: min(met)], "", True
    longest = max((len(stop) for stop in stops), default=0)
    for n in range(min(longest - 1, len(text)), 0, -1):
        if any(stop.startswith(text[-n:]) for stop in stops):
            return text[:-n], text[-n:], False
    return text, "", False


class TextStream:
    """The text of one generation: bytes of tokens in, text to show out."""

    def __init__(self, stops: tuple[str, ...]) -> None:
        self._stops = stops
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self.held = ""
        """The possible start of a stop string. Bytes of an incomplete character are not in it: they are never shown."""
        self.stopped = False

    def take(self, token_bytes: bytes) -> str:
        """The text to show now. Sets `stopped` after a stop string."""
        self.held += self._decoder.decode(token_bytes)
        shown, self.held, self.stopped = release(self.held, self._stops)
        return shown

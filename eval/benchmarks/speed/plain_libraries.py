"""The libraries used directly, as baselines."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from askive.models.llama.context import quiet
from askive.models.machine import physical_cores


class PlainLlama:
    """`llama_cpp.Llama` with as many threads as physical cores, and its defaults otherwise."""

    def __init__(self, path: Path, context_tokens: int = 4096) -> None:
        import llama_cpp

        quiet(llama_cpp)
        n_threads = physical_cores()
        self._llama: Any = llama_cpp.Llama(
            str(path), n_ctx=context_tokens, n_threads=n_threads, n_threads_batch=n_threads, verbose=False
        )

    def timed(self, prompt: Sequence[int], n_tokens: int) -> tuple[float, float]:
        """Seconds to prefill the prompt, and to generate so many tokens after it, greedily, in the library's loop."""
        self._llama.reset()
        times = [time.perf_counter()]
        for _ in self._llama.generate(list(prompt), temp=0.0, top_k=1, repeat_penalty=1.0):
            times.append(time.perf_counter())
            if len(times) > n_tokens + 1:
                break
        return times[1] - times[0], times[-1] - times[1]

    def close(self) -> None:
        """Free the model."""
        self._llama.close()


class PlainEncoder:
    """`SentenceTransformer(path).encode(texts)`, all defaults."""

    def __init__(self, path: Path) -> None:
        from sentence_transformers import SentenceTransformer

        self._model: Any = SentenceTransformer(str(path), device="cpu")

    def embed(self, texts: Sequence[str]) -> Any:
        """Shape (len(texts), dimension), float32."""
        return self._model.encode(list(texts), show_progress_bar=False)

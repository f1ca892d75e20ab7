"""Embedding in a thread: the same items in the same order with their own vectors, and errors that are not lost."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from types import CodeType, FrameType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.models.protocols import Vectors
from askive.rag.ingest import embed_ahead
from askive.rag.ingest.embed_ahead import EmbedAhead


class Numbers:
    """The vector of a text is the number it spells."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def embed_once(self, texts: Sequence[str]) -> Vectors:
        self.sizes.append(len(texts))
        if "bad" in texts:
            raise ValueError("a bad text")
        return np.array([[float(text)] for text in texts], dtype=np.float32)


def test_items_without_texts_do_not_pile_up_behind_a_batch_that_is_not_full() -> None:
    ahead: EmbedAhead[int] = EmbedAhead(Numbers(), 100)
    ahead.add(0, ["1"])
    got: list[int] = []
    for item in range(1, 1500):
        ahead.add(item, [])
        got += [number for number, _ in ahead.ready()]
    assert len(got) > 400
    assert ahead.stop() == []


@given(st.lists(st.integers(0, 12), max_size=30), st.integers(1, 7))
def test_items_come_back_in_order_with_their_vectors(sizes: list[int], n_batch: int) -> None:
    embedder = Numbers()
    ahead: EmbedAhead[int] = EmbedAhead(embedder, n_batch)
    got: list[tuple[int, list[float]]] = []
    numbers = iter(range(10_000))
    texts = [[str(next(numbers)) for _ in range(n)] for n in sizes]
    for item, of_item in enumerate(texts):
        ahead.add(item, of_item)
        got += [(i, vectors.ravel().tolist()) for i, vectors in ahead.ready()]
    got += [(i, vectors.ravel().tolist()) for i, vectors in ahead.finish()]
    assert ahead.stop() == []
    assert got == [(i, [float(text) for text in of_item]) for i, of_item in enumerate(texts)]
    assert all(size == n_batch for size in embedder.sizes[:-1])
    assert sum(embedder.sizes) == sum(sizes)


def test_adding_waits_while_too_much_is_in_the_queue() -> None:
    gate = threading.Event()

    class Slow(Numbers):
        def embed_once(self, texts: Sequence[str]) -> Vectors:
            gate.wait(30)
            return super().embed_once(texts)

    ahead: EmbedAhead[int] = EmbedAhead(Slow(), n_batch=1, n_ahead=2)
    added: list[int] = []

    def add() -> None:
        for n in range(10):
            ahead.add(n, [str(n)])
            added.append(n)

    thread = threading.Thread(target=add)
    thread.start()
    thread.join(0.3)
    assert len(added) <= 3
    gate.set()
    thread.join(30)
    assert added == list(range(10))
    assert [n for n, _ in ahead.finish()] == list(range(10))
    ahead.stop()


def test_an_error_is_raised_and_what_was_made_before_it_is_kept() -> None:
    ahead: EmbedAhead[str] = EmbedAhead(Numbers(), n_batch=2)
    ahead.add("a", ["1", "2"])
    ahead.add("b", ["3", "bad"])
    ahead.add("c", ["5", "6"])
    got: list[str] = []
    with pytest.raises(ValueError, match="a bad text"):
        for item, _ in ahead.finish():
            got.append(item)
    assert got == ["a"]
    assert ahead.stop() == [], "nothing behind the error"


class InterruptAt:
    """Ctrl-C before the n-th line that this thread runs in rag/ingest/embed_ahead.py, and that counts."""

    def __init__(self, n: int, functions: frozenset[str] = frozenset()) -> None:
        self._left = n
        self._functions = functions

    def __enter__(self) -> None:
        self._before = sys.gettrace()
        sys.settrace(self._called)

    def __exit__(self, *told: object) -> None:
        sys.settrace(self._before)

    def _called(self, frame: FrameType, event: str, argument: Any) -> Any:
        code: CodeType = frame.f_code
        counts = not self._functions or code.co_name in self._functions
        return self._line if code.co_filename == embed_ahead.__file__ and counts else None

    def _line(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            self._left -= 1
            if self._left == 0:
                raise KeyboardInterrupt
        return self._line


def test_interrupted_at_any_line_no_item_gets_the_rows_of_another() -> None:
    sizes = [2, 5, 0, 1, 3, 4]
    numbers = iter(range(100))
    texts = [[str(next(numbers)) for _ in range(n)] for n in sizes]
    n_lost, at = 0, 0
    while True:
        at += 1
        ahead: EmbedAhead[int] = EmbedAhead(Numbers(), n_batch=3, n_ahead=0)
        got: list[tuple[int, list[float]]] = []
        interrupted = False
        try:
            with InterruptAt(at):
                for item, of_item in enumerate(texts):
                    ahead.add(item, of_item)
                    got += [(i, vectors.ravel().tolist()) for i, vectors in ahead.ready()]
                got += [(i, vectors.ravel().tolist()) for i, vectors in ahead.finish()]
        except KeyboardInterrupt:
            interrupted = True
        got += [(i, vectors.ravel().tolist()) for i, vectors in ahead.stop()]
        for i, rows in got:
            assert rows == [float(text) for text in texts[i]], f"interrupted at line {at}"
        n_lost += len(got) < len(texts)
        if not interrupted:
            break
    assert at > 50
    assert len(got) == len(texts)
    assert n_lost > 20

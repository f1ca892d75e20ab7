"""Giving up what nobody waits for: at the next look, and without a trace."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest

from askive.models.cancellation import Stopped, hold_lock, look, stop_flag, stopping_at
from askive.models.embedders.openvino import OpenVinoEmbedder
from askive.models.llama.turns import EngineTurns
from askive.models.reader.cross_encoder import Reader
from askive.models.weights.store import WeightStore
from askive.rag.config import DEFAULT_EMBEDDER

TEXTS = [f"The harbour of Aldermoor received {n} ships, and nobody counted them twice." for n in range(100)]


class Later(threading.Event):
    """Not set until it has been looked at so many times."""

    def __init__(self, n_looks: int) -> None:
        super().__init__()
        self.n_left = n_looks

    def is_set(self) -> bool:
        self.n_left -= 1
        return self.n_left < 0


def test_the_flag_is_in_force_inside_and_in_this_thread_alone() -> None:
    flag, elsewhere = threading.Event(), list[threading.Event | None]()
    with stopping_at(flag):
        look()
        with stopping_at(None):
            assert stop_flag() is None
        thread = threading.Thread(target=lambda: elsewhere.append(stop_flag()))
        thread.start()
        thread.join()
        flag.set()
        with pytest.raises(Stopped):
            look()
    look()
    assert elsewhere == [None]


def waits(wait: Callable[[threading.Event], AbstractContextManager[None]]) -> None:
    """Whoever waits gives up when told, and has held nothing."""
    cancel, gave_up = threading.Event(), list[bool]()

    def go() -> None:
        try:
            with wait(cancel):
                pass
        except Stopped:
            gave_up.append(True)

    thread = threading.Thread(target=go)
    thread.start()
    thread.join(0.1)
    assert thread.is_alive()
    cancel.set()
    thread.join(20)
    assert gave_up == [True]


def test_waiting_for_a_lock_is_given_up() -> None:
    lock = threading.Lock()
    with lock:
        waits(lambda cancel: hold_lock(lock, cancel))
    with hold_lock(lock, None):
        assert lock.locked()
    assert not lock.locked()


def test_waiting_for_ones_turn_at_the_engine_is_given_up() -> None:
    turns, first = EngineTurns(), object()
    with turns.step(first):
        waits(lambda cancel: turns.step(object(), cancel))
    turns.finish(first)
    with turns.step(object(), threading.Event()):
        pass


def test_a_reader_stopped_in_the_middle_reads_the_same_afterwards() -> None:
    reader, texts = Reader(), TEXTS[:70]
    expected = reader.read("How many ships came?", texts)
    with stopping_at(threading.Event()):
        assert reader.read("How many ships came?", texts) == expected
    one = reader.read("How many ships came?", texts[:1])
    for n_looks in range(3):
        with stopping_at(Later(n_looks)), pytest.raises(Stopped):
            reader.read("How many ships came?", texts)
        # At once, and of another shape.
        assert reader.read("How many ships came?", texts[:1]) == one
    assert reader.read("How many ships came?", texts) == expected


@pytest.mark.weights
def test_an_embedder_stopped_in_the_middle_gives_the_same_vectors_afterwards(weights_models: Path) -> None:
    store = WeightStore(weights_models)
    embedder = OpenVinoEmbedder(
        store.path_of(DEFAULT_EMBEDDER), DEFAULT_EMBEDDER, store.digest_of(DEFAULT_EMBEDDER)
    )
    expected = embedder.embed(TEXTS)
    with stopping_at(threading.Event()):
        assert np.array_equal(embedder.embed(TEXTS), expected)
    one = embedder.embed(TEXTS[:1])
    for n_looks in (0, 1):
        with stopping_at(Later(n_looks)), pytest.raises(Stopped):
            embedder.embed(TEXTS)
        assert np.array_equal(embedder.embed(TEXTS[:1]), one)
    assert np.array_equal(embedder.embed(TEXTS), expected)

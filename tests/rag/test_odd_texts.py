"""Questions and texts that are no sentences: each is answered, refused, or a clear error, by every way in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from askive.models.errors import UsageError
from askive.models.fakes import HashEmbedder, ScriptedGenerator
from askive.models.protocols import Embedder
from askive.models.reader.cross_encoder import MAX_QUESTION_TOKENS, MAX_TOKENS, Reader
from askive.rag.answer.answerer import LONGEST_QUESTION_CHARS
from askive.rag.answer.prompt import MAX_QUESTION_TOKENS as MAX_PROMPTED
from askive.rag.answer.prompt import build_prompt, shorten
from askive.rag.assistant import Assistant
from askive.rag.config import DEFAULT_EMBEDDER, Config, PassageConfig
from askive.rag.ingest.pipeline import ingest_paths
from askive.rag.question.analysis import Question
from askive.rag.store.archive import Archive
from askive.rag.types import Turn
from askive.rag.verify_text import verify_text

LOG_LINE = '2026-01-03T11:02:09.113Z ERROR [http-nio-8080-exec-7] c.a.Svc id=0x7ffe{"a":[1,2]} \\tat x.y.Z(Z.java:42) '
ODD = {
    "quotes": '"' * 2000,
    "chinese": "请问这座桥是谁建造的" * 33,
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈" * 300,
    "log line": LOG_LINE * 40,
    "log of 50 kB": LOG_LINE * 500,
    "nuls": "Who built\0 the\0bridge?" + "\0" * 500,
    "surrogates": "Who built \ud800 the \udfff bridge?\ud83d",
    "right to left": "\u202eמי בנה את הגשר הישן؟ من بنى الجسر القديم " * 30,
    "combining": "Who built i\u0301t?" + "e" + "\u0301" * 1500,
    "one word": "a" * 3000,
    "white space": " \t\u2028\u00a0 x" * 300,
}


class ByCharacter(ScriptedGenerator):
    """The costliest tokenizer: two tokens a character."""

    def count_tokens(self, text: str) -> int:
        return 2 * len(text)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


@pytest.fixture(scope="module", params=["hash", pytest.param("real", marks=pytest.mark.weights)])
def odd_archive(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Archive]:
    """A small archive, over hashed words or the real embedder."""
    from askive.models.registry import load_embedder

    embedder: Embedder = HashEmbedder(256)
    if request.param == "real":
        models: Path = request.getfixturevalue("weights_models")
        embedder = load_embedder(DEFAULT_EMBEDDER, models)
    folder = tmp_path_factory.mktemp("odd")
    (folder / "bridge.txt").write_text(
        "The old bridge of Aldermoor was built in 1871 by the engineer Ida Falk.\n\n桥是由艾达建造的。\n",
        encoding="utf-8",
    )
    with Archive.open(folder / "archive", embedder, PassageConfig()) as opened:
        assert not ingest_paths(opened, [folder / "bridge.txt"]).failures
        yield opened


@pytest.mark.parametrize("name", ODD)
def test_every_way_in_stands_odd_texts(odd_archive: Archive, reader: Reader, name: str) -> None:
    text = ODD[name]
    config = Config(home=odd_archive.folder)
    opened = Assistant(odd_archive, ScriptedGenerator(), config, reader)
    if len(text) > LONGEST_QUESTION_CHARS:
        with pytest.raises(UsageError, match=r"at most 12,000 are read"):
            opened.ask(text)
    else:
        answer = opened.ask(text, [Turn(text, text)])
        assert answer.text
        assert answer.text.encode(), "no halves of surrogate pairs"
    for sentence in verify_text(f"{text[:3000]} The bridge was built in 1871.", odd_archive, config):
        assert sentence.text.encode()


@pytest.mark.parametrize("name", [name for name in ODD if name != "surrogates"])
def test_a_long_question_never_crowds_out_the_text(reader: Reader, name: str) -> None:
    reader.warm()
    (pair,) = reader._pairs(ODD[name], ["The bridge was built by Ida Falk. " * 60])
    kinds = [
        kind for kind, special in zip(pair.type_ids, pair.special_tokens_mask, strict=True) if not special
    ]
    assert len(pair) <= MAX_TOKENS
    assert 0 < kinds.count(0) <= MAX_QUESTION_TOKENS or not ODD[name].strip("\0")
    assert kinds.count(1) >= MAX_TOKENS - MAX_QUESTION_TOKENS - 3
    assert reader.read(ODD[name], ["Ida Falk built it."])[0].spans


def test_the_end_of_a_long_question_is_read_too(reader: Reader) -> None:
    reader.warm()
    (pair,) = reader._pairs(f"{LOG_LINE * 40} Who built the bridge?", ["Ida Falk."])
    asked = [token for token, kind in zip(pair.tokens, pair.type_ids, strict=True) if kind == 0]
    assert asked[-6:] == ["who", "built", "the", "bridge", "?", "[SEP]"]


@pytest.mark.parametrize("name", ODD)
def test_the_prompt_counts_tokens(name: str) -> None:
    count = ByCharacter().count_tokens
    shown = shorten(ODD[name], count_tokens=count)
    assert count(shown) <= MAX_PROMPTED
    prompt = build_prompt(Question.read(ODD[name]), (), [Turn(ODD[name], ODD[name])] * 3, count)
    assert sum(count(message.text) for message in prompt.messages) < 4000

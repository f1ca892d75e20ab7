"""What a model on a server gets is said: on the page, always visible, and on standard error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from askive.models.fakes import ScriptedGenerator
from askive.models.remote.endpoints import RemotePolicy
from askive.models.remote.openai import OpenAIGenerator
from askive.rag.config import DEFAULT_GENERATOR, load_config
from askive.ui.chat.workspace import Workspace
from askive.ui.disclosure import disclose, limits
from tests.conftest import SMALL_GENERATOR
from tests.eval.conftest import town_folder  # noqa: F401
from tests.models.remote.test_endpoints import running
from tests.models.remote.test_openai import send
from tests.ui.chat.browser_chat import serving, speaking
from tests.ui.chat.conftest import open_chat
from tests.ui.chat.test_page import CAPTAIN, answered, ask
from tests.ui.test_cli import Askive, askive, indexed  # noqa: F401

EXCERPTS = "Questions and excerpts of your documents are sent to {}."
TEXT = "The text of your documents and questions is sent to {}."


@pytest.mark.parametrize(
    ("generator", "embedder", "said"),
    [
        ("scripted", "hash", ""),
        (None, "all-minilm-l6-v2", ""),
        ("./model.gguf", "hash", ""),
        ("openai:https://api.example.com/v1#gpt", "hash", EXCERPTS.format("api.example.com")),
        ("openai:https://me:secret@api.example.com:8443/v1", "hash", EXCERPTS.format("api.example.com:8443")),
        ("openai:http://localhost:8080/v1", "hash", EXCERPTS.format("localhost:8080, on this machine")),
        ("openai:http://[::1]:8080/v1", "hash", EXCERPTS.format("[::1]:8080, on this machine")),
        ("openai:http://localhost.example.com/v1", "hash", EXCERPTS.format("localhost.example.com")),
        ("openai:http://[x/v1", "hash", EXCERPTS.format("http://[x/v1")),
        ("openai:nonsense", "hash", EXCERPTS.format("nonsense")),
        (None, "openai:https://api.example.com/v1", TEXT.format("api.example.com")),
        (
            "openai:http://localhost:80/v1,https://b.example.com/v1,https://c.example.com/v1#m",
            "hash",
            EXCERPTS.format("localhost:80, on this machine; b.example.com and to c.example.com"),
        ),
        (
            "openai:https://a.example.com/v1",
            "openai:https://b.example.com/v1",
            f"{TEXT.format('b.example.com')} {EXCERPTS.format('a.example.com')}",
        ),
    ],
)
def test_the_host_is_named(generator: str | None, embedder: str, said: str) -> None:
    assert disclose(generator, embedder) == said


def test_a_reranker_on_a_server_is_named_too() -> None:
    said = disclose(None, "hash", "openai:https://r.example.com/v1#m")
    assert said == "Questions and the passages found for them are sent to r.example.com."


def test_what_a_server_cannot_do_is_told_with_what_it_costs() -> None:
    assert limits(ScriptedGenerator()) == ""
    with speaking() as speaker:
        generator = OpenAIGenerator(speaker.url, DEFAULT_GENERATOR, weights_id=DEFAULT_GENERATOR)
        said = limits(generator)
        assert "it reports no log-probabilities" in said
        assert "Rules and the reader decide alone" in said
    odds = {"choices": [{"logprobs": {"content": [{"top_logprobs": [{"token": "Yes", "logprob": -1.0}]}]}}]}
    with running(lambda request, _: send(request, odds)) as server:
        known = limits(OpenAIGenerator(server.url, DEFAULT_GENERATOR, weights_id=DEFAULT_GENERATOR))
        assert f"taken for {DEFAULT_GENERATOR}: all checks take part" in known
        assert "nothing is fitted for it" in limits(OpenAIGenerator(server.url, "gpt"))
    away = limits(OpenAIGenerator(server.url, "gpt", policy=RemotePolicy(retries=0)))
    assert "cannot be reached" in away
    assert "until it answers" in away


def test_ask_says_it_once_unless_quiet(indexed: Askive) -> None:  # noqa: F811
    question = "How many ships did the harbour of Aldermoor receive in January?"
    with speaking() as speaker:
        model = f"openai:{speaker.url}"
        place = f"{speaker.url.removeprefix('http://').removesuffix('/v1')}, on this machine"
        for as_json in ([], ["--json"]):
            result = indexed("ask", question, "--embedder", "hash", "--model", model, *as_json)
            assert result.code == 0
            assert result.err.count(EXCERPTS.format(place)) == 1
            assert "sent to" not in result.out
            assert result.err.count("it reports no log-probabilities") == 1
        assert (
            "sent to" not in indexed("ask", question, "--embedder", "hash", "--model", model, "--quiet").err
        )
    assert "sent to" not in indexed("ask", question, "--embedder", "hash", "--model", "scripted").err


def test_indexing_says_it_before_it_sends_anything(askive: Askive, documents: Path) -> None:  # noqa: F811
    result = askive("index", documents, "--embedder", "openai:http://127.0.0.1:9/v1")
    assert result.code == 1, "nobody listens there"
    assert result.err.startswith(TEXT.format("127.0.0.1:9, on this machine"))
    assert "sent to" not in askive("index", documents, "--embedder", "hash", "--collection", "here").err


def test_an_evaluation_says_it(askive: Askive, town_folder: Path) -> None:  # noqa: F811
    suite = [str(town_folder), "--embedder", "hash", "--limit", "1"]
    with speaking() as speaker:
        result = askive("eval", "run", *suite, "--model", f"openai:{speaker.url}")
        assert result.err.count("Questions and excerpts of your documents are sent to 127.0.0.1:") == 1
    assert "sent to" not in askive("eval", "run", *suite, "--model", "scripted").err


def test_the_page_is_told_for_each_model(home: Path) -> None:
    remote = "openai:https://api.example.com/v1"
    for generator, said in ((remote, EXCERPTS.format("api.example.com")), ("scripted", "")):
        workspace = Workspace(load_config({"home": home, "embedder": "hash", "generator": generator}))
        assert workspace.generators() == [{"id": generator, "name": generator, "disclosure": said}]
        workspace.close()


@pytest.mark.browser
def test_the_page_says_it_before_and_after_an_answer(page: Any) -> None:
    line = page.locator("#disclosure")
    for _ in range(2):
        assert line.is_visible()
        assert line.inner_text().startswith("Questions and excerpts of your documents are sent to 127.0.0.1:")
        assert "Nothing leaves" not in page.locator("body").inner_text()
        answered(ask(page, CAPTAIN))


@pytest.mark.browser
@pytest.mark.weights
def test_the_line_follows_the_model(browser: Any, weights_home: Path) -> None:
    remote = "openai:https://api.example.com/v1"
    with serving(weights_home, "--collection", "seeds", "--embedder", "hash", "--model", remote) as url:
        page = browser.new_page()
        open_chat(page, url)
        line = page.locator("#disclosure")
        assert line.inner_text() == EXCERPTS.format("api.example.com")
        page.select_option("#model", SMALL_GENERATOR)
        assert line.inner_text() == "Nothing leaves this machine."
        page.select_option("#model", remote)
        assert line.inner_text() == EXCERPTS.format("api.example.com")
        page.close()


def test_a_server_that_stores_the_documents_is_named() -> None:
    said = disclose(None, "hash", store="milvus:https://key@vectors.example.com:19530/town")
    assert said == "The text of your documents is stored on vectors.example.com."
    assert disclose(None, "hash", store="milvus:town.db") == disclose(None, "hash") == ""

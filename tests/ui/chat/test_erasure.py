"""What is removed in the chat is removed: every byte of the data folder, and what quotes it when that is wanted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from askive.rag.config import Config
from askive.rag.privacy.leftovers import find_leftovers, sweep
from askive.ui.chat.conversations import Conversations
from askive.ui.chat.documents.listing import Listing, list_documents
from askive.ui.chat.gold_questions import save_gold
from askive.ui.chat.http.payloads import View
from askive.ui.chat.jobs import AnswerJobs, Request
from askive.ui.chat.library import Library
from askive.ui.chat.scheduler import Scheduler, Work
from askive.ui.chat.workspace import Workspace
from tests.erasing import holders, secret

KEEPER = secret("keeper")
SENTENCE = f"The lighthouse of Aldermoor is kept by old {KEEPER}, who lives in the tower."
QUESTION = "Who keeps the lighthouse of Aldermoor?"
QUOTES = {"answers in conversations": 1, "gold questions": 1, "copies in gold suites": 1}


def put(library: Library, text: str, name: str = "light.txt") -> View:
    upload = library.receive("town", name)
    upload.write(text.encode())
    return list(library.add("town", upload, replace=True))[-1]


@pytest.fixture
def uri(workspace: Workspace, kept: Conversations) -> str:
    """An uploaded document that a conversation and a gold question quote."""
    library = Library(workspace)
    assert put(library, SENTENCE)["step"] == "done"
    (view,) = [
        view
        for view in list_documents(workspace.archive("town"), Listing())["documents"]
        if view["uri"].endswith("light.txt")
    ]
    jobs = AnswerJobs(workspace, kept)
    for question in (QUESTION, "Which captain counted the ships from the north tower?"):
        _, job = jobs.begin(None, question, Request("town", "scripted"))
        assert list(job.follow())
    turn = next(
        turn for c in kept.all() for turn in kept.turns(c.conversation_id) if turn.question == QUESTION
    )
    assert KEEPER in turn.answer_text
    save_gold(workspace.config, workspace.archive("town"), turn, [], [KEEPER])
    return str(view["uri"])


@pytest.mark.parametrize("with_quotes", [False, True])
@pytest.mark.parametrize("whole", [False, True])
def test_quotes_go_when_that_is_wanted(
    workspace: Workspace, kept: Conversations, home: Path, uri: str, whole: bool, with_quotes: bool
) -> None:
    library = Library(workspace)
    told = library.quotes("town") if whole else library.quotes("town", uri)
    assert told["gold questions"] == 1
    assert told["answers in conversations"] == (2 if whole else 1)
    if whole:
        library.delete("town", with_quotes=with_quotes)
    else:
        library.remove("town", uri, with_quotes=with_quotes)
    held = [name for name in holders(home, KEEPER) if not name.startswith("chat/conversations.sqlite3-wal")]
    if with_quotes:
        assert holders(home, KEEPER) == []
        assert len(kept.all()) == (0 if whole else 1)
        assert (home / "gold" / "town").exists() is not whole
    else:
        assert {name.split("/")[0] for name in held} <= {"chat", "gold"}
        assert len(kept.all()) == 2


def test_what_is_quoted_after_a_rename(
    workspace: Workspace, kept: Conversations, home: Path, uri: str
) -> None:
    """Conversations and gold suites go on under the collection's former name."""
    library = Library(workspace)
    library.rename("town", "city")
    assert library.quotes("city", uri) == QUOTES
    library.create("town")
    assert library.quotes("city", uri) == {}, "they are another collection's now"


def test_a_replaced_upload(workspace: Workspace, home: Path, uri: str) -> None:
    other = SENTENCE.replace(KEEPER, secret("other"))
    assert put(Library(workspace), other)["step"] == "done"
    assert {name.split("/")[0] for name in holders(home, KEEPER)} <= {"chat", "gold"}
    assert holders(home, secret("other"))


def test_a_deleted_conversation(kept: Conversations, home: Path, uri: str) -> None:
    assert any(name.startswith("chat/") for name in holders(home, KEEPER))
    for conversation in kept.all():
        kept.delete(conversation.conversation_id)
    assert not any(name.startswith("chat/") for name in holders(home, KEEPER))


KILLED = """
import os, signal, sys
from pathlib import Path
import {module}

def die(*arguments, **named):
    os.kill(os.getpid(), signal.SIGKILL)

from askive.rag.config import Config
from askive.ui.chat.workspace import Workspace
from askive.ui.chat.library import Library

workspace = Workspace(Config(home=Path(sys.argv[1]), embedder="hash", generator="scripted"))
library = Library(workspace)
way, text = sys.argv[2], sys.argv[3]
{module}.{name} = die
if way == "upload":
    upload = library.receive("town", "light.txt")
    upload.write(text.encode())
    print(list(library.add("town", upload, replace=True)))
elif way == "remove":
    uris = [source.uri for source in workspace.archive("town").store.sources()]
    library.remove("town", next(uri for uri in uris if uri.endswith("light.txt")))
else:
    library.delete("town")
"""
KILLS = [
    ("upload", "askive.ui.chat.library", "ingest_paths"),
    ("upload", "askive.rag.store.sqlite", "SqliteStore.put"),
    ("upload", "askive.rag.store.vector_cache", "VectorCache.save"),
    ("upload", "askive.ui.chat.library", "erase_removed"),
    ("upload", "askive.ui.chat.library", "Library.add"),
    ("remove", "askive.rag.store.vector_cache", "VectorCache.save"),
    ("remove", "askive.rag.privacy.register", "delete_upload"),
    ("delete", "askive.rag.privacy.register", "delete_upload"),
    ("delete", "shutil", "rmtree"),
]


@pytest.mark.parametrize(("way", "module", "name"), KILLS)
def test_a_chat_that_is_killed(config: Config, home: Path, way: str, module: str, name: str) -> None:
    """After the next start there is one version of the file, which is the one that is indexed, or none."""
    workspace = Workspace(config)
    assert put(Library(workspace), SENTENCE)["step"] == "done"
    workspace.close()
    new = SENTENCE.replace(KEEPER, secret("other"))
    killed = subprocess.run(
        [sys.executable, "-c", KILLED.format(module=module, name=name), str(home), way, new],
        capture_output=True, text=True, timeout=120, env={**os.environ, "ASKIVE_HOME": str(home)},
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert find_leftovers(config), "something is to be done"
    sweep(config)
    assert find_leftovers(config) == []
    found = {word: holders(home, word) for word in (KEEPER, secret("other"))}
    if way != "upload":
        assert found == {KEEPER: [], secret("other"): []}
        return
    (stays,) = [word for word, names in found.items() if names]
    assert sorted(name.split("/")[0] for name in found[stays]) == ["collections", "uploads"]
    workspace = Workspace(config)
    assert workspace.archive("town").lexical.search(stays, 1)
    workspace.close()


def test_removing_waits_for_the_question(workspace: Workspace, uri: str) -> None:
    assert isinstance(workspace.scheduler, Scheduler)
    with workspace.scheduler.turn(Work.QUESTION):
        assert Library(workspace).quotes("town", uri) == QUOTES, "asking what quotes it does not wait"

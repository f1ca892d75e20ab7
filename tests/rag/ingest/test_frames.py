"""What a parser process sends is checked before it is used."""

from __future__ import annotations

import io
import json
import struct
from dataclasses import replace
from typing import Any

import pytest

from askive.rag.errors import EmptyFile, LoadError
from askive.rag.ingest.frames import BrokenFrame, Loaded, loaded_from, receive, result_frame, send
from askive.rag.types import Document, Passage, TableRows

DOCUMENT = Document(
    "/x.md", "Title", "Größe 你好. Two.", "text/markdown", "d", "2016", "Publisher", {"a": "b", "c": ["d"]}
)
PASSAGES = [
    Passage("Größe 你好.", 0, 9, "One > Two", 1, rows=(TableRows(6, 8, 1, 3),)),
    Passage("Two.", 10, 14),
]


def test_a_document_arrives_as_it_was() -> None:
    part = replace(DOCUMENT, uri="/x.md#ä/2", text="Größer. 你好", sha256="e")
    sent = [Loaded(DOCUMENT, PASSAGES), Loaded(part, [Passage("你好", 8, 10)])]
    pipe = io.BytesIO()
    send(pipe, *result_frame(sent))
    pipe.seek(0)
    assert loaded_from(*receive(pipe), "/x.md", "d") == sent


def test_a_failure_arrives_as_an_error() -> None:
    with pytest.raises(LoadError, match="broken") as caught:
        loaded_from({"failure": "broken", "remedy": "fix"}, b"", "/x.md", "d")
    assert caught.value.remedy == "fix"
    with pytest.raises(EmptyFile):
        loaded_from({"failure": "nothing", "remedy": "fix", "is_empty": True}, b"", "/x.md", "d")


def test_a_message_has_no_control_characters_and_an_end() -> None:
    fields = {"failure": "found \x1b[2J\n\u202e" + "x" * 10_000, "remedy": "fix"}
    with pytest.raises(LoadError) as caught:
        loaded_from(fields, b"", "/x.md", "d")
    assert caught.value.message.isprintable()
    assert len(caught.value.message) == 5_000


@pytest.mark.parametrize(
    "changed",
    [
        {"title": None}, {"title": 1}, {"title": "\ud800"}, {"publisher": []}, {"metadata": {"a": 1}},
        {"metadata": {"a": [{}]}}, {"metadata": 3}, {"headings": [1]}, {"passages": None}, {"passages": [[0, 99, 0, None, []]]},
        {"passages": [[3, 2, 0, None, []]]}, {"passages": [[0, 1, 7, None, []]]}, {"passages": [[-2, -1, 0, None, []]]},
        {"passages": [[0, True, 0, None, []]]}, {"passages": [[0, 1, 0, "x", []]]}, {"passages": [[0, 1]]},
        {"passages": [[0, 1, 0, None, []]] * 100_001}, {"failure": 3}, {"uri": "/y.md"}, {"uri": "/x.mdx#1"}, {"n_bytes": 99},
        {"n_bytes": -1}, {"n_bytes": True},
        {"passages": [[0, 1, 0, None, 3]]}, {"passages": [[0, 1, 0, None, [[0, 1, 0]]]]},
        {"passages": [[0, 4, 0, None, [[0, 5, 0, 1]]]]}, {"passages": [[2, 4, 0, None, [[1, 3, 0, 1]]]]},
        {"passages": [[0, 4, 0, None, [[2, 2, 0, 1]]]]}, {"passages": [[0, 4, 0, None, [[0, 2, 0, "1"]]]]},
    ],
)  # fmt: skip
def test_what_is_no_document_is_refused(changed: dict[str, Any]) -> None:
    fields, text = result_frame([Loaded(DOCUMENT, PASSAGES)])
    fields = json.loads(json.dumps(fields))
    if "failure" in changed:
        fields |= changed
    else:
        fields["documents"][0] |= changed
    with pytest.raises(BrokenFrame):
        loaded_from(fields, text, "/x.md", "d")


@pytest.mark.parametrize("documents", [None, [], [1], "twice"])
def test_a_frame_has_documents_at_different_uris(documents: Any) -> None:
    fields, text = result_frame([Loaded(DOCUMENT, PASSAGES)] * 2)
    if documents != "twice":
        fields["documents"] = documents
    with pytest.raises(BrokenFrame):
        loaded_from(fields, text, "/x.md", "d")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\0",
        struct.pack(">IQ", 2**31, 0),
        struct.pack(">IQ", 2, 2**50),
        struct.pack(">IQ", 2, 0) + b"[]",
        struct.pack(">IQ", 2, 0) + b"{!",
        struct.pack(">IQ", 100_000, 0) + b"[" * 100_000,
        struct.pack(">IQ", 2, 9) + b"{}short",
    ],
)
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    with pytest.raises(BrokenFrame):
        receive(io.BytesIO(data))

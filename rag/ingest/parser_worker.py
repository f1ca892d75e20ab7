"""The process that parses and splits files: bytes in, documents with their passages out.

It has limited memory and time, no network, and only the user's rights; it ends with its parent.
"""

from __future__ import annotations

import os
import sys
from typing import Any, BinaryIO, NamedTuple

# Imported first: disables telemetry and downloads of libraries.
from askive import models  # noqa: F401
from askive.rag.errors import AskiveError, EmptyFile, LoadError
from askive.rag.ingest.confinement import (
    allow_program,
    cut_network,
    end_with_parent,
    limit_cpu,
    limit_memory,
    peak_bytes,
)
from askive.rag.ingest.frames import BrokenFrame, Loaded, receive, result_frame, send
from askive.rag.ingest.splitting import chunk
from askive.rag.load.limits import (
    MAX_HEADING_CHARS,
    MAX_PASSAGES,
    MEMORY_EXIT,
    cpu_seconds,
    out_of_memory,
    unreadable,
)
from askive.rag.load.recognition.tesseract import use_tesseract
from askive.rag.load.several.pieces import Place
from askive.rag.load.several.split import load_documents


class _Splitting(NamedTuple):
    max_words: int
    overlap_sentences: int


def main() -> None:
    """Parse frames from stdin until it ends; `argv[-1]` is the parent's process id."""
    reads, writes = _pipes()
    cut_network()
    # A new namespace makes the kernel forget the link to the parent.
    end_with_parent(int(sys.argv[-1]))
    limit_memory()
    try:
        send(writes, {"ready": True})
        while True:
            fields, data = receive(reads)
            if fields["tesseract"]:
                allow_program(fields["tesseract"])
            limit_cpu(cpu_seconds(len(data)))
            result, text = _answer(fields, data)
            del data
            send(writes, result | {"peak": peak_bytes()}, text)
    except (BrokenFrame, OSError):
        # The parent has ended or closed the pipe.
        os._exit(0)
    except MemoryError:
        os._exit(MEMORY_EXIT)


def _pipes() -> tuple[BinaryIO, BinaryIO]:
    """Stdin and stdout for frames only: what libraries print must not get in between."""
    reads, writes = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    return reads, writes


def _answer(fields: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    uri = fields["uri"]
    try:
        splitting = _Splitting(fields["max_words"], fields["overlap_sentences"])
        with use_tesseract(fields["tesseract"]):
            place = Place(*fields["place"]) if fields["place"] else None
            documents = load_documents(data, uri, fields["ending"], fields["split"], place)
        loaded = [Loaded(document, chunk(document, splitting)) for document in documents]
        n_passages = sum(len(item.passages) for item in loaded)
        if n_passages > MAX_PASSAGES:
            raise LoadError(
                f"{uri} has {n_passages:,} passages, more than {MAX_PASSAGES:,}",
                remedy="split it into smaller files",
            )
        headings = (passage.heading for item in loaded for passage in item.passages)
        if sum(map(len, set(headings))) > MAX_HEADING_CHARS:
            raise LoadError(
                f"{uri} has headings of more than {MAX_HEADING_CHARS:,} characters",
                remedy="split it into smaller files",
            )
        return result_frame(loaded)
    except MemoryError:
        error: AskiveError = out_of_memory(uri)
    except AskiveError as caught:
        error = caught
    except Exception as caught:
        error = unreadable(uri, caught)
    return {"failure": error.message, "remedy": error.remedy, "is_empty": isinstance(error, EmptyFile)}, b""

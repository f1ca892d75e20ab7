"""A parser pool without processes, for tests of what happens around it."""

from __future__ import annotations

from askive.rag.config import PassageConfig
from askive.rag.errors import LoadError
from askive.rag.ingest.frames import Loaded
from askive.rag.ingest.parser_pool import Job
from askive.rag.ingest.splitting import chunk
from askive.rag.load.several.parts import AUTO
from askive.rag.load.several.pieces import Place
from askive.rag.load.several.split import load_documents

POOL = "askive.rag.ingest.pipeline.ParserPool"
"""What to replace."""


class InlinePool:
    """As `ParserPool`; parses when a job is submitted."""

    def __init__(self, passages: PassageConfig, tesseract: str = "") -> None:
        self._passages = passages

    def has_room(self) -> bool:
        return True

    def submit(
        self, data: bytes, uri: str, ending: str, digest: str, split: str = AUTO, place: Place | None = None
    ) -> Job:
        job = Job(b"", uri, ending, digest, split, len(data), place)
        try:
            documents = load_documents(data, uri, ending, split, place)
            job.result = [Loaded(document, chunk(document, self._passages)) for document in documents]
        except LoadError as error:
            job.result = error
        job.done.set()
        return job

    def take(self, job: Job) -> list[Loaded]:
        if isinstance(job.result, list):
            return job.result
        assert job.result is not None
        raise job.result

    def __enter__(self) -> InlinePool:
        return self

    def __exit__(self, *_: object) -> None:
        pass

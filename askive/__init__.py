"""Askive answers questions from your own documents, with citations, on your own machine.

    import askive

    with askive.open("~/documents/case") as assistant:
        answer = assistant.ask("Who signed the lease?")
    print(answer.text, [citation.hit.source.uri for citation in answer.citations])

`open` takes a path or the name of a collection; `open_async` is for programs with an event loop. `index`, `ask`,
`search` and `verify` perform one operation on one collection. Every error is an `AskiveError` with a `message` and a
`remedy`. Modules are imported on first use.
"""

from __future__ import annotations

# Importing typing would take longer than the rest of this module; type checkers know the name.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from askive.asynchronous import AsyncAssistant, open_async
    from askive.interface import ask, index, open, search, verify
    from askive.models.errors import (
        AskiveError,
        ContextOverflow,
        DiskSpaceError,
        EndpointError,
        ModelError,
        ModelNotFound,
        SystemFailure,
        UsageError,
        WeightsError,
    )
    from askive.rag.assistant import Assistant
    from askive.rag.config import Config, load_config
    from askive.rag.errors import (
        ArchiveError,
        CollectionBusy,
        CollectionNotFound,
        ConfigError,
        EmptyFile,
        FingerprintMismatch,
        LoadError,
        StoreError,
    )
    from askive.rag.ingest.report import Failure, IngestReport
    from askive.rag.store.filters import Filter, parse_filter
    from askive.rag.types import (
        Account,
        Answer,
        Citation,
        Cited,
        Document,
        Event,
        Evidence,
        Final,
        Hit,
        Passage,
        Progress,
        QuestionKind,
        Refusal,
        Row,
        Searching,
        Sentence,
        Source,
        Sources,
        Timings,
        Token,
        Turn,
        Usage,
    )

    __version__: str

__all__ = [
    "Account",
    "Answer",
    "ArchiveError",
    "AskiveError",
    "Assistant",
    "AsyncAssistant",
    "Citation",
    "Cited",
    "CollectionBusy",
    "CollectionNotFound",
    "Config",
    "ConfigError",
    "ContextOverflow",
    "DiskSpaceError",
    "Document",
    "EmptyFile",
    "EndpointError",
    "Event",
    "Evidence",
    "Failure",
    "Filter",
    "Final",
    "FingerprintMismatch",
    "Hit",
    "IngestReport",
    "LoadError",
    "ModelError",
    "ModelNotFound",
    "Passage",
    "Progress",
    "QuestionKind",
    "Refusal",
    "Row",
    "Searching",
    "Sentence",
    "Source",
    "Sources",
    "StoreError",
    "SystemFailure",
    "Timings",
    "Token",
    "Turn",
    "Usage",
    "UsageError",
    "WeightsError",
    "__version__",
    "ask",
    "index",
    "load_config",
    "open",
    "open_async",
    "parse_filter",
    "search",
    "verify",
]

_MODULES = {
    "asynchronous": "AsyncAssistant open_async",
    "interface": "ask index open search verify",
    "models.errors": """AskiveError ContextOverflow DiskSpaceError EndpointError ModelError ModelNotFound
        SystemFailure UsageError WeightsError""",
    "rag.assistant": "Assistant",
    "rag.config": "Config load_config",
    "rag.errors": """ArchiveError CollectionBusy CollectionNotFound ConfigError EmptyFile
        FingerprintMismatch LoadError StoreError""",
    "rag.ingest.report": "Failure IngestReport",
    "rag.store.filters": "Filter parse_filter",
    "rag.types": """Account Answer Citation Cited Document Event Evidence Final Hit Passage Progress QuestionKind
        Refusal Row Searching Sentence Source Sources Timings Token Turn Usage""",
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        value: object = version("askive")
    elif name in _MODULE_OF:
        from importlib import import_module

        value = getattr(import_module(f"askive.{_MODULE_OF[name]}"), name)
    else:
        raise AttributeError(f"module 'askive' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

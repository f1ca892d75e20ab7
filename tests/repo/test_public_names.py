"""What `askive` offers, and the tree of errors. A change here is a change for those who build on us."""

from __future__ import annotations

from types import ModuleType

import pytest

import askive
from askive.models.errors import AskiveError

OFFERED = """
    Account Answer ArchiveError AskiveError Assistant AsyncAssistant Citation Cited CollectionBusy CollectionNotFound
    Config ConfigError ContextOverflow DiskSpaceError Document EmptyFile EndpointError Event Evidence Failure Filter
    Final FingerprintMismatch Hit IngestReport LoadError ModelError ModelNotFound Passage Progress QuestionKind
    Refusal Row Searching Sentence Source Sources StoreError SystemFailure Timings Token Turn Usage UsageError
    WeightsError __version__ ask index load_config open open_async parse_filter search verify
"""


def kinds_in(module: ModuleType) -> list[str]:
    """Errors that a module defines."""
    kinds = [
        kind
        for kind in vars(module).values()
        if isinstance(kind, type) and kind.__module__ == module.__name__
    ]
    return sorted(kind.__name__ for kind in kinds if issubclass(kind, AskiveError))


def test_what_it_offers() -> None:
    assert sorted(askive.__all__) == sorted(OFFERED.split())
    for name in askive.__all__:
        assert getattr(askive, name) is not None
    assert set(askive.__all__) <= set(dir(askive))
    with pytest.raises(AttributeError, match="no attribute 'answer'"):
        askive.answer  # noqa: B018


INTERNAL = ("askive.ui.", "askive.models.remote.", "askive.rag.cluster.")


def test_all_errors_are_offered() -> None:
    def below(kind: type[AskiveError]) -> set[type[AskiveError]]:
        return {kind}.union(*map(below, kind.__subclasses__()))

    import askive.rag.errors  # noqa: F401

    # Errors of the chat's server never reach who uses the library; those of endpoints and clusters are kinds of others.
    ours = {kind.__name__ for kind in below(AskiveError) if not kind.__module__.startswith(INTERNAL)}
    assert {name for name in ours if not name.startswith("_")} <= {*OFFERED.split()}


def test_the_root_of_all_errors() -> None:
    from askive.models import errors as of_models
    from askive.rag import errors as of_rag

    for module in (of_models, of_rag):
        for name in kinds_in(module):
            kind = getattr(module, name)
            assert issubclass(kind, of_models.AskiveError)
            assert kind.kind
            assert kind.exit_code in (1, 2)
    told = [getattr(module, name).kind for module in (of_models, of_rag) for name in kinds_in(module)]
    assert len(told) == len(set(told)), "a kind tells one error from another"
    drawn = f"{of_models.__doc__}{of_rag.__doc__}"
    for kind in set(told) - {of_models.AskiveError.kind}:
        assert kind in drawn, f"{kind} is missing from the tree of errors"

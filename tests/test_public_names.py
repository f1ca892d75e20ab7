"""What may be imported from where, name by name. A change here is a change for those who build on us."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

MODULES = {
    "models": """
        catalog chat_template disk download endpoint errors fakes hub installed llama machine
        openai_api openvino own protocols registry sentence transfer weights wheels
    """,
    "rag": """
        archive assistant chunk citations collections config dates dense doctor embed errors
        evidence filters flat fuse ingest ivf lexical load load.byline load.html load.markdown load.plain
        load.text prompt protocols question refusal retrieve seeds schema sentences store types wire
        words
    """,
    "ui": """
        answer_text chat cli commands commands.ask commands.chat commands.collections
        commands.doctor commands.eval commands.index commands.models commands.search eval_text
        hits_text opening options render
    """,
}

NAMES = {
    "models.protocols": """
        Embedder FinishReason Generator Message Piece Reranker Role Sampling Segment Vectors
    """,
    "models.errors": """
        AskiveError ContextOverflow DiskSpaceError EndpointError ModelError ModelNotFound
        UsageError WeightsError
    """,
    "models.fakes": """
        HashEmbedder Script ScriptedGenerator echo_evidence
    """,
    "models.registry": """
        load_embedder load_generator
    """,
    "models.weights": """
        State Verification WeightStore
    """,
    "rag.types": """
        Answer Citation Cited Document Event Evidence Final Hit Passage Prompt Refusal
        RefusalReason Searching Sentence Source Sources Stage Timings Token Turn Usage Verdict
    """,
    "rag.errors": """
        ArchiveError CollectionNotFound ConfigError FingerprintMismatch LoadError StoreError
    """,
    "rag.protocols": """
        Ids VectorIndex
    """,
    "rag.config": """
        Config DEFAULT_EMBEDDER DEFAULT_GENERATOR GenerationConfig PassageConfig PromptConfig
        RetrievalConfig SEEDS_COLLECTION default_home load_config
    """,
    "rag.assistant": """
        Assistant
    """,
    "rag.archive": """
        Archive STORE_NAME
    """,
    "rag.collections": """
        DEFAULT_COLLECTION choose_collection collection_path has_collection index_seeds
        list_collections open_collection rebuilt_collection remove_collection
    """,
    "rag.ingest": """
        Failure IngestReport Progress ingest_documents ingest_paths
    """,
    "rag.store": """
        BUSY_TIMEOUT_S Counts Fingerprint SqliteStore
    """,
    "rag.wire": """
        answer_to_dict citation_to_dict hit_to_dict
    """,
    "rag.fuse": """
        Ranking convex reciprocal_rank
    """,
    "ui.cli": """
        app main run
    """,
    "ui.options": """
        After AsJson Before Collection Embedder Literal Model PathGlob Publisher Quiet Where output settings
    """,
    "ui.render": """
        Output harmless print_error
    """,
    "ui.opening": """
        open_archive open_assistant
    """,
}


def public_names(module: str) -> list[str]:
    """Classes, functions and values that a module defines and does not hide."""
    path = ROOT / f"{module.replace('.', '/')}.py"
    found: list[str] = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            found.append(node.name)
        elif isinstance(node, ast.Assign):
            found += [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.append(node.target.id)
    return sorted(name for name in found if not name.startswith("_"))


@pytest.mark.parametrize("package", MODULES)
def test_the_modules_of_a_package(package: str) -> None:
    folder = ROOT / package
    found = {
        str(path.relative_to(folder)).removesuffix(".py").replace("/", ".") for path in folder.rglob("*.py")
    }
    found = {name.removesuffix(".__init__") for name in found} - {"__init__"}
    assert sorted(found) == sorted(MODULES[package].split())


@pytest.mark.parametrize("module", NAMES)
def test_the_names_of_a_module(module: str) -> None:
    assert public_names(module) == sorted(NAMES[module].split())
    imported = importlib.import_module(module)
    assert all(hasattr(imported, name) for name in NAMES[module].split())


def test_the_root_of_all_errors() -> None:
    from models import errors as of_models
    from rag import errors as of_rag

    for module in (of_models, of_rag):
        for name in NAMES[module.__name__].split():
            kind = getattr(module, name)
            assert issubclass(kind, of_models.AskiveError)
            assert kind.kind
            assert kind.exit_code in (1, 2)
    told = [
        getattr(module, name).kind
        for module in (of_models, of_rag)
        for name in NAMES[module.__name__].split()
    ]
    assert len(told) == len(set(told)), "a kind tells one error from another"
    drawn = f"{of_models.__doc__}{of_rag.__doc__}"
    for kind in set(told) - {of_models.AskiveError.kind}:
        assert kind in drawn, f"{kind} is missing from the tree of errors"

"""The direction of the layers, the owners of the heavy libraries, the size and the names of files."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.repo.imports import FILES, IMPORTED, MODULES, ROOT, Import, imports_of, name_of, reachable

MAX_LINES = 400

MAY_IMPORT = {
    "models": set[str](),
    "rag": {"models"},
    "eval": {"rag", "models"},
    "ui": {"eval", "rag", "models"},
    "askive": {"rag", "models", "interface"},
}
OWNERS = {
    "llama_cpp": {"models"},
    "sentence_transformers": {"models"},
    "transformers": {"models"},
    "torch": {"models"},
    "openvino": {"models"},
    "faiss": {"rag"},
    "milvus_lite": {"rag"},
    "pymilvus": {"rag"},
    "ray": {"rag"},
    # The chat keeps its history in a file of its own.
    "sqlite3": {"rag", "ui"},
    "gradio": {"ui"},
    "fastapi": {"ui"},
    "typer": {"ui"},
    "click": {"ui"},
    "rich": {"ui"},
    "ir_measures": {"eval"},
}
# Benchmarks compare with the libraries themselves.
BASELINES = "eval/benchmarks/"
# Importing these takes no time to speak of, and the command line is made of them.
LIGHT = {"sqlite3", "typer", "click", "rich"}
BANNED_NAMES = {"utils", "helpers", "manager", "service", "handler", "common", "misc", "base"}


def package_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_go_one_way(path: Path) -> None:
    package = package_of(path)
    ours = {i for i in imports_of(path) if i.root in {*MAY_IMPORT, "tests"} and i.root != package}
    wrong = [f"line {i.line}: {i.root}" for i in sorted(ours) if i.root not in MAY_IMPORT[package]]
    assert not wrong, f"{package} may import {MAY_IMPORT[package] or 'nothing of ours'}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_heavy_libraries_have_one_owner_and_are_imported_where_they_are_used(path: Path) -> None:
    package = package_of(path)
    heavy = [i for i in imports_of(path) if i.root in OWNERS]
    if not name_of(path).startswith(BASELINES):
        assert not [f"line {i.line}: {i.root}" for i in heavy if package not in OWNERS[i.root]]
    at_import = [f"line {i.line}: {i.root}" for i in heavy if not i.deferred and i.root not in LIGHT]
    assert not at_import, "import it inside the function that needs it"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_files_are_short_and_named_for_what_they_hold(path: Path) -> None:
    n_lines = len(path.read_text(encoding="utf-8").splitlines())
    assert n_lines <= MAX_LINES, f"{n_lines} lines: split it"
    names = {path.stem, *path.relative_to(ROOT).parent.parts}
    assert not names & BANNED_NAMES


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        name_of(path)
        for path in FILES
        if path.name != "__init__.py" and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not silent


def test_the_rules_see_what_they_should(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(
        "import torch\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import faiss\n"
        "class A:\n    import rich.table\n    def f(self):\n        from askive.rag.store.sqlite import X\n"
        "try:\n    from askive.ui import cli\nexcept ImportError:\n    pass\n"
    )
    assert set(imports_of(path)) == {
        Import(1, "torch", False),
        Import(2, "typing", False),
        Import(4, "faiss", True),
        Import(6, "rich", False),
        Import(8, "rag", True),
        Import(10, "ui", False),
    }


MAX_MODULES = 14
# A module of rag may import its own place and every place further down.
ORDER = [
    {"upkeep"},
    {"assistant", "verify_text", "doctor", "indexing"},
    {"privacy"},
    {"collections"},
    {"answer", "factory"},
    {"survey", "summary"},
    {"verification", "retrieval", "ingest", "overview"},
    {"evidence", "store"},
    {"question", "serialize", "settings_file"},
    {"load", "passage_context", "seeds", "config", "cluster"},
    {"text", "calibration", "types", "errors", "config_groups"},
    {"turn"},
    {"notebook"},
]
PLACE = {name: at for at, names in enumerate(ORDER) for name in names}
NOT_SHIPPED = ("eval.benchmarks", "models.reader.training")
OPEN_MODELS = ("rag.factory", "rag.collections", "rag.doctor")
LOADERS = {"load_embedder", "load_generator", "load_reader"}


@pytest.mark.parametrize("module", [module for module in MODULES if module.startswith("rag.")])
def test_the_order_inside_rag(module: str) -> None:
    own = module.split(".")[1]
    assert own in PLACE, f"{own} has no place in ORDER"
    others = {other.split(".")[1] for other in IMPORTED[module] if other.startswith("rag.")} - {own}
    assert not {other for other in others if PLACE[other] <= PLACE[own]}, "imports run down only"


def test_no_folder_is_too_full() -> None:
    folders = Counter(path.parent for path in FILES if path.name != "__init__.py")
    assert not {name_of(folder): n for folder, n in folders.items() if n > MAX_MODULES}


def test_nothing_that_ships_imports_what_does_not() -> None:
    wrong = {
        module: other
        for module, others in IMPORTED.items()
        for other in others
        if other.startswith(NOT_SHIPPED) and not module.startswith(NOT_SHIPPED)
    }
    assert not wrong


def test_one_module_of_rag_opens_models() -> None:
    for module in MODULES:
        if module.startswith("rag.") and not module.startswith(OPEN_MODELS):
            tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
            assert not LOADERS & {n.name for n in ast.walk(tree) if isinstance(n, ast.alias)}, module


def made_in(path: Path, name: str) -> list[int]:
    """The lines that call `name(...)`, plain or behind a dot."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == name
    ]


def test_one_function_makes_retrievers() -> None:
    makers = {module for module, path in MODULES.items() if made_in(path, "Retriever")}
    assert makers == {"rag.factory"}, "call open_retriever"


def test_a_maker_is_found(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(
        "from a import Retriever as R\nimport a\na.Retriever(1)\nRetriever\nx: Retriever\n"
    )
    assert made_in(tmp_path / "m.py", "Retriever") == [3]


def test_the_assistant_knows_few_modules() -> None:
    assert len(IMPORTED["rag.assistant"]) <= 10


def circles(imported: Mapping[str, set[str]]) -> list[list[str]]:
    """Groups of modules that import each other, straight or by way of others."""
    reach = reachable(imported)
    found = {frozenset({m for m in reach[module] if module in reach[m]}) for module in imported}
    return sorted(sorted(group) for group in found if group)


def test_no_files_import_each_other() -> None:
    assert circles(IMPORTED) == []


def test_a_circle_is_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [["b", "c"]]

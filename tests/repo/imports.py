"""The modules of the project and their imports, read from the code without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("models", "rag", "eval", "ui", "askive")
FILES = sorted(
    path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "__pycache__" not in path.parts
)


class Import(NamedTuple):
    line: int
    root: str
    deferred: bool  # inside a function, or only for the type checker


def imports_of(path: Path) -> Iterator[Import]:
    yield from _walk(ast.parse(path.read_text(encoding="utf-8")), deferred=False)


def _walk(node: ast.AST, *, deferred: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(child.lineno, _root(alias.name), deferred)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, f"line {child.lineno}: relative import"
            module = child.module or ""
            names = [f"askive.{a.name}" for a in child.names] if module == "askive" else [module]
            for name in names:
                yield Import(child.lineno, _root(name), deferred)
        elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) or _type_checking(child):
            yield from _walk(child, deferred=True)
        else:
            yield from _walk(child, deferred=deferred)


def _root(module: str) -> str:
    """`rag` of `askive.rag.types`, `numpy` of `numpy.typing`."""
    parts = module.split(".")
    return parts[1] if parts[0] == "askive" and len(parts) > 1 else parts[0]


def _type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


MODULES = {
    name_of(path).removesuffix(".py").replace("/", ".").removesuffix(".__init__"): path for path in FILES
}


def modules_imported(path: Path) -> set[str]:
    """Modules of ours that a file imports, anywhere in it, without the `askive.` in front."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            module = (node.module or "").removeprefix("askive.")
            for alias in node.names:
                whole = f"{module}.{alias.name}"
                found.add(whole if whole in MODULES else module)
        elif isinstance(node, ast.Import):
            found |= {alias.name.removeprefix("askive.") for alias in node.names}
    return found & set(MODULES)


IMPORTED = {module: modules_imported(path) - {module} for module, path in MODULES.items()}


def reachable(graph: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """What each module or part imports, straight or by way of others."""

    def reach(start: str) -> set[str]:
        seen: set[str] = set()
        left = list(graph[start])
        while left:
            part = left.pop()
            if part not in seen:
                seen.add(part)
                left += graph[part]
        return seen

    return {part: reach(part) for part in graph}

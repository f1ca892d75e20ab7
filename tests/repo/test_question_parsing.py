"""A question's text is parsed in rag/question only: everything else reads the fields of a `Question`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PARSED_IN = ROOT / "rag" / "question"
# What the others may take from there: the question, the names of its answer types, its kind, and its reader.
OPEN_NAMES = {
    "askive.rag.question.analysis": {"Question", "SubQuestion", "Clause", "MAX_QUERY_CHARS"},
    "askive.rag.question.answer_type": {"Kind"},
    "askive.rag.question.requests.asked_list": {"AskedList"},
    "askive.rag.question.requests.asked_months": {"asked_months"},
    "askive.rag.question.requests.asked_speakers": {
        "Part",
        "asked_parts",
        "asks_for_statements",
        "time_of_matter",
    },
    "askive.rag.question.kind": {"PLAINEST_FIRST", "classify", "may_be_list"},
    "askive.rag.question.word_classes": {"names_kind"},
    "askive.rag.question.subject": {"Subject", "Term"},
    "askive.rag.question.requests.asked_summary": {"AskedSummary", "documents_in", "without"},
    "askive.rag.question.requests.sides": {"Sides", "sides_of"},
    "askive.rag.question.requests.remark": {"Form", "About", "read_remark"},
    "askive.rag.question.reading": {"QuestionReader"},
}
PARSERS = {
    "content_words", "days", "event_phrases", "lower_words", "named_times", "names", "names_in",
    "number_mentions", "numbers", "quantities", "relative_time", "split_sentences", "stems", "words",
}  # fmt: skip
PATTERN_METHODS = {"search", "match", "fullmatch", "findall", "finditer", "split", "sub"}
QUESTIONS = {"question", "asked", "query", "whole"}

# An index breaks whatever is searched for into its own terms.
INDEXES = ROOT / "rag" / "store"

FILES = sorted(path for path in (ROOT / "rag").rglob("*.py") if not {PARSED_IN, INDEXES} & set(path.parents))


def parsing(source: str) -> Iterator[str]:
    """What in a module's source takes a question apart."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("askive.rag.question"):
            names = {alias.name for alias in node.names} - OPEN_NAMES.get(node.module or "", set())
            yield from (f"line {node.lineno}: imports {name}" for name in sorted(names))
        elif isinstance(node, ast.Call) and _is_parser(node.func) and any(map(_has_question, node.args)):
            yield f"line {node.lineno}: {ast.unparse(node)}"


def _is_parser(function: ast.expr) -> bool:
    """`names_in`, or the method of a compiled pattern, whose name is in capitals; `re.search` as well."""
    if isinstance(function, ast.Name):
        return function.id in PARSERS
    if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name):
        return False
    owner = function.value.id
    return function.attr in PATTERN_METHODS and (owner == "re" or owner.isupper())


def _has_question(node: ast.AST) -> bool:
    """Whether an argument is a question's text, or is made of it; its other fields are what was read from it."""
    if isinstance(node, ast.Attribute) and _name(node.value) in QUESTIONS:
        return node.attr in ("text", "query")
    if isinstance(node, (ast.Name, ast.Attribute)) and _name(node) in QUESTIONS:
        return True
    return any(_has_question(child) for child in ast.iter_child_nodes(node))


def _name(node: ast.expr) -> str:
    """The last name of `question`, `self._question` or `claim.question`."""
    if isinstance(node, ast.Attribute):
        return node.attr.lstrip("_")
    return node.id.lstrip("_") if isinstance(node, ast.Name) else ""


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_text_of_a_question_is_parsed_only_in_rag_question(path: Path) -> None:
    assert list(parsing(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "from askive.rag.question.answer_type import is_yes_no",
        "from askive.rag.question.clauses import split_parts",
        "stems(question)",
        "set(stems(question.text))",
        "names_in(f'{question} {text}')",
        "numbers(self._question.text)",
        "_WHO.search(question.text)",
        "re.search(r'who', asked)",
    ],
)
def test_parsing_is_seen(source: str) -> None:
    assert len(list(parsing(source))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "from askive.rag.question.analysis import Question",
        "set(question.stems)",
        "numbers(text) - question.numbers",
        "candidates.search(question.query)",
        "relative_time(question.relative, newest, today)",
    ],
)
def test_reading_fields_is_no_parsing(source: str) -> None:
    assert list(parsing(source)) == []

"""The picture of the folders is the one that the code gives, and its rows hold what they promise."""

from __future__ import annotations

from tests.repo.draw_house import PICTURE, direct_imports, draw, levels, parts_graph
from tests.repo.imports import reachable


def test_the_picture_is_that_of_the_code() -> None:
    assert PICTURE.read_text(encoding="utf-8") == draw(), "run `make house` and commit the picture"


def test_every_part_stands_above_what_it_imports() -> None:
    graph = parts_graph("rag")
    row_of = {part: at for at, row in enumerate(levels(graph)) for part in row}
    assert {"rag.answer", "rag.text", "rag.assistant"} <= set(row_of)
    assert all(row_of[part] < row_of[other] for part in graph for other in graph[part])


def test_lines_leave_out_what_follows_from_others() -> None:
    graph = {"a": {"b", "c"}, "b": {"c"}, "c": set[str]()}
    assert direct_imports(graph) == [("a", "b"), ("b", "c")]
    assert reachable(direct_imports_as_graph(graph)) == reachable(graph)


def test_parts_in_a_circle_share_a_row() -> None:
    assert levels({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == [["a"], ["b", "c"]]


def direct_imports_as_graph(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    pairs = direct_imports(graph)
    return {part: {other for first, other in pairs if first == part} for part in graph}

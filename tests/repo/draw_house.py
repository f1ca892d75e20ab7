"""Draws docs/images/house.svg from the imports of the code: `make house`.

Each package is a band; its folders and files are boxes, and a box stands above everything that it imports. Lines show
direct imports that do not follow from others.
"""

from __future__ import annotations

import ast
import textwrap
from collections import defaultdict
from collections.abc import Mapping
from html import escape
from pathlib import Path

from tests.repo.imports import IMPORTED, MODULES, ROOT, reachable

PICTURE = ROOT / "docs" / "images" / "house.svg"
Graph = Mapping[str, set[str]]

_BANDS = ("ui", "eval", "rag", "models")
_WIDTH = 1030
_BOX_WIDTH, _BOX_HEIGHT, _GAP, _ROW_GAP = 148, 56, 12, 32
_MARGIN, _HEAD, _BAND_GAP = 16, 30, 26
_STYLE = """text{font:12px system-ui,sans-serif;fill:#1f2328}.band{fill:#f3f6f6;stroke:#c9d3d2}
.head{font-size:15px;font-weight:700}.name{font-weight:650}.small{font-size:10px;fill:#59636e}
.box{fill:#fff;stroke:#5b8c88}.line{fill:none;stroke:#5b8c88;stroke-opacity:.55}"""


def part_of(module: str) -> str:
    """The folder or file directly below a package: `rag.answer` of `rag.answer.prompt`."""
    return ".".join(module.split(".")[:2])


def parts_graph(package: str) -> dict[str, set[str]]:
    """Which parts of a package import which others of it."""
    graph: dict[str, set[str]] = {}
    for module, imported in IMPORTED.items():
        part = part_of(module)
        if module.startswith(f"{package}."):
            others = {part_of(other) for other in imported if other.startswith(f"{package}.")}
            graph.setdefault(part, set()).update(others - {part})
    return graph


def levels(graph: Graph) -> list[list[str]]:
    """Rows of parts from the top: each part is above all that it imports. Parts in a circle share a row."""
    reach = reachable(graph)
    depth: dict[str, int] = {}

    def depth_of(part: str) -> int:
        if part not in depth:
            below = [other for other in reach[part] if part not in reach[other]]
            depth[part] = 1 + max(map(depth_of, below), default=-1)
        return depth[part]

    rows: dict[int, list[str]] = defaultdict(list)
    for part in sorted(graph):
        rows[depth_of(part)].append(part)
    return [rows[at] for at in sorted(rows, reverse=True)]


def direct_imports(graph: Graph) -> list[tuple[str, str]]:
    """Imports of parts without those that follow from others."""
    reach = reachable(graph)
    return [
        (part, other)
        for part in sorted(graph)
        for other in sorted(graph[part])
        if not any(other in reach[between] for between in graph[part] - {other} if part not in reach[between])
    ]


def purpose(part: str) -> str:
    """The first sentence of the docstring."""
    text = ast.get_docstring(ast.parse(MODULES[part].read_text(encoding="utf-8"))) or ""
    return text.split("\n\n")[0].replace("\n", " ").split(". ")[0].rstrip(".")


def n_modules(part: str) -> int:
    """Modules in a folder; 0 for a file."""
    return sum(module.startswith(f"{part}.") for module in MODULES)


def draw() -> str:
    """The picture as SVG; the same code gives the same bytes."""
    body: list[str] = []
    y = _MARGIN
    for package in _BANDS:
        y = _band(body, package, y) + _BAND_GAP
    height = y - _BAND_GAP + _MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img"'
        ' aria-label="Packages, folders and imports"><style>'
        f'{_STYLE}</style><rect width="{_WIDTH}" height="{height}" fill="#fff"/>\n'
        + "\n".join(body)
        + "\n</svg>\n"
    )


def _band(body: list[str], package: str, y: int) -> int:
    """Draws a package from y on; returns where it ends."""
    graph = parts_graph(package)
    per_row = (_WIDTH - 4 * _MARGIN) // (_BOX_WIDTH + _GAP)
    rows = [row[at : at + per_row] for row in levels(graph) for at in range(0, len(row), per_row)]
    end = y + _HEAD + len(rows) * (_BOX_HEIGHT + _ROW_GAP) - _ROW_GAP + _MARGIN
    body.append(
        f'<rect class="band" x="{_MARGIN}" y="{y}" width="{_WIDTH - 2 * _MARGIN}" height="{end - y}" rx="8"/>'
        f'<text class="head" x="{2 * _MARGIN}" y="{y + 20}">{package}/</text>'
        f'<text class="small" x="{2 * _MARGIN + 70}" y="{y + 20}">{escape(_imports_of(package))}</text>'
    )
    places: dict[str, tuple[int, int]] = {}
    for at, row in enumerate(rows):
        left = (_WIDTH - len(row) * (_BOX_WIDTH + _GAP) + _GAP) // 2
        for column, part in enumerate(row):
            places[part] = left + column * (_BOX_WIDTH + _GAP), y + _HEAD + at * (_BOX_HEIGHT + _ROW_GAP)
    body += [_line(places[part], places[other]) for part, other in direct_imports(graph)]
    body += [_box(part, *places[part]) for part in sorted(places)]
    return end


def _imports_of(package: str) -> str:
    """Other packages that this one imports, with how many of its modules do."""
    n: dict[str, int] = defaultdict(int)
    for module, imported in IMPORTED.items():
        if module.split(".")[0] == package:
            for other in {other.split(".")[0] for other in imported} & set(_BANDS) - {package}:
                n[other] += 1
    return "imports " + (
        ", ".join(f"{other} ({n[other]} modules)" for other in sorted(n)) or "no other package"
    )


def _line(upper: tuple[int, int], lower: tuple[int, int]) -> str:
    x1, y1 = upper[0] + _BOX_WIDTH // 2, upper[1] + _BOX_HEIGHT
    x2, y2 = lower[0] + _BOX_WIDTH // 2, lower[1]
    middle = (y1 + y2) // 2
    return f'<path class="line" d="M{x1} {y1}C{x1} {middle} {x2} {middle} {x2} {y2}"/>'


def _box(part: str, x: int, y: int) -> str:
    name, n = part.split(".")[1], n_modules(part)
    lines = textwrap.wrap(purpose(part), 25, max_lines=2, placeholder=" …")
    small = "".join(
        f'<text class="small" x="{x + 7}" y="{y + 31 + 12 * at}">{escape(line)}</text>'
        for at, line in enumerate(lines)
    )
    count = f'<tspan class="small">  {n}</tspan>' if n else '<tspan class="small">.py</tspan>'
    return (
        f'<rect class="box" x="{x}" y="{y}" width="{_BOX_WIDTH}" height="{_BOX_HEIGHT}" rx="5"/>'
        f'<text class="name" x="{x + 7}" y="{y + 17}">{name}{count}</text>{small}'
    )


def main(picture: Path = PICTURE) -> None:
    picture.write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    main()

"""Text in columns that a PDF has row by row: one column after the other.

A PDF may draw a line of the left column, then the line beside it in the right one. Where that happens often, and the
text on both sides is prose, the place between them separates columns; what lies across it (a title, a wide picture's
caption) separates the parts of the page above and below. Tables look alike but have short cells: they stay row by row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import mean, median
from typing import Any, NamedTuple

from askive.rag.load.pdf.lines import BLOCK_END

_MAX_BOXES = 10_000
_WIDE_GAP = 0.9
"""Between columns, in heights of a line; between words about a third of it."""
_SAME_LINE = 0.5
"""The share of its height in which a word stands beside the next one."""
_MIN_ROWS = 4
_MIN_MEAN_CHARS = 20
"""Of a line in a column of prose."""
_MIN_CONTINUED = 0.25
"""The share of lines of prose that begin in the middle of a sentence, with a lower-case letter."""
_MAX_ACROSS = 0.4
"""The share of lines that lie across; with more of them, the page has no columns."""
_FAR = 100_000.0


class _Box(NamedTuple):
    """A place on the page, in points from the lower left."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def middle(self) -> float:
        """Height of its middle."""
        return (self.bottom + self.top) / 2

    def is_beside(self, other: _Box, share: float = _SAME_LINE) -> bool:
        """Whether more than a share of the height of one is that of the other."""
        shared = min(self.top, other.top) - max(self.bottom, other.bottom)
        return shared > share * min(self.top - self.bottom, other.top - other.bottom)


def column_text(text_page: Any, bottom: float = -_FAR, top: float = _FAR) -> str:
    """The text of a text page of pypdfium2 between two heights, in the order of its columns.

    Empty when the text has no columns, or the file has them in their order anyway. BLOCK_END stands where text in
    columns begins or ends.
    """
    boxes = [_Box(*text_page.get_rect(n)) for n in range(min(text_page.count_rects(), _MAX_BOXES + 1))]
    boxes = [box for box in boxes if bottom < box.middle < top and box.top > box.bottom]
    if len(boxes) > _MAX_BOXES or len(boxes) < 2 * _MIN_ROWS:
        return ""
    blocks = _blocks(_parts(boxes), _Box(-_FAR, bottom, _FAR, top), text_page)
    if len(blocks) < 2:
        return ""
    texts: list[str] = []
    for n, block in enumerate(blocks):
        text = str(text_page.get_text_bounded(*block.place)).strip()
        ends = n == len(blocks) - 1 or block.is_across or blocks[n + 1].is_across
        texts.append(f"{text}{BLOCK_END}" if ends else text)
    return "\n".join(texts)


class _Block(NamedTuple):
    place: _Box
    is_across: bool


def _parts(boxes: Sequence[_Box]) -> list[_Box]:
    """The boxes in the order of the file, joined where only a blank separates them."""
    wide = _WIDE_GAP * median(box.top - box.bottom for box in boxes)
    parts: list[_Box] = []
    for box in boxes:
        if parts and parts[-1].is_beside(box) and -wide < box.left - parts[-1].right < wide:
            last = parts[-1]
            parts[-1] = _Box(
                min(last.left, box.left),
                min(last.bottom, box.bottom),
                max(last.right, box.right),
                max(last.top, box.top),
            )
        else:
            parts.append(box)
    return parts


def _blocks(parts: Sequence[_Box], place: _Box, text_page: Any) -> list[_Block]:
    """The blocks of a place in the order of reading; the place itself when it has no columns."""
    between = _between_columns(parts)
    if between is None or not all(
        _is_prose(side, text_page)
        for side in ([p for p in parts if p.right <= between], [p for p in parts if p.left >= between])
    ):
        return [_Block(place, is_across=False)]
    blocks: list[_Block] = []
    for group, upper, lower in _bands(parts, between, place):
        if _is_across(group[0], between):
            blocks.append(_Block(place._replace(top=upper, bottom=lower), is_across=True))
            continue
        for side in (
            place._replace(top=upper, bottom=lower, right=between),
            place._replace(top=upper, bottom=lower, left=between),
        ):
            inside = [part for part in group if side.left <= part.left and part.right <= side.right]
            if inside:
                blocks += _blocks(inside, side, text_page)
    return blocks


def _is_across(part: _Box, between: float) -> bool:
    return part.left < between < part.right


def _between_columns(parts: Sequence[_Box]) -> float | None:
    """The place that separates two columns, from the left; None when the file does not go from one to the other."""
    gaps = [
        (part.right, following.left)
        for part, following in pairwise(parts)
        # The lines of two columns need not be at the same height.
        if part.right < following.left and part.is_beside(following, 0.0)
    ]
    if len(gaps) < _MIN_ROWS:
        return None
    places = [(left + right) / 2 for left, right in gaps]
    between = max(places, key=lambda at: (sum(left < at < right for left, right in gaps), -at))
    n_across = sum(_is_across(part, between) for part in parts)
    if sum(left < between < right for left, right in gaps) < _MIN_ROWS or n_across > _MAX_ACROSS * len(parts):
        return None
    return between


def _is_prose(parts: Sequence[_Box], text_page: Any) -> bool:
    """Whether lines that stand below each other are running text, not cells of a table."""
    texts = [text for part in parts if (text := str(text_page.get_text_bounded(*part)).strip())]
    return (
        len(texts) >= _MIN_ROWS
        and mean(map(len, texts)) >= _MIN_MEAN_CHARS
        and sum(text[0].islower() for text in texts) >= _MIN_CONTINUED * len(texts)
    )


def _bands(parts: Sequence[_Box], between: float, place: _Box) -> Iterator[tuple[list[_Box], float, float]]:
    """Groups of parts from top to bottom, each across the columns or in them, with their upper and lower edges."""
    groups: list[list[_Box]] = []
    for part in sorted(parts, key=lambda part: -part.middle):
        if groups and _is_across(groups[-1][0], between) == _is_across(part, between):
            groups[-1].append(part)
        else:
            groups.append([part])
    edges = [
        (min(part.bottom for part in above) + max(part.top for part in below)) / 2
        for above, below in pairwise(groups)
    ]
    return zip(groups, [place.top, *edges], [*edges, place.bottom], strict=True)

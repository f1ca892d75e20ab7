"""Search hits on a terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.types import Hit
from rag.words import content_words, stem
from ui.render import Output, harmless


def print_hits(query: str, hits: Sequence[Hit], shown: Output, *, explain: bool = False) -> None:
    """Each hit with its source, score and text; words of the query stand out."""
    from rich.text import Text

    wanted = {stem(word) for word in content_words(query)}
    for hit in hits:
        rest = ", ".join(part for part in (hit.source.publisher, hit.source.published) if part)
        head = Text(f"{hit.rank:>2}. {harmless(hit.source.title)}", style="cyan")
        head.append(f"  {harmless(rest)}  {hit.stage} {hit.score:.3f}", style="dim")
        body = Text("    " + harmless(" ".join(hit.passage.text.split())))
        for match in re.finditer(r"[^\W_]+", body.plain):
            if stem(match.group().lower()) in wanted:
                body.stylize("bold", *match.span())
        shown.out.print(head)
        shown.out.print(body)
        if explain:
            made_of = ", ".join(f"{name} {value:.3f}" for name, value in hit.parts.items())
            shown.out.print(f"    score {hit.score:.3f} from {made_of or hit.stage}", markup=False)
        shown.out.print(
            f"    {harmless(hit.source.uri)}, characters {hit.passage.start}-{hit.passage.end}",
            style="dim",
            markup=False,
        )

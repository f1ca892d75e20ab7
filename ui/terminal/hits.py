"""Search hits on a terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence

from askive.rag.passage_context import locator_of
from askive.rag.text.words import content_words, stem
from askive.rag.types import Hit
from askive.ui.terminal.render import Output, one_line

_FIGURES = {
    "dense": "meaning {:.3f} (cosine)",
    "lexical": "words {:.2f} (BM25)",
    "fused": "fused {:.3f}",
    "clause": "best clause of the question {:.3f}",
    "names": "with names that the first hits share {:.3f}",
    "sentence": "nearest sentence {:.3f} (cosine)",
    "retrieved": "retrieved {:.3f}",
    "reranker": "reranker {:.3f}",
}
_BONUSES = {
    "publisher": "{:+.2f} published by {publisher}, named in the question",
    "period": "{:+.2f} dated {published}, within the period in the question",
    "latest": "{:+.2f} dated {published}, among the newest",
}


def print_hits(query: str, hits: Sequence[Hit], shown: Output, *, explain: bool = False) -> None:
    """Each hit with its source, score by stage and text; words of the query are bold."""
    from rich.text import Text

    wanted = {stem(word) for word in content_words(query)}
    for hit in hits:
        where = locator_of(hit.source, hit.passage, hit.passage.start)
        rest = ", ".join(part for part in (hit.source.publisher, hit.source.published, where) if part)
        head = Text(f"{hit.rank:>2}. {one_line(hit.source.title)}", style="cyan")
        head.append(f"  {one_line(rest)}  {stages_of(hit)}", style="dim")
        body = Text("    " + " ".join(hit.passage.text.split()))
        for match in re.finditer(r"[^\W_]+", body.plain):
            if stem(match.group().lower()) in wanted:
                body.stylize("bold", *match.span())
        shown.out.print(head)
        shown.out.print(body)
        if explain:
            for line in reasons(query, hit):
                shown.out.print(f"    {line}")
        shown.out.print(
            f"    {one_line(hit.source.uri)}, characters {hit.passage.start}-{hit.passage.end}",
            style="dim",
        )
        if line := also_in(hit):
            shown.out.print(f"    {line}", style="dim")


def stages_of(hit: Hit) -> str:
    """The score of every stage of the hit: `dense 0.612, lexical 8.41, fused 0.803`."""
    before = [
        f"{name} {hit.parts[name]:.{digits}f}"
        for name, digits in (("dense", 3), ("lexical", 2), ("retrieved", 3))
        if name in hit.parts and name != hit.stage
    ]
    return ", ".join([*before, f"{hit.stage} {hit.score:.3f}"])


def reasons(query: str, hit: Hit) -> list[str]:
    """Explain a rank: the parts of the score, and the words that the passage shares with the query."""
    named = {"publisher": hit.source.publisher, "published": hit.source.published}
    figures = [text.format(hit.parts[name]) for name, text in _FIGURES.items() if name in hit.parts]
    bonuses = [text.format(hit.parts[name], **named) for name, text in _BONUSES.items() if name in hit.parts]
    around = {
        stem(word) for word in content_words(f"{hit.source.title} {hit.passage.heading} {hit.passage.text}")
    }
    asked = dict.fromkeys(content_words(query))
    shared = [word for word in asked if stem(word) in around]
    missing = [word for word in asked if stem(word) not in around]
    lines = [f"score {hit.score:.3f} from {', '.join([*figures, *bonuses]) or hit.stage}"]
    if shared:
        lines.append(f"has {', '.join(shared)}" + (f"; lacks {', '.join(missing)}" if missing else ""))
    return lines


def also_in(hit: Hit) -> str:
    """The other sources of the same text, on one line; empty when there are none."""
    named = [
        ", ".join(part for part in (source.title, source.publisher, source.published, source.uri) if part)
        for source in hit.also
    ]
    return one_line(f"the same in: {'; '.join(named)}") if named else ""

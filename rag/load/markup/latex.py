"""LaTeX: the text by pylatexenc, with headings; formulas stay as they are written."""

from __future__ import annotations

import logging
import re
from pathlib import PurePath
from typing import Any

from askive.rag.load.decoding import decode
from askive.rag.load.sections import literal
from askive.rag.text.dates import partial_date
from askive.rag.text.headings import first_heading
from askive.rag.types import Document

LATEX = "text/x-tex"
_LEVELS = {"part": 1, "chapter": 1, "section": 2, "subsection": 3, "subsubsection": 4, "paragraph": 5}
_MARK = "\ue000"
"""Stands for the signs of a heading until the other lines are literal."""
# "\ue000\ue000 Title".
_HEADING = re.compile(rf"^[ \t]*({_MARK}{{1,6}}) (.*)$", re.MULTILINE)


def load_latex(data: bytes, uri: str) -> Document:
    """Title, author and date come from the commands of these names."""
    from askive.rag.load.digest import sha256

    raw = decode(data, uri)
    preamble, begins, body = raw.partition("\\begin{document}")
    text = _text(body.partition("\\end{document}")[0] if begins else raw)
    fields = {name: _field(raw, name) for name in ("title", "author", "date")}
    return Document(
        uri=uri,
        title=fields["title"] or first_heading(text) or PurePath(uri).stem,
        text=text if text.strip() else literal(preamble),
        media_type=LATEX,
        sha256=sha256(data),
        published=partial_date(fields["date"]) if any(map(str.isdigit, fields["date"])) else None,
        metadata={"author": fields["author"]} if fields["author"] else {},
    )


def _text(source: str) -> str:
    text = _converter().latex_to_text(source.replace(_MARK, "")).replace("\0", "")
    lines = re.sub(r"[ \t]+\n", "\n", literal(text))
    # "#" only now, so that a line of the text that begins with one is no heading.
    marked = _HEADING.sub(lambda match: "#" * len(match[1]) + " " + match[2].strip(), lines)
    return re.sub(r"\n{3,}", "\n\n", marked).strip()


def _converter() -> Any:
    # What it does not understand it names in the log, and leaves out or shows as it is.
    logging.getLogger("pylatexenc").setLevel(logging.CRITICAL)
    from pylatexenc.latex2text import (
        LatexNodes2Text,
        MacroTextSpec,
        get_default_latex_context_db,
    )

    def heading(level: int) -> Any:
        def shown(node: Any, l2tobj: Any) -> str:
            title = l2tobj.nodelist_to_text(node.nodeargd.argnlist[-1:]) if node.nodeargd else ""
            return f"\n\n{_MARK * level} {' '.join(title.split())}\n\n"

        return shown

    def key(node: Any, l2tobj: Any) -> str:
        return f"[{l2tobj.nodelist_to_text(node.nodeargd.argnlist[-1:])}]" if node.nodeargd else ""

    macros = [MacroTextSpec(name, simplify_repl=heading(level)) for name, level in _LEVELS.items()]
    macros += [
        *(MacroTextSpec(name, simplify_repl=key) for name in ("cite", "ref", "eqref", "pageref")),
        MacroTextSpec("label", simplify_repl=""),
        MacroTextSpec("title", simplify_repl=""),
        MacroTextSpec("author", simplify_repl=""),
        MacroTextSpec("date", simplify_repl=""),
        MacroTextSpec("maketitle", simplify_repl=""),
    ]
    context = get_default_latex_context_db()
    context.add_context_category("askive", prepend=True, macros=macros)
    return LatexNodes2Text(math_mode="verbatim", latex_context=context, keep_comments=False)


def _field(raw: str, name: str) -> str:
    r"""The argument of `\title{...}`, with braces in it, as one line; empty when there is none."""
    match = re.search(rf"\\{name}\s*(?:\[[^\]]*\])?\s*\{{", raw)
    if match is None:
        return ""
    depth = 1
    for brace in re.finditer(r"(?<!\\)[{}]", raw[match.end() : match.end() + 2_000]):
        depth += 1 if brace.group() == "{" else -1
        if not depth:
            return " ".join(_text(raw[match.end() : match.end() + brace.start()]).split())
    return ""

"""Rich Text Format: the text by striprtf, with notes, headers and footers, and tables row by row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import PurePath

from askive.rag.errors import LoadError
from askive.rag.load.sections import literal, section
from askive.rag.load.tables.cells import plain_rows
from askive.rag.load.tables.lines import table_lines
from askive.rag.types import PAGE_BREAK, Document

RTF = "application/rtf"
_MAX_TITLE_CHARS = 200
# "{\title The lease}", "{\author Ann Roy}".
_FIELD = re.compile(r"\{\\(?P<name>title|author) (?P<value>[^{}]{0,2000})\}")
# "{\footnote", "{\headerr", "{\footerf", "{\*\annotation", but not "{\headery720"; the library leaves such groups out.
_APART = re.compile(r"\{(?:\\\*)?\\(?P<kind>footnote|annotation|(?:header|footer)[lrf]?)(?![a-z0-9-])")
# "{", "}", "\{", "\}", "\\".
_BRACE = re.compile(r"\\[{}\\]|[{}]")
_CODE_PAGE = re.compile(r"\\ansicpg\d{1,5}")
_SECTIONS = {"h": "Headers and footers", "f": "Notes", "a": "Comments"}
"""By the first letter of the kind of a group; footers are with the headers."""
# "Aurora|Rosa Lind|": a row, as the library writes it.
_ROW = re.compile(r"[^\n|]*(?:\|[^\n|]*)+\|")


def load_rtf(data: bytes, uri: str) -> Document:
    """Title and author come from the file's properties. Raises LoadError when it is not RTF."""
    from askive.rag.load.digest import sha256

    raw = data.decode("latin-1")
    if not raw.lstrip().startswith("{\\rtf"):
        raise LoadError(f"{uri} is not an RTF file", remedy="give it the extension of its real type")
    fields = {
        match["name"]: " ".join(rtf_text(f"{{\\rtf1 {match['value']}}}").split())
        for match in _FIELD.finditer(raw)
    }
    raw, apart = _taken_apart(raw)
    text = "\n".join(_blocks(rtf_text(raw), uri)).strip()
    sections = [section(name, "\n".join(texts), 1) for name, texts in apart.items() if texts]
    return Document(
        uri=uri,
        title=fields.get("title", "")[:_MAX_TITLE_CHARS] or PurePath(uri).stem,
        text="\n\n".join(part for part in (text, *sections) if part),
        media_type=RTF,
        sha256=sha256(data),
        metadata={"author": fields["author"]} if fields.get("author") else {},
    )


def _taken_apart(raw: str) -> tuple[str, dict[str, list[str]]]:
    """The RTF without headers, footers, notes and comments, and their texts by the name of their section."""
    code_page = _CODE_PAGE.search(raw)
    start = f"{{\\rtf1\\ansi{code_page.group() if code_page else ''} "
    apart: dict[str, list[str]] = {name: [] for name in dict.fromkeys(_SECTIONS.values())}
    kept: list[str] = []
    at = 0
    while (match := _APART.search(raw, at)) is not None:
        end = _group_end(raw, match.start())
        if not end:
            break
        kind = match["kind"]
        name = _SECTIONS["h" if kind.startswith(("header", "footer")) else kind[0]]
        texts = apart[name]
        said = " ".join(rtf_text(f"{start}{raw[match.end('kind') : end - 1]}}}").split())
        kept.append(raw[at : match.start()])
        at = end
        if name == "Notes" and said:
            kept.append(f"[{len(texts) + 1}]")
            texts.append(f"- [{len(texts) + 1}] {said}")
        elif any(map(str.isalpha, said)) and f"- {said}" not in texts:
            texts.append(f"- {said}")
    return "".join([*kept, raw[at:]]), apart


def _group_end(raw: str, start: int) -> int:
    """Where the group that begins at `start` has ended; 0 when it is not closed."""
    depth = 0
    for match in _BRACE.finditer(raw, start):
        if match.group() in "{}":
            depth += 1 if match.group() == "{" else -1
            if not depth:
                return match.end()
    return 0


def rtf_text(raw: str) -> str:
    """The text of RTF, which must be decoded as Latin-1; what cannot be decoded becomes U+FFFD."""
    from striprtf.striprtf import rtf_to_text

    text = str(rtf_to_text(raw, errors="replace"))
    # Pairs of halves of characters beyond the basic plane are in order.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").replace(PAGE_BREAK, "\n")


def _blocks(text: str, uri: str) -> Iterator[str]:
    """The lines, each a paragraph; the rows of a table with their heads."""
    for is_row, lines in groupby(text.split("\n"), key=lambda line: bool(_ROW.fullmatch(line.strip()))):
        if is_row:
            yield (
                "\n"
                + table_lines(plain_rows((line.strip()[:-1].split("|") for line in lines), uri), uri)
                + "\n"
            )
        else:
            yield from (f"{literal(line.strip())}\n" for line in lines if line.strip())

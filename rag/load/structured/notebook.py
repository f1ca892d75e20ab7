"""Notebooks (.ipynb): the text, the code and its printed output, cell by cell."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from askive.rag.errors import LoadError
from askive.rag.load.decoding import decode
from askive.rag.load.sections import literal
from askive.rag.text.headings import first_heading
from askive.rag.types import Document

IPYNB = "application/x-ipynb+json"
# "\x1b[0;31m", a colour of a terminal.
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def load_notebook(data: bytes, uri: str) -> Document:
    """The cells as Markdown; the title is the first heading. Raises LoadError when it is not a notebook."""
    from askive.rag.load.digest import sha256

    try:
        notebook = json.loads(decode(data, uri))
        cells = list(_cells(notebook))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise LoadError(
            f"{uri} is not a notebook", remedy="save it again in the program that made it"
        ) from error
    text = "\n\n".join(cell for cell in cells if cell)
    title = first_heading(text, max_level=1) or PurePath(uri).stem
    return Document(uri=uri, title=title, text=text, media_type=IPYNB, sha256=sha256(data))


def _cells(notebook: Any) -> Iterator[str]:
    # Before version 4 of the format, cells stood in worksheets.
    cells = notebook.get("cells")
    if cells is None:
        cells = [cell for sheet in notebook["worksheets"] for cell in sheet["cells"]]
    for cell in cells:
        source = _joined(cell.get("source", cell.get("input", ""))).strip()
        if cell["cell_type"] in ("markdown", "heading"):
            yield source
        elif cell["cell_type"] == "code":
            yield _code(source)
            for output in cell.get("outputs", ()):
                yield _code(_printed(output))
        else:
            yield literal(source)


def _printed(output: Any) -> str:
    if output.get("output_type") in ("error", "pyerr"):
        return f"{output.get('ename')}: {output.get('evalue')}"
    return _joined(output.get("data", {}).get("text/plain", output.get("text", "")))


def _code(text: str) -> str:
    text = _COLOUR.sub("", text).strip("\n")
    return f"```\n{literal(text)}\n```" if text.strip() else ""


def _joined(lines: Any) -> str:
    return lines if isinstance(lines, str) else "".join(map(str, lines))

"""Writes small PDFs, so that tests need neither a library for it nor files of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

LINE_POINTS = 14


def write_pdf(
    pages: Sequence[Sequence[str] | str],
    info: Mapping[str, str] | None = None,
    *,
    locked: bool = False,
    contents: Sequence[tuple[str, int, int]] = (),
) -> bytes:
    """A page for each list of lines, or for the content stream of a page; info: such as Title and CreationDate;
    locked: it asks for a password; contents: title, page from 0 and level from 1 of each bookmark."""
    n = len(pages)
    outlines = f" /Outlines {5 + 2 * n} 0 R" if contents else ""
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R{outlines} >>",
        f"<< /Type /Pages /Count {n} /Kids [{' '.join(f'{5 + 2 * i} 0 R' for i in range(n))}] >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        "<< " + " ".join(f"/{name} ({_escaped(value)})" for name, value in (info or {}).items()) + " >>",
    ]
    for i, lines in enumerate(pages):
        shown = "".join(f"({_escaped(line)}) Tj 0 -{LINE_POINTS} Td\n" for line in lines)
        stream = lines if isinstance(lines, str) else f"BT /F1 10 Tf 50 800 Td\n{shown}ET"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {6 + 2 * i} 0 R"
            " /Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(stream.encode('cp1252'))} >>\nstream\n{stream}\nendstream")
    objects += _outlines(contents, 5 + 2 * n)
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("cp1252")
    at = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    # No password gives these 32 zero bytes, so none opens it.
    lock = (
        f" /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{'00' * 32}> /U <{'00' * 32}> >>"
        if locked
        else ""
    )
    out += (
        f"trailer << /Size {len(objects) + 1} /Root 1 0 R /Info 4 0 R /ID [<00> <00>]{lock} >>\n"
        f"startxref\n{at}\n%%EOF\n"
    ).encode()
    return bytes(out)


def _outlines(contents: Sequence[tuple[str, int, int]], first: int) -> list[str]:
    """The objects of the bookmarks; the first, of number `first`, is their root."""
    if not contents:
        return []
    above = [0, *(level for *_, level in contents)]
    parents = [max(k for k in range(n) if above[k] < above[n]) for n in range(1, len(above))]
    below = {
        parent: [n for n, of in enumerate(parents, start=1) if of == parent] for parent in range(len(above))
    }

    def links(number: int) -> str:
        children = below[number]
        return (
            f" /First {first + children[0]} 0 R /Last {first + children[-1]} 0 R /Count {len(children)}"
            if children
            else ""
        )

    objects = [f"<< /Type /Outlines{links(0)} >>"]
    for n, (title, page, _) in enumerate(contents, start=1):
        siblings = below[parents[n - 1]]
        at = siblings.index(n)
        beside = f" /Prev {first + siblings[at - 1]} 0 R" if at else ""
        beside += f" /Next {first + siblings[at + 1]} 0 R" if at + 1 < len(siblings) else ""
        objects.append(
            f"<< /Title ({_escaped(title)}) /Parent {first + parents[n - 1]} 0 R{beside}{links(n)}"
            f" /Dest [{5 + 2 * page} 0 R /Fit] >>"
        )
    return objects


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")

"""Writes small PDFs, so that tests need neither a library for it nor files of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

LINE_POINTS = 14


def write_pdf(
    pages: Sequence[Sequence[str] | str], info: Mapping[str, str] | None = None, *, locked: bool = False
) -> bytes:
    """A page for each list of lines, or for the content stream of a page; info: such as Title and CreationDate;
    locked: it asks for a password."""
    n = len(pages)
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
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


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")

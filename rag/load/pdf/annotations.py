"""What a PDF page holds besides its text: the values of form fields, and notes."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

_MAX_ANNOTATIONS = 5_000
"""On one page; further ones are not read."""
_MAX_CHARS = 100_000
"""Longer values are not read."""
_FAR = 20_000.0
"""In points, beyond the edge of any page."""
_LINE_SHARE = 0.25
"""The upper and the lower part of a field's height that a label beside it need not touch."""


class _Field(NamedTuple):
    """A form field: edges in points from the lower left corner of the page."""

    left: float
    bottom: float
    right: float
    top: float
    name: str
    description: str
    value: str
    is_box: bool


def annotation_texts(pdf: Any, page: Any, text_page: Any) -> list[str]:
    """The filled fields of a page as `label: value`, and the texts of its notes, each as a paragraph.

    pdf: with its form initialised, if it has one. A label is the field's description, the text beside it, or its name.
    """
    import pypdfium2.raw as raw

    fields: list[_Field] = []
    notes: list[str] = []
    for number in range(min(raw.FPDFPage_GetAnnotCount(page), _MAX_ANNOTATIONS)):
        annotation = raw.FPDFPage_GetAnnot(page, number)
        if not annotation:
            continue
        try:
            kind = raw.FPDFAnnot_GetSubtype(annotation)
            if kind == raw.FPDF_ANNOT_WIDGET:
                if pdf.formenv is not None:
                    fields += _field(pdf.formenv, annotation)
            elif kind not in (raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP):
                notes.append(_text(raw.FPDFAnnot_GetStringValue, annotation, b"Contents"))
        finally:
            raw.FPDFPage_CloseAnnot(annotation)
    lines = [f"{_label(field, fields, text_page).rstrip(' :')}: {field.value}" for field in fields]
    return [text for text in dict.fromkeys((*lines, *notes)) if text]


def _field(form: Any, annotation: Any) -> Iterator[_Field]:
    """The field of an annotation if it is filled in, or a box to tick."""
    import pypdfium2.raw as raw

    kind = raw.FPDFAnnot_GetFormFieldType(form, annotation)
    value = _text(raw.FPDFAnnot_GetFormFieldValue, form, annotation)
    is_ticked = bool(raw.FPDFAnnot_IsChecked(form, annotation))
    is_box = kind in (raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON)
    if kind == raw.FPDF_FORMFIELD_CHECKBOX and not is_ticked:
        value = "not ticked"
    elif kind == raw.FPDF_FORMFIELD_RADIOBUTTON and not is_ticked:
        return
    edges = raw.FS_RECTF()
    if value and kind not in (raw.FPDF_FORMFIELD_PUSHBUTTON, raw.FPDF_FORMFIELD_SIGNATURE):
        raw.FPDFAnnot_GetRect(annotation, edges)
        yield _Field(
            edges.left,
            edges.bottom,
            edges.right,
            edges.top,
            _text(raw.FPDFAnnot_GetFormFieldName, form, annotation),
            _text(raw.FPDFAnnot_GetFormFieldAlternateName, form, annotation),
            value,
            is_box,
        )


def _label(field: _Field, fields: list[_Field], text_page: Any) -> str:
    """The description of a field, else the text on its left, or right of a box to tick, else its name."""
    if field.description:
        return field.description
    margin = _LINE_SHARE * (field.top - field.bottom)
    bottom, top = field.bottom + margin, field.top - margin
    beside = [other for other in fields if other.bottom < top and other.top > bottom]
    from_left = max((other.right for other in beside if other.right <= field.left), default=0.0)
    to_right = min((other.left for other in beside if other.left >= field.right), default=_FAR)
    sides = [(from_left, field.left)]
    if field.is_box:
        sides.append((field.right, to_right))
    texts = (" ".join(text_page.get_text_bounded(left, bottom, right, top).split()) for left, right in sides)
    return next((text for text in texts if text), field.name)


def _text(read: Callable[..., int], *arguments: Any) -> str:
    """A text of PDFium, whose functions return its size in bytes of UTF-16 and fill a buffer."""
    import pypdfium2.raw as raw

    n_bytes = read(*arguments, None, 0)
    if not 2 < n_bytes <= 2 * _MAX_CHARS:
        return ""
    buffer = ctypes.create_string_buffer(n_bytes)
    read(*arguments, ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), n_bytes)
    return " ".join(
        buffer.raw[: n_bytes - 2].decode("utf-16-le", errors="replace").replace("\0", " ").split()
    )

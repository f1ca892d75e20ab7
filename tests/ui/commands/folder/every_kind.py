"""One real file of every kind that is read, each with a fact that no other file has, where it is easily lost."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from email.message import EmailMessage
from typing import NamedTuple

from tests.rag.load.ole_writer import write_msg
from tests.rag.load.pdf_writer import write_pdf
from tests.rag.load.test_docx_parts import docx, paragraph, run
from tests.rag.load.test_office import write_epub, write_xlsx, zipped
from tests.rag.load.test_recognition import drawn, written
from tests.rag.load.written import cells, slide, write_odf

_OTHER = "The gate of the park is closed at night, and the dogs of the guard are led on a leash."


class Kind(NamedTuple):
    """A file, and what a question about its fact should give.

    value: is in the quotation. locator: of the citation. part: of the document's uri, behind the name of the file.
    """

    name: str
    data: bytes
    question: str
    value: str
    locator: str = ""
    part: str = ""


def _fact(place: str, person: str) -> str:
    return f"The lighthouse of {place} is kept by {person}."


def _asked(place: str) -> str:
    return f"Who keeps the lighthouse of {place}?"


def every_kind(*, recognises: bool) -> list[Kind]:
    """All kinds. recognises: also scanned pages and pictures."""
    kinds = [*_texts(), *_office(), *_mail(), *_records(), *_marked_up(), *_pages()]
    return [*kinds, *_pictures()] if recognises else kinds


def _texts() -> Sequence[Kind]:
    captions = (
        f"00:00:01.000 --> 00:00:04.000\n<v Ann>{_OTHER}\n\n01:02:03.500 --> 01:02:05.000\n<v Tom>{{}}\n"
    )
    minutes = f"[00:00:12] Ann: {_OTHER}\n\n[00:41:07] Tom: {_fact('Halewick', 'Tessa Moor')}\n"
    return [
        Kind("plain.txt", _fact("Avermouth", "Lena Olsen").encode("utf-16"), _asked("Avermouth"), "Lena Olsen"),
        Kind("minutes.txt", minutes.encode(), _asked("Halewick"), "Tessa Moor", "00:41:07"),
        Kind("talk.vtt", f"WEBVTT\n\n{captions.format(_fact('Brinmouth', 'Omar Reyes'))}".encode(),
             _asked("Brinmouth"), "Omar Reyes", "01:02:03"),
        Kind("talk.srt", ("1\n00:00:01,000 --> 00:00:03,000\n" + _OTHER + "\n\n2\n00:12:05,000 --> 00:12:09,000\n"
                          + _fact("Corwell", "Ida Falk")).encode(), _asked("Corwell"), "Ida Falk", "00:12:05"),
        Kind("server.log", b"2024-05-01 07:00:01 INFO started\n2024-05-01 07:14:22 ERROR the pump Dagny reports code E4471\n",
             "Which code does the pump Dagny report?", "E4471"),
        Kind("limits.py", b'# The retry limit of the Elsmere client is 17.\nRETRIES = 17\n',
             "What is the retry limit of the Elsmere client?", "17"),
    ]  # fmt: skip


def _office() -> Sequence[Kind]:
    from pptx import Presentation

    deck = Presentation()
    for n in (1, 2):
        page = deck.slides.add_slide(deck.slide_layouts[1])
        page.shapes.title.text = f"Part {n}"
        page.placeholders[1].text = _OTHER
    page.notes_slide.notes_text_frame.text = _fact("Fennport", "Nils Holm")
    slides = io.BytesIO()
    deck.save(slides)
    note = f'<w:footnote w:id="2">{paragraph(run(_fact("Garth", "Rosa Lind")))}</w:footnote>'
    word = docx(
        paragraph(run(_OTHER), '<w:r><w:footnoteReference w:id="2"/></w:r>'),
        header1=paragraph(run(_fact("Hillmouth", "Tom Ekberg"))),
        footnotes=note,
    )
    book = write_xlsx({
        "Parks": [["Park", "Gate"], ["North", "closed"]],
        "Ferries": [["Ferry", "2022", None], [None, "Plan", "Actual"], ["Ilse", 131, 118], ["Jura", 90, 95]],
    })  # fmt: skip
    sheets = write_odf(
        "<office:spreadsheet>"
        f'<table:table table:name="Parks">{cells("Park", "Gate")}{cells("North", "closed")}</table:table>'
        f'<table:table table:name="Cranes">{cells("Crane", "Load")}{cells("Kolga", "47 tons")}{cells("Marit", "8 tons")}'
        "</table:table></office:spreadsheet>"
    )
    novel = write_epub(
        [f"<h1>The park</h1><p>{_OTHER}</p>", f"<h1>The coast</h1><p>{_fact('Lowmoor', 'Una Berg')}</p>"],
        "<dc:title>A novel</dc:title>",
    )
    letter = write_odf(
        f'<office:text><text:h text:outline-level="1">The lamp</text:h><text:p>{_fact("Nordby", "Per Dahl")}</text:p></office:text>'
    )
    show = write_odf(
        f"<office:presentation>{slide('Parks', _OTHER, '')}{slide('Coast', _OTHER, _fact('Oakhaven', 'Siv Lund'))}"
        "</office:presentation>"
    )
    rtf = (
        rb"{\rtf1\ansi "
        + _OTHER.encode()
        + rb"{\footnote "
        + _fact("Pellow", "Ann Roy").encode()
        + rb"}\par}"
    )
    return [
        Kind("slides.pptx", slides.getvalue(), _asked("Fennport"), "Nils Holm", "slide 2"),
        Kind("contract.docx", word, _asked("Garth"), "Rosa Lind", "section Notes"),
        Kind("contract.docx", word, _asked("Hillmouth"), "Tom Ekberg", "section Headers and footers"),
        Kind(
            "book.xlsx",
            book,
            "What was the actual number for the ferry Ilse in 2022?",
            "118",
            "sheet Ferries, row 3",
        ),
        Kind("sheets.ods", sheets, "What is the load of the crane Kolga?", "47 tons", "sheet Cranes, row 2"),
        Kind("novel.epub", novel, _asked("Lowmoor"), "Una Berg", "chapter The coast"),
        Kind("letter.odt", letter, _asked("Nordby"), "Per Dahl"),
        Kind("show.odp", show, _asked("Oakhaven"), "Siv Lund", "slide 2"),
        Kind("note.rtf", rtf, _asked("Pellow"), "Ann Roy", "section Notes"),
    ]


def _message(subject: str, text: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Ann Lee <ann@example.org>", "tom@example.org", subject
    mail["Date"] = "Mon, 25 Jan 2016 10:00:00 +0000"
    mail.set_content(text)
    return mail


def _mail() -> Sequence[Kind]:
    mail = _message("The list", _OTHER)
    mail.add_attachment(
        write_xlsx({"Buoys": [["Buoy", "Depth"], ["Quarne", "212 metres"]]}), maintype="application",
        subtype="vnd.openxmlformats-officedocument.spreadsheetml.sheet", filename="buoys.xlsx",
    )  # fmt: skip
    outer = _message("Fw: The lamp", "See below.")
    outer.add_attachment(_message("The lamp", _fact("Ravensea", "Carl Moe")))
    box = b"".join(
        b"From ann@example.org Mon Jan 25 10:00:00 2016\n" + _message(subject, text).as_bytes() + b"\n\n"
        for subject, text in (("The park", _OTHER), ("The coast", _fact("Sandvik", "Eva Krog")))
    )
    outlook = write_msg({0x1A: "IPM.Note", 0x37: "The coast", 0x1000: _fact("Torness", "Leif Aas")}, {})
    return [
        Kind("list.eml", mail.as_bytes(), "What is the depth of the buoy Quarne?", "212 metres",
             "Attachment: buoys.xlsx > Buoys, row 2"),
        Kind("forwarded.eml", outer.as_bytes(), _asked("Ravensea"), "Carl Moe", "Forwarded message: The lamp"),
        Kind("box.mbox", box, _asked("Sandvik"), "Eva Krog", "message 2", "#2"),
        Kind("outlook.msg", outlook, _asked("Torness"), "Leif Aas"),
        Kind("case.zip", zipped({"notes/may.txt": _fact("Ulverholm", "Dag Voss"), "box.mbox": box.replace(b"Sandvik", b"Vardholm")}),
             _asked("Ulverholm"), "Dag Voss", "", "#notes/may.txt"),
        Kind("case.zip", b"", _asked("Vardholm"), "Eva Krog", "message 2", "#box.mbox#2"),
    ]  # fmt: skip


def _records() -> Sequence[Kind]:
    articles = [{"title": f"Article {n}", "text": f"{_OTHER} " * 4 + _fact(place, "Ivar Nes")}
                for n, place in enumerate(("Westray", "Xanten"), start=1)]  # fmt: skip
    messages = {
        "name": "Team",
        "messages": [{"from": "Ann", "text": _OTHER}, {"from": "Tom", "text": _fact("Yarrow", "Liv Enger")}],
    }
    cellar = {"nbformat": 4, "cells": [{"cell_type": "markdown", "source": f"# Study\n\n{_OTHER}"}, {
        "cell_type": "code", "source": "print(limit)",
        "outputs": [{"output_type": "stream", "text": "The trip pressure of the pump Zelda is 61 bar."}]}]}  # fmt: skip
    calendar = (
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20240619T090000Z\nSUMMARY:Workshop Alder\nLOCATION:Room 204\n"
        "END:VEVENT\nBEGIN:VEVENT\nDTSTART:20240620T090000Z\nSUMMARY:Party\nLOCATION:Hall\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    table = "Bank export of May\n\nShip;Captain;Built\nAurora;Rosa Lind;1998\nBaltica;Knut Wold;2001\n"
    return [
        Kind("articles.jsonl", "\n".join(map(json.dumps, articles)).encode(), _asked("Xanten"), "Ivar Nes", "record 2", "#2"),
        Kind("chat.json", json.dumps(messages).encode(), _asked("Yarrow"), "Liv Enger", "section messages, record 2"),
        Kind("study.ipynb", json.dumps(cellar).encode(), "What is the trip pressure of the pump Zelda?", "61 bar"),
        Kind("dates.ics", calendar.encode(), "What is the location of Workshop Alder?", "Room 204"),
        Kind("people.vcf", b"BEGIN:VCARD\nFN:Berit Thorn\nTEL;TYPE=WORK:4162 77\nEND:VCARD\n",
             "What is the telephone of Berit Thorn?", "4162 77"),
        Kind("ships.csv", table.encode(), "Who is the captain of the ship Baltica?", "Knut Wold", "row 5"),
        Kind("ships.tsv", b"Tug\tPower\nCardo\t880 kW\nOttar\t410 kW\n", "What is the power of the tug Cardo?", "880 kW",
             "row 2"),
    ]  # fmt: skip


def _marked_up() -> Sequence[Kind]:
    def page(place: str, person: str) -> str:
        return f"<html><body><nav>Menu</nav><article><h1>Coast</h1><p>{_OTHER}</p><p>{_fact(place, person)}</p></article></body></html>"

    archive = EmailMessage()
    archive["Subject"], archive["Snapshot-Content-Location"] = "Coast", "https://example.org/coast"
    archive.set_content(page("Eastmere", "Aksel Foss"), subtype="html")
    archive.make_related()
    xml = f"<register><title>Coast</title><chapter><title>Keepers</title><para>{_fact('Kirkwall', 'Olav Rye')}</para></chapter></register>"
    return [
        Kind("vault.md", f"# Coast\n\n> [!note] Keepers\n> {_fact('Danholm', 'Jon Vik')}\n".encode(), _asked("Danholm"), "Jon Vik"),
        Kind("web.html", page("Fjordby", "Marta Sand").encode(), _asked("Fjordby"), "Marta Sand"),
        Kind("saved.mhtml", archive.as_bytes(), _asked("Eastmere"), "Aksel Foss"),
        Kind("guide.rst", f"Guide\n=====\n\n{_OTHER}\n\nKeepers\n-------\n\n{_fact('Grimsay', 'Tora Lie')}\n".encode(),
             _asked("Grimsay"), "Tora Lie", "section Keepers"),
        Kind("guide.adoc", f"= Manual\n\n{_OTHER}\n\n== Keepers\n\n{_fact('Hestnes', 'Arne By')}\n".encode(),
             _asked("Hestnes"), "Arne By", "section Keepers"),
        Kind("paper.tex", (r"\documentclass{article}\begin{document}\section{Coast}" + _OTHER + r"\subsection{Keepers}"
                           + _fact("Inverby", "Rolf Hus") + r"\end{document}").encode(),
             _asked("Inverby"), "Rolf Hus", "section Keepers"),
        Kind("register.xml", xml.encode(), _asked("Kirkwall"), "Olav Rye", "section Keepers"),
    ]  # fmt: skip


def _pages() -> Sequence[Kind]:
    pages = [[_OTHER], [_OTHER, _fact("Jarlshof", "Gro Stein")]]
    return [
        Kind("report.pdf", write_pdf(pages, contents=[("Park", 0, 1), ("Coast", 1, 1)]), _asked("Jarlshof"), "Gro Stein", "p. 2")
    ]  # fmt: skip


def _pictures() -> Sequence[Kind]:
    return [
        Kind("sign.png", written("PNG", drawn("The quay Leira is 412 metres long.")), "How long is the quay Leira?", "412 metres"),
        Kind("photo.jpg", written("JPEG", drawn("The dock Mandal is 96 metres long.")), "How long is the dock Mandal?", "96 metres"),
        Kind("fax.tiff", written("TIFF", drawn("The park is open."), drawn("The tug Nesna costs 900 crowns.")),
             "How much does the tug Nesna cost?", "900 crowns", "p. 2"),
        Kind("scan.pdf", written("PDF", drawn("The park is open."), drawn("The mast Orkel is 63 metres high.")),
             "How high is the mast Orkel?", "63 metres", "p. 2"),
    ]  # fmt: skip

"""Mail: every part of a message is read, or named as not read."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.rag.config import PassageConfig
from askive.rag.errors import LoadError
from askive.rag.ingest.splitting import chunk
from askive.rag.load import LOADERS, load_bytes
from askive.rag.types import NOT_READ, Document
from tests.rag.load.pdf_writer import write_pdf
from tests.rag.load.test_docx_parts import docx, paragraph, run

HEAD = "From: Carla Moss <carla@example.org>\nTo: Dan <dan@example.org>\nSubject: {}\nDate: Wed, 6 Mar 2024 08:00:00 +0000\n"


def loaded(name: str, data: bytes) -> Document:
    return load_bytes(data, f"/files/{name}", LOADERS[f".{name.rpartition('.')[2]}"])


def sections(document: Document) -> dict[str, str]:
    """The passages' texts by heading."""
    passages = chunk(document, PassageConfig())
    assert all(document.text[p.start : p.end] == p.text for p in passages)
    return {p.heading: p.text for p in passages}


def mail(text: str = "See below.", subject: str = "Quotation") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = (
        "Carla Moss <carla@example.org>",
        "Dan <dan@example.org>",
        subject,
    )
    message["Date"] = "Wed, 6 Mar 2024 08:00:00 +0000"
    message.set_content(text)
    return message


def multipart(subtype: str, *parts: str) -> bytes:
    inner = "".join(f"--B1\n{part}\n" for part in parts)
    head = HEAD.format("Minutes")
    return f'{head}MIME-Version: 1.0\nContent-Type: multipart/{subtype}; boundary="B1"\n\n{inner}--B1--\n'.encode()


def test_forwarded_messages_and_attachments_are_sections() -> None:
    outer, inner = mail(), mail("Our price for forty brackets is 1,180 euros.", "Quotation 7731")
    inner.add_attachment(
        b"item,price\nbracket,29.50\n", maintype="text", subtype="csv", filename="prices.csv"
    )
    outer.add_attachment(inner)
    outer.add_attachment("Delivery takes nine working days.", filename="terms.txt")
    found = loaded("m.eml", outer.as_bytes())
    assert sections(found).keys() == {
        "",
        "Forwarded message: Quotation 7731",
        "Forwarded message: Quotation 7731 > Attachment: prices.csv",
        "Attachment: terms.txt",
    }
    assert "1,180 euros" in sections(found)["Forwarded message: Quotation 7731"]
    assert "price: 29.50" in sections(found)["Forwarded message: Quotation 7731 > Attachment: prices.csv"]
    assert sections(found)["Attachment: terms.txt"] == "Delivery takes nine working days."
    assert NOT_READ not in found.metadata


def test_an_attachment_without_a_name_is_read_by_its_type() -> None:
    invitation = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:The lease\nDTSTART:20240311T140000Z\nEND:VEVENT\nEND:VCALENDAR"
    found = loaded(
        "m.eml",
        multipart(
            "alternative",
            "Content-Type: text/plain\n\nPlease come.",
            f"Content-Type: text/calendar; method=REQUEST\n\n{invitation}",
        ),
    )
    assert sections(found)["Attachment: text/calendar"] == "| Summary: The lease; Start: 2024-03-11 14:00 UTC"
    outer = mail()
    word = "vnd.openxmlformats-officedocument.wordprocessingml.document"
    outer.add_attachment(docx(paragraph(run("The rent is 40 crowns."))), maintype="application", subtype=word)
    found = loaded("m.eml", outer.as_bytes())
    assert ("The rent is 40 crowns." in found.text, NOT_READ in found.metadata) == (True, False)


def test_people_and_ids_are_metadata() -> None:
    message = mail()
    message["Cc"], message["Message-ID"] = (
        '"Lind, Rosa" <rosa@example.org>, tom@example.org',
        "<7731@example.org>",
    )
    message["In-Reply-To"] = "<7730@example.org>"
    found = loaded("m.eml", message.as_bytes())
    assert found.published == "2024-03-06"
    assert found.metadata == {
        "author": "Carla Moss <carla@example.org>",
        "to": ["Dan <dan@example.org>"],
        "cc": ["Lind, Rosa <rosa@example.org>", "tom@example.org"],
        "message_id": "7731@example.org",
        "in_reply_to": "7730@example.org",
    }


def test_headings_in_attachments_and_bodies() -> None:
    message = mail("Run this:\n\n# The retry limit is 7\nretry=7\n```\n")
    message.add_attachment(
        b"# Weir 4\n\nIt trips at 61 bar.\n", maintype="text", subtype="markdown", filename="w.md"
    )
    assert sections(loaded("m.eml", message.as_bytes())) == {
        "": "From: Carla Moss <carla@example.org>\nTo: Dan <dan@example.org>\nDate: Wed, 06 Mar 2024 08:00:00 +0000\n\n"
        "Run this:\n\n    # The retry limit is 7\nretry=7\n    ```",
        "Attachment: w.md > Weir 4": "It trips at 61 bar.",
    }


def test_all_text_parts_are_read_and_what_is_not_is_named() -> None:
    found = loaded("m.eml", multipart(
        "mixed",
        "Content-Type: text/plain\n\nThe roof repair was approved.\n",
        'Content-Type: image/png; name="a.png"\nContent-Disposition: inline; filename="a.png"\n\nx\n',
        "Content-Type: text/plain\n\nThe budget is 42,500 euros.\n",
        'Content-Type: application/pdf; name="b.pdf"\n\nnot a PDF\n',
    ))  # fmt: skip
    assert found.text.endswith("The roof repair was approved.\n\nThe budget is 42,500 euros.")
    assert found.metadata[NOT_READ] == [
        "attachment a.png is of an unsupported type (image/png)",
        "attachment b.pdf is not a PDF, despite its name",
    ]


def test_a_picture_of_the_page_and_a_signature_are_no_attachments() -> None:
    logo = "Content-Type: image/png\nContent-ID: <logo>\n\nx\n"
    found = loaded(
        "m.eml", multipart("related", "Content-Type: text/html\n\n<p>The room is 204.</p>\n", logo)
    )
    assert found.text.endswith("The room is 204.")
    assert NOT_READ not in found.metadata
    signature = 'Content-Type: application/pgp-signature; name="s.asc"\n\nx\n'
    found = loaded("m.eml", multipart("signed", "Content-Type: text/plain\n\nThe room is 204.\n", signature))
    assert found.text.endswith("The room is 204.")
    assert NOT_READ not in found.metadata


@pytest.mark.parametrize(
    ("plain", "page", "expected"),
    [
        ("The workshop is in Room 204.", "<h1>The workshop</h1> is in Room <b>204</b>.", "The workshop is in Room 204."),
        ("Please use another program.", "<p>The workshop is on 19 June.</p>",
         "The workshop is on 19 June.\n\nPlease use another program."),
        ("The workshop.", "<p>The workshop is on 19 June.</p>", "The workshop is on 19 June."),
    ],
    ids=["the same", "a stub", "less"],
)  # fmt: skip
def test_alternatives(plain: str, page: str, expected: str) -> None:
    found = loaded(
        "m.eml",
        multipart(
            "alternative", f"Content-Type: text/plain\n\n{plain}\n", f"Content-Type: text/html\n\n{page}\n"
        ),
    )
    assert found.text.partition("\n\n")[2] == expected


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "utf-16", "utf-16-le", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("named", ["", "Content-Type: text/plain; charset={}\n"], ids=["unnamed", "named"])
def test_encodings_of_mail(encoding: str, named: str) -> None:
    head = f"{HEAD.format('Rechnung für März')}{named.format(encoding)}"
    found = loaded("m.eml", f"{head}\nDie Gebühr beträgt fünfzig Euro.\n".encode(encoding))
    assert found.title == "Rechnung für März"
    assert found.text.endswith("\n\nDie Gebühr beträgt fünfzig Euro.")
    assert NOT_READ not in found.metadata


def test_pages_of_attachments_are_sections() -> None:
    message = mail()
    pages = [["The roof costs 900 euros."], ["The floor costs 700 euros."]]
    message.add_attachment(write_pdf(pages), maintype="application", subtype="pdf", filename="costs.pdf")
    message.add_attachment(docx(paragraph(run("The rent.")), header1=paragraph(run("Contract no. 7"))),
                           maintype="application", subtype="octet-stream", filename="a.docx")  # fmt: skip
    assert list(sections(loaded("m.eml", message.as_bytes())).items())[1:] == [
        ("Attachment: costs.pdf > Page 1", "The roof costs 900 euros."),
        ("Attachment: costs.pdf > Page 2", "The floor costs 700 euros."),
        ("Attachment: a.docx", "The rent."),
        ("Attachment: a.docx > Headers and footers", "Contract no. 7"),
    ]


def test_a_text_attachment_in_the_encoding_that_its_part_names() -> None:
    message = mail()
    message.add_attachment("Цена 1180 евро.", filename="terms.txt", charset="koi8-r")
    assert loaded("m.eml", message.as_bytes()).text.endswith("Цена 1180 евро.")


BOX = f"""From carla@example.org Mon Mar  4 09:10:00 2024
{HEAD.format("Heating")}
Hello,

From next week the heating runs from five in the morning.

>From the landlord: the boiler is serviced on 12 March.

From dan@example.org Tue Mar  5 10:00:00 2024
Received: by mail.example.org;
\tTue, 5 Mar 2024
From: Dan <dan@example.org>
Subject: Re: Heating

Thanks.
"""


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_line_of_a_message_does_not_begin_the_next(line_end: str) -> None:
    found = loaded("box.mbox", BOX.replace("\n", line_end).encode())
    assert list(sections(found)) == ["Heating", "Re: Heating"]
    first = sections(found)["Heating"]
    assert "From next week the heating runs" in first
    assert "\n\nFrom the landlord: the boiler" in first
    assert found.metadata["author"] == ["Carla Moss <carla@example.org>", "Dan <dan@example.org>"]


def test_a_report_on_delivery() -> None:
    found = loaded("m.eml", multipart(
        "report; report-type=delivery-status",
        "Content-Type: text/plain\n\nIt was not delivered.\n",
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; dan@example.org\n",
    ))  # fmt: skip
    assert "Final-Recipient: rfc822; dan@example.org" in found.text


def test_a_message_in_too_many_others() -> None:
    message = mail("The core.")
    for _ in range(30):
        outer = mail("Around it.")
        outer.add_attachment(message)
        message = outer
    found = loaded("m.eml", message.as_bytes())
    assert found.metadata[NOT_READ] == ["a message in more than 20 others"]


WHOLE = mail("The roof costs 42,500 euros.")
WHOLE.add_alternative("<p>The roof costs 42,500 euros.</p>", subtype="html")
WHOLE.add_attachment(mail("Another."))
WHOLE.add_attachment(b"a,b\n1,2\n", maintype="text", subtype="csv", filename="t.csv")


@given(st.integers(0, 3000), st.binary(max_size=30), st.sampled_from([".eml", ".mbox"]))
def test_a_damaged_mail_is_a_document_or_a_load_error(at: int, noise: bytes, ending: str) -> None:
    data = (b"From x Mon Jan 25\n" if ending == ".mbox" else b"") + WHOLE.as_bytes()
    at %= len(data)
    try:
        found = loaded(f"m{ending}", data[:at] + noise + data[at + len(noise) :])
    except LoadError as error:
        assert "is not a mail" in error.message
        return
    found.text.encode("utf-8")
    assert "\0" not in found.text


def test_malformed_headers_do_not_lose_the_text() -> None:
    data = (
        HEAD.format("x").encode()
        + b"Content-Type: text/plain; charset*=\xff'\"\nContent-Disposition: ;;filename*0*=\n\nThe text."
    )
    email.message_from_bytes(data, policy=email.policy.default)
    assert loaded("m.eml", data).text.endswith("The text.")

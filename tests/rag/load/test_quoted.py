"""What mails quote, and their signatures, stand apart under who wrote them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.rag.config import PassageConfig
from askive.rag.ingest.splitting import chunk
from askive.rag.load.mail.quoted import pasted_mail, with_history_apart
from askive.rag.load.several.split import load_documents
from askive.rag.text.speakers import quoted_writer, writer_in
from askive.rag.types import Document
from tests.rag.load.test_mail import HEAD, loaded, multipart, sections

ROSA = "Quoted message by Rosa Lind (Tue, 5 Mar 2024 at 10:12)"
GMAIL = "On Tue, 5 Mar 2024 at 10:12, Rosa Lind <rosa@example.org> wrote:"
OUTLOOK = (
    "From: Rosa Lind <rosa@example.org>\nSent: Tuesday, 5 March 2024 10:12\nTo: Carla Moss\nSubject: The crane\n\n"
    "I found the crack in the hook."
)
BY_ROSA = "Quoted message by Rosa Lind (Tuesday, 5 March 2024 10:12)"


def mail(body: str) -> dict[str, str]:
    """The texts of a mail by their headings, without its head."""
    found = sections(loaded("m.eml", f"{HEAD.format('The crane')}\n{body}".encode()))
    return {
        heading: text.partition("+0000")[2].strip() if not heading else text
        for heading, text in found.items()
    }


def test_a_reply_above_what_it_quotes() -> None:
    assert mail(
        f"Thanks, we stop it.\n\n{GMAIL}\n> I found the crack\n> in the hook.\n>\n> Joris has a photo.\n"
    ) == {
        "": "Thanks, we stop it.",
        ROSA: f"{GMAIL}\nI found the crack\nin the hook.\n\nJoris has a photo.",
    }


def test_replies_between_quotes() -> None:
    body = f"{GMAIL}\n\n> Is it safe?\n\nNo.\n\n> And crane 8?\n\nYes, crane 8 is."
    found = chunk(loaded("m.eml", f"{HEAD.format('The crane')}\n{body}".encode()), PassageConfig())
    assert [(passage.heading, passage.text.rpartition("\n")[2]) for passage in found[1:]] == [
        (ROSA, "Is it safe?"),
        ("Reply by Carla Moss", "No."),
        (ROSA, "And crane 8?"),
        ("Reply by Carla Moss", "Yes, crane 8 is."),
    ]


@pytest.mark.parametrize(
    ("said", "writer", "when"),
    [
        (GMAIL, "Rosa Lind", "Tue, 5 Mar 2024 at 10:12"),
        ("On Tue, 5 Mar 2024 at 10:12, Rosa Lind\n<rosa@example.org> wrote:", "Rosa Lind", "Tue, 5 Mar 2024 at 10:12"),
        ("On Mar 5, 2024, at 10:12 AM, Rosa Lind wrote:", "Rosa Lind", "Mar 5, 2024, at 10:12 AM"),
        ("On 05/03/2024 10:12, Rosa Lind wrote:", "Rosa Lind", "05/03/2024 10:12"),
        ("On 5 March 2024 rosa@example.org wrote:", "rosa@example.org", "5 March 2024"),
        ("On Tuesday, Rosa Lind wrote:", "Rosa Lind", "Tuesday"),
        ("Am 05.03.24 um 10:12 schrieb Rosa Lind:", "Rosa Lind", "05.03.24 um 10:12"),
        ("Rosa Lind wrote:", "Rosa Lind", ""),
        ('"Lind, Rosa" <rosa@example.org> wrote on 5 March 2024:', "Lind, Rosa", "5 March 2024"),
        ("Le mar. 5 mars 2024 à 10:12, Rosa Lind <rosa@example.org> a écrit :", "Rosa Lind", "mar. 5 mars 2024 à 10:12"),
    ],
)  # fmt: skip
def test_who_is_said_to_have_written_it(said: str, writer: str, when: str) -> None:
    (heading,) = set(mail(f"Yes.\n\n{said}\n> I found the crack.")) - {""}
    assert heading == f"Quoted message by {writer}{f' ({when})' if when else ''}"
    assert quoted_writer(heading) == writer_in(f"The crane > {heading}") == writer


def test_what_is_new_stays_new() -> None:
    text = "You asked:\n\n> Is it safe?\n\nNo. The poet wrote: go on.\nFrom next week it is.\n\nTo: all of you\n\n-- three of them"
    found = mail(text)
    assert list(found) == ["", "Quoted message", "Reply by Carla Moss"]
    assert (
        found["Reply by Carla Moss"].startswith("No. The poet wrote")
        and "three of them" in found["Reply by Carla Moss"]
    )
    journey = "From: Harrow\nTo: Velm\nDate: 5 May 2024\n\nHave a good day."
    assert list(mail(f"Your journey:\n\n{journey}")) == [""]
    assert quoted_writer("Reply by Carla Moss") == "" and writer_in("Reply by Carla Moss") == "Carla Moss"
    assert [writer_in(heading) for heading in ("Quoted message", "Signature of Ann", "Costs")] == [
        "",
        "",
        None,
    ]


@pytest.mark.parametrize(
    "divider",
    [
        "-----Original Message-----\n",
        "________________________________\n",
        "",
        "Begin forwarded message:\n\n",
    ],
)
@pytest.mark.parametrize("mark", ["", "*"])
def test_the_head_of_another_message(divider: str, mark: str) -> None:
    other = re.sub(r"^(\w+:)", rf"{mark}\1{mark}", OUTLOOK, flags=re.MULTILINE)
    found = mail(f"We stop it.\n\n{divider}{other}\n\nOn 4 March 2024 Tom Ash wrote:\n\nThe hook is new.")
    assert list(found) == ["", BY_ROSA, "Quoted message by Tom Ash (4 March 2024)"]
    assert found[""] == "We stop it."
    assert found[BY_ROSA].endswith("I found the crack in the hook.")
    assert found["Quoted message by Tom Ash (4 March 2024)"].endswith("The hook is new.")


def test_quotes_in_quotes() -> None:
    found = mail(
        f"Stop it.\n\n{GMAIL}\n> A crack.\n>\n> Tom Ash wrote:\n>> The hook is new.\n>> -- \n>> Tom, yard 2\n> Not any more.\n"
    )
    assert list(found) == ["", ROSA, "Quoted message by Tom Ash", "Signature of Tom Ash"]
    assert (
        "Not any more."
        in loaded("m.eml", f"{HEAD.format('x')}\n{GMAIL}\n> A\n> > B\n> Not any more.".encode()).text
    )
    deep = mail("\n".join(f"{'>' * n} level {n}" for n in range(1, 40)))
    assert all(f"level {n}" in "".join(deep.values()) for n in range(1, 40))


def test_signatures() -> None:
    assert mail(
        f"We stop it.\n\n-- \nCarla Moss\nYard 2, ext. 31\n\n{GMAIL}\n> A crack.\n> -- \n> Rosa, ext. 40"
    ) == {
        "": "We stop it.",
        "Signature of Carla Moss": "Carla Moss\nYard 2, ext. 31",
        ROSA: f"{GMAIL}\nA crack.",
        "Signature of Rosa Lind": "Rosa, ext. 40",
    }
    # Too long for one.
    assert list(mail("A.\n--\n" + "\n".join(f"Line {n}." for n in range(30)))) == [""]


def test_quotations_of_a_page() -> None:
    page = (
        f"<p>We stop it.</p><div class=gmail_quote><div>{GMAIL.replace('<', '&lt;')}</div><blockquote><p>A crack.</p>"
        "<p>Tom Ash wrote:</p><blockquote>The hook is new.</blockquote></blockquote></div>"
    )
    found = sections(loaded("m.eml", multipart("related", f"Content-Type: text/html\n\n{page}\n")))
    assert list(found) == ["", ROSA, "Quoted message by Tom Ash"]
    assert found["Quoted message by Tom Ash"] == "Tom Ash wrote:\n\nThe hook is new."


def document(name: str, text: str) -> Document:
    """The only document in a file."""
    (found,) = load_documents(text.encode(), f"/files/{name}", f".{name.rpartition('.')[2]}")
    return found


def test_mails_pasted_into_a_text() -> None:
    head = "From: Carla Moss <carla@example.org>\nSent: Wednesday, 6 March 2024 08:00\nTo: Rosa Lind\nSubject: RE: The crane\n\n"
    found = document("thread.txt", f"{head}We stop it.\n\n{OUTLOOK}\n\n-- \nRosa")
    assert (found.title, found.published, found.metadata["author"]) == (
        "RE: The crane",
        "2024-03-06",
        "Carla Moss",
    )
    assert sections(found) == {"": f"{head}We stop it.", BY_ROSA: OUTLOOK, "Signature of Rosa Lind": "Rosa"}
    found = document(
        "notes.txt", f"Notes on cranes\n\nWe asked.\n\n{GMAIL}\n> # A crack.\n\nThen we stopped it."
    )
    assert found.title == "Notes on cranes"
    assert sections(found) == {
        "": "Notes on cranes\n\nWe asked.",
        ROSA: f"{GMAIL}\n    # A crack.",
        "Below the quoted message": "Then we stopped it.",
    }


def test_mails_pasted_into_a_note() -> None:
    found = document(
        "crane.md",
        f"# Crane 7\n\nWe asked.\n\n{GMAIL}\n> A crack.\n\nWe stopped it.\n\n## Costs\n\n> Cheap is dear.\n\n900 euros.",
    )
    assert sections(found) == {
        "Crane 7": "We asked.",
        f"Crane 7 > {ROSA}": f"{GMAIL}\nA crack.",
        "Crane 7 > Below the quoted message": "We stopped it.",
        "Crane 7 > Costs": "> Cheap is dear.\n\n900 euros.",
    }


@pytest.mark.parametrize(
    "text",
    [
        "> Cheap is dear.\n\nAn old saying.",
        "From: Harrow\nTo: Velm\nDate: 5 May 2024\n\nThe ferry takes an hour.",
        "She wrote:\n\n> Cheap is dear.",
        "Usage\n-----\n\n-- a comment\n--\nSELECT 1",
    ],
)
def test_texts_that_quote_no_mail(text: str) -> None:
    assert pasted_mail(text, is_markdown=False) is None
    assert pasted_mail(text, is_markdown=True) is None


LINE = st.sampled_from(["> a", ">> b", "c", "", "-- ", GMAIL, "On Monday", "From: A B", "Sent: 5 May", "Subject: x", "-----Original Message-----", "# d", "> From: C", "> Date: 1 May"])  # fmt: skip


@given(st.lists(LINE, max_size=25).map("\n".join))
def test_nothing_is_lost(text: str) -> None:
    def seen(shown: str) -> str:
        return re.sub(r"[\s>]|^--\s*$", "", re.sub(r"^>?\s*--\s*$", "", shown, flags=re.MULTILINE))

    shown = with_history_apart(text, 1, "Ann")
    without = re.sub(r"^# (?:Quoted message|Reply|Signature).*$", "", shown, flags=re.MULTILINE)
    assert seen(without) == seen(text)


@pytest.mark.timeout(30)
def test_long_texts_take_no_time() -> None:
    for text in (
        "> " * 20_000,
        ">\n" * 20_000,
        "On a b\n" * 10_000,
        "From: a\nSent: b\nTo: c\n\n" * 5_000,
        "a, " * 20_000 + "wrote:",
    ):
        with_history_apart(text, 1)
        pasted_mail(text, is_markdown=False)
        pasted_mail(text, is_markdown=True)

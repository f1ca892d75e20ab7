"""Tables of web pages, Markdown, Word files, books and slides."""

from __future__ import annotations

import io

import pytest

from askive.rag.load.html import load_html, visible_text
from askive.rag.load.markdown import load_markdown
from askive.rag.load.office import load_docx, load_epub, load_pptx
from tests.rag.load.test_office import write_docx_body, write_epub

ROWS = "| Region: North; 2022 Plan: 1; 2022 Actual: 2\n| Region: North; 2022 Plan: 3; 2022 Actual: 4"
PAGE = (
    "<table><caption>Sales</caption><tr><th rowspan=2>Region</th><th colspan=2>2022</th></tr>"
    "<tr><th>Plan</th><th>Actual</th></tr>"
    "<tr><td rowspan=2>North</td><td>1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr></table>"
)


def test_a_page() -> None:
    assert load_html(f"<p>Before.</p>{PAGE}<p>After.</p>".encode(), "x.html").text == (
        f"Before.\n\nSales\n\n{ROWS}\n\nAfter."
    )


@pytest.mark.parametrize(
    ("page", "text"),
    [
        # labels and values, below a title
        ("<table><tr><th colspan=2>Ada Lovelace<tr><th>Born<td>1815<tr><th>Died<td>In London. <b>1852</b></table>",
         "| Ada Lovelace\n| Born: 1815\n| Died: In London. 1852"),
        # heads that are only bold
        ("<table><tr><td><b>Ship</b><td><b>Port</b><tr><td>Aurora<td>Oslo</table>", "| Ship: Aurora; Port: Oslo"),
        # heads of two rows above words
        ("<table><tr><td>Day<td colspan=2>Open<tr><td><td>am<td>pm<tr><td>Mon<td>yes<td>no</table>",
         "| Day: Mon; Open am: yes; Open pm: no"),
        ("<table><tr><th>Name<th colspan=2>Contact<tr><td>Ann<td>desk<td>mail<tr><td>Bo<td>post<td>none</table>",
         "| Name: Ann; Contact: desk; Contact (2): mail\n| Name: Bo; Contact: post; Contact (2): none"),
        # a cell over two columns
        ("<table><tr><th>Day<th>am<th>pm<tr><td>Mon<td colspan=2>closed</table>", "| Day: Mon; am, pm: closed"),
        # tables that only place blocks on the page
        ("<table><tr><td><p>One.</p><p>Two.</p></table>", "One.\n\nTwo."),
        ("<table><tr><td>Left.<td><table><tr><td>Key<td>Value</table></table>", "Left.\n\n| Key: Value"),
        ("<table role=presentation><tr><td>Left.<td>Right.</table>", "Left. Right."),
        ("<table></table><p>One.", "One."),
    ],
)  # fmt: skip
def test_kinds_of_tables(page: str, text: str) -> None:
    assert visible_text(page) == text


def test_spans_that_a_page_only_claims() -> None:
    page = (
        "<table><tr><th>Day<th>Open<tr><td rowspan=0>Mon<td colspan=99999999999>1<tr><td rowspan=x>2</table>"
    )
    assert visible_text(page) == "| Day: Mon; Open: 1\n| Day: Mon; Open: 2"


def test_markdown() -> None:
    text = (
        "# Prices\n\n| Item | Price | Note |\n|------|------:|:---:|\n| Bolt \\| M8 | 0.12 | Cheap. *New*. |\n"
        "| Nut<br>M8 | 0.05 |\n\n```\n| a | b |\n|---|---|\n| 1 | 2 |\n```\n\nName | Qty\n--- | ---\nPin | 3\n\nAfter | all."
    )
    assert load_markdown(text.encode(), "x.md").text == (
        "# Prices\n\n| Item: Bolt | M8; Price: 0.12; Note: Cheap. *New*.\n| Item: Nut M8; Price: 0.05\n\n"
        "```\n| a | b |\n|---|---|\n| 1 | 2 |\n```\n\n| Name: Pin; Qty: 3\n\nAfter | all."
    )


def _word_cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>"


def test_word() -> None:
    down, below = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    rows = [
        _word_cell("Region", down) + _word_cell("2022", '<w:gridSpan w:val="2"/>'),
        _word_cell("", below) + _word_cell("Plan") + _word_cell("Actual"),
        _word_cell("North", down) + _word_cell("1") + _word_cell("2"),
        _word_cell("", below) + _word_cell("3") + _word_cell("4"),
    ]
    table = f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>"
    box = f"<w:tbl><w:tr>{_word_cell('A note_in_a box*')}</w:tr></w:tbl>"
    found = load_docx(write_docx_body(table + "<w:p/>" + box), "x.docx")
    assert found.text == f"{ROWS}\n\nA note_in_a box*"


def test_books() -> None:
    assert load_epub(write_epub([f"<h1>One</h1>{PAGE}"], ""), "x.epub").text == f"# One\n\nSales\n\n{ROWS}"


def test_slides() -> None:
    from pptx import Presentation
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Inches

    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    table = slide.shapes.add_table(4, 3, Inches(1), Inches(1), Inches(6), Inches(2)).table
    texts = [["Region", "2022", ""], ["", "Plan", "Actual"], ["North", "1", "2"], ["", "3", "4"]]
    for n, row in enumerate(texts):
        for at, text in enumerate(row):
            table.cell(n, at).text = text
    for first, last in (((0, 1), (0, 2)), ((0, 0), (1, 0)), ((2, 0), (3, 0))):
        table.cell(*first).merge(table.cell(*last))
    chart = CategoryChartData()
    chart.categories = ["Oslo", "Bergen"]
    chart.add_series("Ships", (4, 7))
    slide.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, Inches(1), Inches(4), Inches(4), Inches(2), chart)
    out = io.BytesIO()
    deck.save(out)
    text = load_pptx(out.getvalue(), "x.pptx").text
    assert text.startswith(ROWS)
    assert text.endswith("| Category: Oslo; Ships: 4.0\n| Category: Bergen; Ships: 7.0")

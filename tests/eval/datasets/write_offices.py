"""Writes the Word, Excel and PDF documents of `eval/gold/offices`: `python -m tests.eval.datasets.write_offices`.

The other documents of that suite are text and are edited where they lie.
"""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from askive.eval.datasets.gold import GOLD_OFFICES
from tests.rag.load.pdf_writer import write_pdf
from tests.rag.load.test_office import OFFICE, RELATED, WORD, zipped

_DAY = datetime.date
_PARTS = {
    "/word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    "/docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
}

ALDER_LANE: list[str | list[list[str]]] = [
    "# Alder Lane Allotment Society",
    "Minutes of the committee, 12.02.2024, in the old pump house",
    "Present: Gwen Tasker (chair), Piotr Malin, Shula Adeyemi (treasurer), Rhys Corbet, Dot Fairlie",
    "Apologies: Noor Haddad, Len Quist",
    "## 1. Water",
    "Mrs Adeyemi had the meter read on 29.01.2024. The charge for water was not raised. It stays at 18 pounds a plot.",
    "## 2. Bees",
    "Two hives may stand on plot 41 from 15 April 2024. Their keeper is Dot Fairlie.",
    "## 3. Hedge along the railway",
    "Rhys Corbet, whose brother had made one of the offers, left the room for this item and took no part in the vote.",
    [
        ["Bidder", "Price in pounds", "Clippings taken away"],
        ["Greenhalt Gardens", "1,140", "no"],
        ["Corbet Hedges", "990", "no"],
        ["T. Ashe", "1,275", "yes"],
    ],
    "The committee chose T. Ashe, although he is the dearest.",
    "## 4. Plot 17",
    "The tenancy of plot 17 was not ended. The tenant was sent a second reminder.",
    "## 5. New shed",
    "Shula Adeyemi puts the cost of the shed at 700 pounds. Piotr Malin expects 950 pounds.",
    "## 6. Toilet",
    "The toilet works again, Piotr Malin said. Gwen Tasker said that the drain was still blocked.",
    "## 7. Next meeting",
    "11.03.2024 at the same place.",
]

GREYWELL: list[str | list[list[str]]] = [
    "# Cleaning contract for the Greywell Arts Centre",
    "Between the trustees of the centre and Sweepline Ltd, signed on 18.12.2023",
    "## 1. Beginning and end",
    "The contract begins on 01.02.2024 and runs for three years. It is not renewed by itself. Whoever wants to go on "
    "with it says so in writing by 31.10.2026.",
    "## 2. Rooms and times",
    [
        ["Room", "Days", "Start"],
        ["Foyer", "daily", "06:00"],
        ["Gallery", "Monday and Thursday", "07:15"],
        ["Workshop", "Friday", "18:30"],
        ["Café", "daily", "21:00"],
    ],
    "## 3. What is not included",
    "The kiln room and the windows above the ground floor are excluded. The trustees have them cleaned by others.",
    "## 4. Fee",
    "The fee is 1,980 euros a month. It is due on the tenth day of the month that follows.",
    "## 5. Keys",
    "Two keys were handed over on 29.01.2024. If one is lost, the contractor pays 75 euros.",
    "## 6. Contact",
    "The work is overseen by Odile Brandt. Her telephone number is 0662 418.",
    "## 7. Earlier contract",
    "The contract with Dustaway was not terminated. It ran out on 31.01.2024.",
]

EBBING_STREET: Mapping[str, Sequence[Sequence[object]]] = {
    "Firings": [
        ["Date", "Potter", "Glaze", "Peak in °C", "Hours", "Result"],
        [_DAY(2024, 3, 8), "Oriel Banks", "tenmoku", 1262, 11, "good"],
        [_DAY(2024, 3, 22), "Hamish Pell", "celadon", 1248, 12, "cracks in two bowls"],
        [_DAY(2024, 4, 19), "Oriel Banks", "shino", 1231, 14, "good"],
        [_DAY(2024, 5, 17), "Zeynep Arat", "ash", 1274, 15, "glaze ran onto the shelf"],
        [_DAY(2024, 6, 14), "Hamish Pell", "copper red", 1285, 13, "good"],
        [_DAY(2024, 6, 28), "Zeynep Arat", "clear", 1219, 10, "not read, probe broken at the end"],
    ],
    "Clay": [
        ["Body", "Supplier", "Price per 10 kg"],
        ["stoneware", "Pitfield & Rowe", 12.8],
        ["porcelain", "Pitfield & Rowe", 27.5],
        ["raku", "Clayhouse Moy", 16.4],
    ],
}

OXBOW: Mapping[str, Sequence[Sequence[object]]] = {
    "Bread": [
        ["Bread", "Weight in g", "Price", "Contains"],
        ["Rye loaf", 1000, 4.6, "rye, salt"],
        ["Country loaf", 750, 3.9, "wheat, rye"],
        ["Walnut stick", 350, 3.35, "wheat, walnuts"],
        ["Spelt tin", 500, 4.25, "spelt, sunflower seeds"],
    ],
    "Cakes": [
        ["Cake", "Pieces", "Price", "Order ahead"],
        ["Plum slice", 12, 26.4, "1 day"],
        ["Poppy ring", 16, 29.8, "2 days"],
        ["Honey tower", 20, 58, "4 days"],
    ],
}

KESTREL = [
    [
        "Lease of the Kestrel Boathouse",
        "",
        "Made on 07.03.2024 between the Marden River Trust (the landlord) and Oarlock Rowing",
        "Club (the tenant).",
        "1. Term. The lease runs for seven years from 01.05.2024. Either side may end it earlier",
        "by giving six months' notice in writing.",
        "2. Rent. The rent is 2,400 pounds a year. It is paid in two halves, on 1 May and on",
        "1 November. It will be reviewed on 01.05.2027.",
        "3. Deposit. The tenant paid a deposit on 26.02.2024. It amounts to 600 pounds and",
        "bears no interest.",
        "4. Use. Boats may be stored and crews trained. Nobody may stay in the building",
        "overnight.",
        "5. Repairs. The tenant keeps the building in repair. The roof and the outer walls are",
        "excluded from this and are seen to by the landlord.",
    ],
    [
        "6. Insurance. The building is insured by the landlord. Boats and equipment are not",
        "covered.",
        "7. Subletting. The ground floor may not be sublet. The upper room may be let to",
        "schools, says the letter of the landlord's agent, Hester Vance, of 20.02.2024.",
        "8. Earlier lease. The lease of 1998 was not renewed. It ended on 31.12.2022, and the",
        "building stood empty from then on.",
        "Signed for the tenant by Milo Drury, president of the club.",
    ],
]

DRYWELL = [
    [
        "Drywell 40 dehumidifier: instructions for use",
        "",
        "Edition of 09.01.2024",
        "1. Technical data. The power is 320 watts. Suitable for rooms of up to 45 square metres.",
        "The tank holds 4.5 litres.",
        "2. Placing. Leave 30 centimetres free on all sides. The device is not made for bathrooms",
        "with a shower.",
        "3. Full tank. When the tank is full, a red lamp comes on. The device then switches off",
        "by itself.",
        "4. Filter. Clean the filter every two weeks. Use warm water and no soap for this. The",
        "filter must not be put into the dishwasher.",
    ],
    [
        "5. Faults. E1 means that the filter is blocked. E2 means that the room is colder than",
        "5 degrees. E3 means that the tank is not in its place.",
        "6. Guarantee. The guarantee lasts 30 months. It does not cover the filter and the wheels.",
        "7. Recall. Devices of the year 2022 were recalled for a faulty plug. The edition sold",
        "since 14.11.2023 was not affected. Owners were written to on 3 October 2023.",
        "8. Help. Repairs are made by Arvo Appliances. They can be called on 0800 6631.",
    ],
]


def documents() -> dict[str, bytes]:
    """Name -> bytes of each document that is no text."""
    return {
        "alder-lane-minutes.docx": write_docx(
            ALDER_LANE, "Alder Lane Allotment Society: minutes", "2024-02-14"
        ),
        "greywell-cleaning-contract.docx": write_docx(
            GREYWELL, "Cleaning contract for the Greywell Arts Centre", "2023-12-18"
        ),
        "ebbing-street-kiln-log.xlsx": write_xlsx(
            EBBING_STREET, "Kiln log of the Ebbing Street pottery", "2024-09-30"
        ),
        "oxbow-bakery-prices.xlsx": write_xlsx(OXBOW, "Oxbow Bakery: price list", "2023-09-30"),
        "kestrel-boathouse-lease.pdf": write_pdf(
            KESTREL, {"Title": "Lease of the Kestrel Boathouse", "CreationDate": "D:20240307090000Z"}
        ),
        "drywell-40-instructions.pdf": write_pdf(
            DRYWELL, {"Title": "Drywell 40: instructions for use", "CreationDate": "D:20240109090000Z"}
        ),
    }


def write_docx(blocks: Sequence[str | list[list[str]]], title: str, saved: str, author: str = "") -> bytes:
    """blocks: paragraphs, `# ` and `## ` before headings, and tables as rows of cells. saved: an ISO date."""
    creator = f"<dc:creator>{escape(author)}</dc:creator>" if author else ""
    body = "".join(_paragraph(block) if isinstance(block, str) else _table(block) for block in blocks)
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="Heading{n}"><w:name w:val="heading {n}"/></w:style>'
        for n in (1, 2)
    )
    overrides = "".join(
        f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in _PARTS.items()
    )
    related = f'<Relationships xmlns="{RELATED}"><Relationship Id="r1" '
    return zipped(
        {
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>',
            "_rels/.rels": f'{related}Target="word/document.xml" Type="{OFFICE}/officeDocument"/></Relationships>',
            "word/_rels/document.xml.rels": f'{related}Target="styles.xml" Type="{OFFICE}/styles"/></Relationships>',
            "word/styles.xml": f'<w:styles xmlns:w="{WORD}">{styles}</w:styles>',
            "word/document.xml": f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>',
            "docProps/core.xml": "<cp:coreProperties"
            ' xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"'
            ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">'
            f"<dc:title>{escape(title)}</dc:title>{creator}<dcterms:modified>{saved}T10:00:00Z</dcterms:modified>"
            "</cp:coreProperties>",
        }
    )


def _paragraph(text: str) -> str:
    level = len(text) - len(text.lstrip("#"))
    style = f'<w:pPr><w:pStyle w:val="Heading{level}"/></w:pPr>' if level else ""
    return f"<w:p>{style}<w:r><w:t>{escape(text.lstrip('# '))}</w:t></w:r></w:p>"


def _table(rows: Sequence[Sequence[str]]) -> str:
    lines = (
        "<w:tr>" + "".join(f"<w:tc>{_paragraph(cell)}</w:tc>" for cell in cells) + "</w:tr>" for cells in rows
    )
    return f"<w:tbl>{''.join(lines)}</w:tbl>"


def write_xlsx(
    sheets: Mapping[str, Sequence[Sequence[object]]], title: str, saved: str, author: str = ""
) -> bytes:
    """sheets: rows of cells by the name of the sheet. saved: an ISO date."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    book.properties.title = title
    book.properties.created = datetime.datetime.fromisoformat(saved)
    if author:
        book.properties.creator = author
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    core = "docProps/core.xml"
    modified = f"{saved}T10:00:00Z".encode()
    with zipfile.ZipFile(out) as archive:
        members: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
        # On saving, the library sets the day of the change to today.
        members[core] = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + modified, archive.read(core))
    return zipped(members)


if __name__ == "__main__":
    for name, data in documents().items():
        (GOLD_OFFICES / "corpus" / name).write_bytes(data)

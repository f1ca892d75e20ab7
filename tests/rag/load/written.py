"""Writes texts and slides of OpenDocument, RTF and saved pages, for tests of what is read in them."""

from __future__ import annotations

from tests.rag.load.test_office import zipped

_SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{uri}:1.0"'
    for name, uri in {
        "office": "office", "text": "text", "table": "table", "draw": "drawing", "style": "style",
        "presentation": "presentation", "svg": "svg-compatible",
    }.items()
) + ' xmlns:dc="http://purl.org/dc/elements/1.1/"'  # fmt: skip


def write_odf(body: str, edges: str = "", fields: str = "") -> bytes:
    """A file of OpenDocument with this body, these headers and footers, and these properties."""
    return zipped({
        "content.xml": f"<office:document {_SPACES}><office:body>{body}</office:body></office:document>",
        "styles.xml": f"<office:document {_SPACES}>{edges}</office:document>",
        "meta.xml": f"<office:document {_SPACES}>{fields}</office:document>",
    })  # fmt: skip


def slide(title: str, text: str, notes: str) -> str:
    """A slide for `write_odf`."""
    return (
        f'<draw:page><draw:frame presentation:class="title"><draw:text-box><text:p>{title}</text:p></draw:text-box>'
        f"</draw:frame><draw:frame><draw:text-box><text:p>{text}</text:p></draw:text-box></draw:frame>"
        f"<presentation:notes><text:p>{notes}</text:p></presentation:notes></draw:page>"
    )


def cells(*texts: str) -> str:
    """A row of a table for `write_odf`."""
    return (
        "<table:table-row>"
        + "".join(f"<table:table-cell><text:p>{text}</text:p></table:table-cell>" for text in texts)
        + "</table:table-row>"
    )


ODT = write_odf(
    "<office:text><text:tracked-changes><text:p>Deleted.</text:p></text:tracked-changes>"
    '<text:h text:outline-level="1">The lease</text:h><text:h text:outline-level="2">Rent</text:h>'
    "<text:p>The tenant<text:s text:c='3'/>pays 40 crowns<text:note><text:note-citation>1</text:note-citation>"
    "<text:note-body><text:p>Sin<text:span>ce</text:span><text:s/>May.</text:p></text:note-body></text:note>"
    " a <text:span>month</text:span>."
    "<office:annotation><dc:creator>Ann</dc:creator><text:p>To<text:span>o</text:span> much?</text:p>"
    "</office:annotation></text:p>"
    "<text:list><text:list-item><text:p>Water</text:p><text:list><text:list-item><text:p>cold</text:p>"
    "</text:list-item></text:list></text:list-item></text:list>"
    f"<table:table>{cells('Ship', 'Built')}{cells('Aurora', '1998')}{cells('Baltic', '2001')}</table:table>"
    "<text:p># no heading<draw:frame><draw:text-box><text:p>In a box.</text:p></draw:text-box></draw:frame></text:p>"
    "</office:text>",
    "<style:header><text:p>Confidential</text:p></style:header><style:footer><text:p>7</text:p></style:footer>",
    "<dc:title>Lease 7</dc:title><dc:creator>Ann Roy</dc:creator>",
)
ODP = write_odf(
    f"<office:presentation>{slide('Ships', 'Aurora has 14 men.', 'Speak slowly.')}{slide('Fees', 'None.', '')}"
    "<draw:page><draw:frame><draw:image/><svg:title>Chart of fees</svg:title><svg:desc>They fall to 12.</svg:desc>"
    "</draw:frame></draw:page></office:presentation>"
)
RTF = (
    rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Times;}}{\info{\title The lease}{\author Ann Roy}}{\header Secret}"
    rb"{\*\generator Writer;}\pard The caf\'e9 pays{\footnote{\super 1} The f\'eate \{once\} rises.} 40 crowns.\par\par # no heading\par"
    rb"{\*\atnid A}{\*\atnauthor Ann}\chatn{\*\annotation{\*\atndate 1}\pard Too much?}"
    rb"\trowd\cellx1\cellx2 Ship\cell Built\cell\row\trowd Aurora\cell 1998\cell\row\trowd Baltic\cell 2001\cell\row"
    rb"\pard It costs \u8364? 7, \u-10179?\u-8704?.{\pict\pngblip 89504e47}\par}"
)
MHTML = b"""From: <Saved by Blink>
Snapshot-Content-Location: https://example.org/quay
Subject: =?utf-8?q?The_quay?=
Date: Mon, 4 Mar 2024 10:00:00 -0000
MIME-Version: 1.0
Content-Type: multipart/related; type="text/html"; boundary="B"

--B
Content-Type: text/html; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

<html><body><nav>Menu</nav><p>The caf=E9 on the quay is open.</p></body></html>
--B
Content-Type: text/css

p { color: red }
--B--
"""
XML = """<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "http://example.com/s">]>
<register xmlns="urn:x" area="North"><title>Register of ships</title><!-- no -->
<ship id="7"><name>Aurora</name><captain since="1998">Rosa Lind</captain></ship>
<chapter><title>Rules</title><para>The quay is <em>closed</em> on Mondays.</para><para>No fees are due.</para></chapter>
</register>"""
ASCIIDOC = """= Harbour manual
Ann Roy
:toc: left

== Lamps

The lamp is red.

[source,sh]
----
# no heading
----

|===
|Ship |Built

|Aurora
|1998
|Baltic |2001
|===
"""
LATEX = r"""\documentclass{article}
\title{The \emph{second} tug}\author{Ann Roy}\date{4 March 2016}
\begin{document}\maketitle
\section{Costs\label{costs}}
The tug costs 40{,}000 crowns \cite{roy}, so $a^2 < b$. % a comment
\subsection*{Later}
\begin{itemize}\item Coal.\footnote{From Hull.}\end{itemize}
\end{document}"""

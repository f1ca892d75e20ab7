"""Texts with markup of other languages. In: bytes. Out: a Document, with its headings as those of Markdown."""

"""Texts of word processors, presentations and books. In: bytes. Out: a Document as Markdown, with headings."""

"""The notebook: quotations and answers that a user pins, in an order of their own, with notes, and its exports.

In: views of answers and citations (`askive.ui.chat.http.payloads`). Out: Markdown, HTML, DOCX, CSL JSON, BibTeX.
"""

"""Recognise text with Tesseract. In: a picture or a scanned page. Out: its lines, and how certain they are."""

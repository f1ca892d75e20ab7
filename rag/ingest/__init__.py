"""Indexing: detects changed files, loads and splits them, embeds the passages, writes the store.

In: paths or Documents. Out: an IngestReport; the archive is consistent after every document.
"""

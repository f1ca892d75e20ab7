"""Indexing: decides which files changed, loads and splits them, embeds the passages, writes the store.

In: paths or Documents. Out: an IngestReport, and an archive that is complete after every document.
"""

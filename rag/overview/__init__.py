"""What is in a collection: counts, names, topics, and groups of documents by content; by code alone.

In: an archive. Out: an `Overview`.
"""

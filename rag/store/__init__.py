"""Storage of a collection: SQLite, full-text index, FAISS vectors, filters.

In: passages and vectors. Out: the passages that match words, a vector or a filter.
"""

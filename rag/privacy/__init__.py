"""Removal: every place that may hold text of a document, erasure, and leftovers.

In: the home folder and a collection. Out: the files that hold its text, and what remains to be erased.
"""

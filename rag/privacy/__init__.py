"""Removal: a register of all places that may hold text of documents, erasure, leftovers of crashes.

In: the data folder and a collection. Out: the files with its text, and what remains to be erased.
"""

"""Answers to questions of all kinds: lists, counts, summaries, timelines, comparisons.

In: the suite `kinds`, or a folder of documents. Out: tables beside the plain pipeline.
"""

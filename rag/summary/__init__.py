"""Summaries: what to sum up, which sentences of the sources matter most, and their wording.

In: a question and an archive. Out: sentences, each cited and verified.
"""

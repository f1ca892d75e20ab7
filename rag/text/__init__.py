"""Text without context: words, sentences, numbers, names, dates, negation. Knows no passage and no archive.

In: a string. Out: values with their offsets.
"""

"""Text without context: words, sentences, numbers, names, dates, roles. Knows no passage and no archive.

In: a string. Out: values with their offsets.
"""

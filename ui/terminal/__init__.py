"""What the commands share: options, opening a collection, printing.

In: results of `rag` and `eval`. Out: lines for a terminal.
"""

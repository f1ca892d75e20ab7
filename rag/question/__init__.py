"""Analysis of a question: its parts, the type of answer it expects, the times and publishers it names.

In: the text of a question. Out: what retrieval and evidence need to know of it.
"""

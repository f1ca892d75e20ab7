"""Analysis of a question: its parts, its expected type of answer, the times and publishers it names.

In: the text of a question. Out: a `Question` (`askive.rag.question.analysis`), read once. No other place parses it.
"""

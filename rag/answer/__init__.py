"""Answering: the prompt, streaming, and the final steps that check, repair, quote or refuse.

In: a question and its evidence. Out: the events of `rag/types.py`; the last one holds the Answer.
"""

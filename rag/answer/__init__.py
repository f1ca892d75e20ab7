"""Answering: the prompt, streaming, and what is checked, repaired, quoted or refused at the end.

In: a question and its evidence. Out: the events of `rag/types.py`; the last one holds the Answer.
"""

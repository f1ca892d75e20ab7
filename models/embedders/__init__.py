"""Embedding models: OpenVINO on the CPU, sentence-transformers, and a cache around either.

In: a list of texts. Out: a float32 array with one normalized row for each text.
"""

"""Retrieval: lexical and dense candidates, fusion, expansion, reranking, cut-off.

In: an analysed question and an archive. Out: hits, the best first.
"""

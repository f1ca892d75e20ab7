"""Search: lexical and vector candidates, fusion, expansion, reranking, cut-off.

In: an analysed question and an archive. Out: Hits, the best first.
"""

"""Quality and speed of retrieval: `make bench-retrieval`.

In: suites with gold evidence, or synthetic passages. Out: `results/retrieval.json`.
"""

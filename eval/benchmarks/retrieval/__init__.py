"""Quality and speed of search: `make bench-retrieval`.

In: suites with gold evidence, or synthetic passages. Out: `results/retrieval.json`.
"""

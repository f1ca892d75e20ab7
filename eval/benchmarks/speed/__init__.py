"""Speed and memory: `make bench`.

In: the shipped models. Out: `results/bench.json` and `results/bench.md`.
"""

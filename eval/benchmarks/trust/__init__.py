"""Refusals, accuracy, citations, and what each check costs and buys: `make bench-trust`.

In: suites with and without answers. Out: `results/trust.json` and `results/trust.md`.
"""

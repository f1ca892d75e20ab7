"""One suite through one pipeline: the record of a run, its rows, comparison, gate and judge.

In: a suite, models and settings. Out: a run folder, and what comparing two of them says.
"""

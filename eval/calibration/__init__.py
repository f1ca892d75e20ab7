"""Fitting of the logistic models that ship in `rag/calibration`.

In: suites, or sheets of sentences marked by annotators. Out: the JSON files with the fitted weights.
"""

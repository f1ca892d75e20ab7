"""Fitted logistic models and their stored weights.

In: features of an answer or a sentence. Out: a probability. `eval/calibration` fits them.
"""

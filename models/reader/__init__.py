"""The reader: a small cross-encoder that reads a question together with one sentence.

In: a question and sentences. Out: for each, the probability that it answers the question, and the span that does.
"""

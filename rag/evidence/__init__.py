"""Evidence: the sentences of the hits, scored, and the probability that they hold the answer.

In: a question and its Hits. Out: the sentences that the prompt shows, and an assessment of them.
"""

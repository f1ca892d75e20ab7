"""Work on the machines of a Ray cluster.

In: calls with arguments that can be pickled. Out: their results, in spite of machines that come, go and fail.
"""

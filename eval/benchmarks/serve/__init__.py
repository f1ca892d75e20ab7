"""`make bench-serve`: a running `askive serve` under load, and who gets in.

In: the configured embedder and documents made here. Out: one row for each promise of the server.
"""

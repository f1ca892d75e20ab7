"""The documents of a collection as the page shows them: the list, the overview, every mention of a text.

In: an open archive. Out: plain dicts for JSON.
"""

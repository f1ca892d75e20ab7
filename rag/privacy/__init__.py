"""Where the user's text is kept, and what is left of it after an erasure.

In: the home folder and a collection. Out: the files that hold its text, and what remains to be erased.
"""

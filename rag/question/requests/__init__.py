"""What questions of one kind ask for: the subject of a summary, the sides of a comparison, what a remark is about.

In: the text of a question. Out: its parts.
"""

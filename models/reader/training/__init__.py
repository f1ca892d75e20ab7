"""How the reader is trained and exported. Not part of the wheel.

In: public data sets of questions with marked answers. Out: the files in `models/reader/weights/`.
"""

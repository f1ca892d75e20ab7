"""What the whole archive says: the sentences about a subject, the events they date, the statements they report and the
values they name.

In: an archive and the subject of a question. Out: sentences with exact offsets, for the plans that list them.
"""

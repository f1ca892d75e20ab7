"""A command asks the chat or server of the same user that is running already, whose models are loaded.

In: a question. Out: the same events, through a socket in the data folder.
"""

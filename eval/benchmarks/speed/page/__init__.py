"""What a user of the chat waits for.

In: a chat with the real models, and a real browser. Out: milliseconds from a key to what is on the page.
"""

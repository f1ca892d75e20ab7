"""The HTTP side of the chat: who may ask, the routes, static files, payloads, event streams.

In: requests. Out: what `ui/chat` knows, as JSON.
"""

"""The chat: an HTTP server, and a page in plain JavaScript in `assets/`.

In: requests of a browser. Out: JSON payloads and streams of events.
"""

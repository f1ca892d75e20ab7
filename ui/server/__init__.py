"""The server for other programs: HTTP routes, routes of the OpenAI API, MCP, access tokens.

In: requests. Out: the same answers, hits and verdicts as on the command line, as JSON, after the same checks.
"""

"""The pages: each a function from a book and a request to an answer.

Nothing here knows of HTTP, so that a server and the writer of static files make the very same pages.
"""

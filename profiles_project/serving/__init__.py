"""The web server's side of a request: the body is read and a thread is found before Django is called.

granian hands each request to an event loop (its RSGI interface). There a slow sender costs memory and nothing else.
"""

"""The service as one would write it on FastAPI, async SQLAlchemy and asyncpg, to be measured against.

It runs on the tables that our migrations make, takes the same access tokens and does the same checks. Where there were
two ordinary ways, both were measured and the faster one stayed; the comments say which. It is spared what ours does
beside the measured work: a line of access log, a request id, rate limits, a check of each pooled connection, strictness
about duplicate keys and deep nesting, and the guard against a write between the statements of one read.
"""

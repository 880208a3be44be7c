"""The same work in the ordinary way of Django REST framework: nested ModelSerializers over prefetched rows.

It shares our models, settings, middleware and authentication, and its server is the one of `manage.py serve`:
`granian --interface wsgi --http 1 --workers 2 --blocking-threads N bench.naive.wsgi:application`.
"""

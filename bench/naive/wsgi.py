"""The naive service as a WSGI application."""

import os

from django.core.wsgi import get_wsgi_application

# Not setdefault: whoever starts it may have our own settings in the environment.
os.environ["DJANGO_SETTINGS_MODULE"] = "bench.naive.settings"
application = get_wsgi_application()

"""The service as a WSGI application, for granian (`manage.py serve`) or any other server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "profiles_project.settings")

application = get_wsgi_application()

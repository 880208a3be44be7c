"""The service as granian serves it (`manage.py serve`): the WSGI application behind what reads and shares out."""

# First, since it sets Django up.
from profiles_project.wsgi import application as wsgi_application

# isort: split
from profiles_project.serving.front import Front

application = Front(wsgi_application)

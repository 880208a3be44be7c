"""The control of redis_outage: the service with a breaker that never stays open, so that each request asks Redis."""

from profiles_project.caching import cache
from profiles_project.wsgi import application as served

application = served
cache.OPEN_SECONDS = 0

"""The control of read_only: the service with connections that are kept whatever the server has said on them."""

from profiles_project.database.postgresql import base
from profiles_project.wsgi import application as served

application = served
vars(base)["is_unfit"] = lambda _error: False
vars(base)["READ_ONLY"] = ()

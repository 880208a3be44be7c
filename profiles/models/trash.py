"""How long what was overwritten or deleted can be had again (contract 7)."""

import datetime as dt

KEPT_IN_TRASH = dt.timedelta(days=30)
KEPT_IN_LOG = dt.timedelta(days=180)
# So many versions of a profile are kept however old they are.
KEPT_VERSIONS = 50

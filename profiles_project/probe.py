"""`python -m profiles_project.probe`: exit status 0 while the server beside it answers; for container engines."""

import http.client
import os
import sys


def main() -> int:
    """Ask /health as a client would, without loading Django; 1 for any other answer than 200, and for none."""
    allowed = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip()
    # A leading dot or star stands for any name below; the server answers to no other name than these.
    name = allowed.lstrip("*").lstrip(".") or "localhost"
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=3)
    try:
        connection.request("GET", "/health", headers={"Host": name})
        return 0 if connection.getresponse().status == http.client.OK else 1
    except (OSError, http.client.HTTPException):
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())

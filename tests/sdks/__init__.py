"""SDKs: what generators make of openapi.yaml, compiled, and at work on a real service.

``python -m tests.sdks [name …]`` (``make sdks``) prints one line per step; clients/sdks/README.md says how somebody
makes an SDK of their own.
"""

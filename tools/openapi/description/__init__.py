"""The API as OpenAPI 3.1: what callers read, written beside the code that answers them.

`make openapi` turns it into `api/openapi.json`, which is all that the look-up serves: it never imports this package.
"""

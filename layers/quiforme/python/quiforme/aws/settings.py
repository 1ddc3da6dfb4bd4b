"""Environment variables of the functions that run on a schedule, checked once at start."""

import os


class Misconfigured(Exception):
    """A variable is missing or empty: the deployment is at fault, not the run."""


def setting(name: str) -> str:
    """One variable's text.

    Raises:
        Misconfigured: It is missing or empty; no default hides a broken deployment.

    """
    value = os.environ.get(name, "").strip()
    if not value:
        raise Misconfigured(f"the environment variable {name} is not set")
    return value

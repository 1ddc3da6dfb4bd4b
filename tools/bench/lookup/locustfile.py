"""Callers of the deployed stack, for locust: one SIRET at a time, or a hundred at once."""

import os
import random
from pathlib import Path

from locust import FastHttpUser, constant, task

_SIRETS = Path(os.environ["SIRETS"]).read_text().split()
_BEARER = {"Authorization": f"Bearer {os.environ['JETON']}"}


class Caller(FastHttpUser):
    """Asks for one SIRET after the other, without a pause."""

    host = os.environ["API"]
    wait_time = constant(0)
    connection_timeout = network_timeout = 30.0

    @task
    def one(self) -> None:
        """One document."""
        path = f"/v1/etablissements/{random.choice(_SIRETS)}"
        self.client.get(self.host + path, headers=_BEARER, name="one")


class Batcher(FastHttpUser):
    """Asks for a hundred SIRETs at once, again and again."""

    host = os.environ["API"]
    wait_time = constant(0)
    connection_timeout = network_timeout = 30.0

    @task
    def many(self) -> None:
        """A hundred documents."""
        sirets = random.sample(_SIRETS, 100)
        self.client.post(
            self.host + "/v1/etablissements/recherche", json={"sirets": sirets}, headers=_BEARER, name="batch"
        )

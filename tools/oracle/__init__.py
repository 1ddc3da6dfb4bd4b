"""The oracle: a deliberately naive model of what the system must answer, written from the specification alone."""

from .world import Event, OpenAnomaly, Oracle, anomaly_id, key_of

__all__ = ["Event", "OpenAnomaly", "Oracle", "anomaly_id", "key_of"]

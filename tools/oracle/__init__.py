"""The oracle: a deliberately naive implementation of the specification, independent of the system's code."""

from .world import Event, OpenAnomaly, Oracle, anomaly_id, key_of

__all__ = ["Event", "OpenAnomaly", "Oracle", "anomaly_id", "key_of"]

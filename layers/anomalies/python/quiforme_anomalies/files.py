"""The data files of the package: JSON Schemas, and sample messages about a fictitious France."""

import json
from importlib.resources import files
from typing import Any, Literal

_PACKAGE = files("quiforme_anomalies")


def schema(name: Literal["anomalie", "alerte", "evenement"]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of version 1 of an anomaly's `data`, of an alert's `data`, or of the whole event."""
    content: dict[str, Any] = json.loads((_PACKAGE / "schemas" / f"{name}.v1.schema.json").read_text(encoding="utf-8"))
    return content


def exemples() -> dict[str, list[dict[str, Any]]]:
    """For each rule code the events of one anomaly, in order; under `alerte`, an alert."""
    folder = sorted((_PACKAGE / "exemples").iterdir(), key=lambda file: file.name)
    return {file.name.removesuffix(".json"): json.loads(file.read_text(encoding="utf-8")) for file in folder}

"""AWS calls held against the policies that the template gives its bucket, queues and topic."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from tools.local_stack.template import of_type, resolve

_TARGETS = {"AWS::S3::BucketPolicy": "Bucket", "AWS::SQS::QueuePolicy": "Queues", "AWS::SNS::TopicPolicy": "Topics"}
"""Where each kind of policy says what it is attached to."""


@dataclass(frozen=True)
class Asked:
    """One call as a resource's policy sees it.

    Attributes:
        principal: An account's number, or a service such as `sns.amazonaws.com`.
        action: Such as `sqs:SendMessage`.
        resource: An ARN.
        conditions: The values of the condition keys. `aws:SecureTransport` is `true` unless it says otherwise.

    """

    principal: str
    action: str
    resource: str
    conditions: Mapping[str, str] = field(default_factory=dict)


def decisions(asked: Asked, names: Mapping[str, str]) -> set[str]:
    """The effects, `Allow` and `Deny`, of the statements that speak of this call; empty when none does."""
    return {
        statement["Effect"]
        for kind in _TARGETS
        for properties in of_type(kind).values()
        for statement in resolve(properties["PolicyDocument"]["Statement"], {**names, "AWS::NoValue": ""})
        if statement and _speaks_of(statement, asked)
    }


def allowed(asked: Asked, names: Mapping[str, str], *, identity: bool) -> bool:
    """What AWS decides: an explicit denial wins; within the account one allowance is enough, elsewhere it takes both.

    Args:
        asked: The call.
        names: What the template's names stand for.
        identity: Whether the caller's own policies allow it. A service has none.

    """
    effects = decisions(asked, names)
    if "Deny" in effects:
        return False
    if asked.principal == names["AWS::AccountId"]:
        return identity or "Allow" in effects
    return "Allow" in effects and (identity or asked.principal.endswith(".amazonaws.com"))


def attached() -> set[str]:
    """The logical names of the buckets, queues and topics that have a policy."""
    found = set()
    for kind, key in _TARGETS.items():
        for properties in of_type(kind).values():
            targets = properties[key] if isinstance(properties[key], list) else [properties[key]]
            found |= {target["Ref"] for target in targets}
    return found


def _speaks_of(statement: dict[str, Any], asked: Asked) -> bool:
    return (
        any(fnmatchcase(asked.principal, principal) for principal in _principals(statement["Principal"]))
        and any(fnmatchcase(asked.action, action) for action in _list(statement["Action"]))
        and any(fnmatchcase(asked.resource, resource) for resource in _list(statement["Resource"]))
        and all(
            _holds(operator, asked.conditions.get(key, _DEFAULTS.get(key)), _list(wanted))
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    )


_DEFAULTS = {"aws:SecureTransport": "true"}


def _principals(principal: Any) -> list[str]:
    return [principal] if isinstance(principal, str) else [one for kind in principal.values() for one in _list(kind)]


def _holds(operator: str, value: str | None, wanted: list[str]) -> bool:
    if operator in ("Bool", "StringEquals"):
        return value in wanted
    if operator in ("ArnEquals", "ArnLike"):
        return value is not None and any(fnmatchcase(value, pattern) for pattern in wanted)
    raise ValueError(f"the condition {operator} is not known here")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]

"""AWS calls held against the policies that the template gives its functions."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from tools.local_stack.template import of_type, resolve

_S3 = {
    "GetObject": ("GetObject",),
    "HeadObject": ("GetObject",),
    "PutObject": ("PutObject",),
    "CreateMultipartUpload": ("PutObject", "AbortMultipartUpload"),  # a part that fails takes the upload back
    "UploadPart": ("PutObject",),
    "CompleteMultipartUpload": ("PutObject",),
    "AbortMultipartUpload": ("AbortMultipartUpload",),
    "DeleteObjects": ("DeleteObject",),
    "ListObjectsV2": ("ListBucket",),
}
"""The permissions that each operation of S3 asks for."""
_OTHERS = {
    "dynamodb:TransactWriteItems": "dynamodb:PutItem",  # of nothing but puts here
    "sns:PublishBatch": "sns:Publish",
    "lambda:Invoke": "lambda:InvokeFunction",
}
"""The permissions that are not called like their operation, elsewhere."""


@dataclass(frozen=True)
class Call:
    """One permission asked for.

    Attributes:
        function: Who asks, by its logical name.
        action: Such as `dynamodb:GetItem`.
        resource: An ARN.
        conditions: What the conditions of a policy may look at, by condition key.

    """

    function: str
    action: str
    resource: str
    conditions: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Grant:
    """One action on one resource, out of a statement that may name several of each."""

    function: str
    action: str
    resource: str
    condition: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, compare=False)

    def allows(self, call: Call) -> bool:
        """Whether it lets this call through."""
        pattern = re.escape(self.resource).replace(r"\*", ".*")
        return (
            (self.function, self.action) == (call.function, call.action)
            and re.fullmatch(pattern, call.resource) is not None
            and all(
                _holds(operator, call.conditions.get(key, ()), _list(wanted))
                for operator, keys in self.condition.items()
                for key, wanted in keys.items()
            )
        )


def _holds(operator: str, values: tuple[str, ...], wanted: list[str]) -> bool:
    if operator == "StringEquals":
        return bool(values) and set(values) <= set(wanted)
    if operator == "StringLike":
        return bool(values) and all(fnmatchcase(value, pattern) for value in values for pattern in wanted)
    if operator == "ForAllValues:StringEquals":
        return set(values) <= set(wanted)
    raise ValueError(f"the condition {operator} is not known here")


def grants(names: Mapping[str, str]) -> list[Grant]:
    """What the template grants to each function."""
    return [
        Grant(function, action, resource, statement.get("Condition", {}))
        for function, properties in of_type("AWS::Serverless::Function").items()
        for policy in resolve(properties.get("Policies", []), names)
        for statement in policy["Statement"]
        for action in _list(statement["Action"])
        for resource in _list(statement["Resource"])
        if statement["Effect"] == "Allow"
    ]


def as_calls(
    function: str, service: str, operation: str, params: Mapping[str, Any], names: Mapping[str, str]
) -> Iterable[Call]:
    """The permissions that one call of the SDK asks for."""
    prefix = {"eventbridge": "events"}.get(service, service.replace("-", ""))
    actions = _S3[operation] if service == "s3" else (operation,)
    for resource, conditions in _resources(service, operation, params, names):
        for action in (f"{prefix}:{action}" for action in actions):
            yield Call(function, _OTHERS.get(action, action), resource, conditions)


def _resources(
    service: str, operation: str, params: Mapping[str, Any], names: Mapping[str, str]
) -> Iterator[tuple[str, dict[str, tuple[str, ...]]]]:
    account = f"{names['AWS::Region']}:{names['AWS::AccountId']}"
    if operation == "TransactWriteItems":
        for action in params["TransactItems"]:
            put = action["Put"]
            yield f"arn:aws:dynamodb:{account}:table/{put['TableName']}", {}
    elif service == "dynamodb":
        keys = params.get("Key") or params.get("Item") or {}
        leading = {"dynamodb:LeadingKeys": tuple(keys["id"].values())} if "id" in keys else {}
        index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
        for table in params.get("RequestItems", [params.get("TableName")]):
            yield f"arn:aws:dynamodb:{account}:table/{table}{index}", leading
    elif service == "s3":
        listed: dict[str, tuple[str, ...]] = {"s3:prefix": (params["Prefix"],)} if "Prefix" in params else {}
        keys = [one["Key"] for one in params["Delete"]["Objects"]] if "Delete" in params else [params.get("Key")]
        for key in keys:
            yield f"arn:aws:s3:::{params['Bucket']}" + (f"/{key}" if key is not None else ""), listed
    elif service == "sqs":
        yield f"arn:aws:sqs:{account}:{params['QueueUrl'].rpartition('/')[2]}", {}
    elif service == "sns":
        yield params["TopicArn"], {}
    elif service == "eventbridge":
        for entry in params["Entries"]:
            bus = entry.get("EventBusName", "default")
            yield f"arn:aws:events:{account}:event-bus/{bus}", {"events:source": (entry["Source"],)}
    elif service == "lambda":
        yield f"arn:aws:lambda:{account}:function:{params['FunctionName'].rpartition(':')[2]}", {}
    elif service == "secrets-manager":
        yield params["SecretId"], {}
    else:
        raise ValueError(f"{service}:{operation}: say here which resources it asks for")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]

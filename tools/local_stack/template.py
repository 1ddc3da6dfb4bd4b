"""The template as data: as written, with its names resolved, or as CloudFormation receives it."""

import json
import os
import re
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tools.local_stack.emulator import LOCAL, REGION, ROOT

TEMPLATE = ROOT / "template.yaml"
_TRANSLATE = Path(__file__).with_name("translate.py")


class _Loader(yaml.SafeLoader):
    """Loads short forms (!Ref, !Sub…) as their long forms."""


def _long_form(loader: yaml.SafeLoader, name: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    match node:
        case yaml.ScalarNode():
            value = loader.construct_scalar(node)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case yaml.MappingNode():
            value = loader.construct_mapping(node, deep=True)
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _long_form)


@cache
def template() -> dict[str, Any]:
    """The template, intrinsic functions in their long form; for reading only."""
    content: dict[str, Any] = yaml.load(TEMPLATE.read_text(encoding="utf-8"), _Loader)
    return content


def of_type(resource_type: str, source: Mapping[str, Any] | None = None) -> dict[str, dict[str, Any]]:
    """The properties of every resource of a type, by logical name."""
    resources = (source or template())["Resources"]
    return {
        name: resource.get("Properties", {})
        for name, resource in resources.items()
        if resource["Type"] == resource_type
    }


def defaults() -> dict[str, str]:
    """The parameters' default values: what is deployed in production."""
    return {name: str(parameter["Default"]) for name, parameter in template()["Parameters"].items()}


def all_from_the_drop() -> dict[str, str]:
    """The parameters of a deployment that reads every source from its drop and calls no outside service."""
    patterns = {name: parameter.get("AllowedPattern", "") for name, parameter in template()["Parameters"].items()}
    addresses = {name: pattern for name, pattern in patterns.items() if name.endswith("Address")}
    return {name: "drop" if re.fullmatch(pattern, "drop") else "off" for name, pattern in addresses.items()}


def resolve(value: Any, names: Mapping[str, str]) -> Any:
    """The value with its intrinsic functions resolved.

    Args:
        value: Any part of the template.
        names: The values of `!Ref Name`, under `Name`, and of `!GetAtt Name.Attribute`, under `Name.Attribute`.

    Raises:
        KeyError: An unknown name or intrinsic function.

    """
    if isinstance(value, list):
        return [resolve(part, names) for part in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((function, argument),) = value.items()
        if function == "Ref":
            return names[argument]
        if function == "Fn::GetAtt":
            return names[".".join(argument)]
        if function == "Fn::Sub":
            return re.sub(r"\$\{([^!}][^}]*)\}", lambda name: names[name[1]], argument)
        if function == "Fn::If":
            condition, one, other = argument
            return resolve(one if resolve(template()["Conditions"][condition], names) else other, names)
        if function == "Fn::Split":
            return resolve(argument[1], names).split(argument[0])
        if function == "Fn::Not":
            return not resolve(argument[0], names)
        if function == "Fn::Equals":
            return resolve(argument[0], names) == resolve(argument[1], names)
        if function.startswith("Fn::"):
            raise KeyError(function)
    return {name: resolve(part, names) for name, part in value.items()}


@cache
def transformed() -> dict[str, Any]:
    """The template after the SAM transform, as CloudFormation receives it in production; for reading only.

    The transform is SAM's own. It runs in SAM's environment, which pins other versions than the layers.
    """
    done = subprocess.run(
        [LOCAL / "deploy" / "bin" / "python", "-I", _TRANSLATE],
        input=json.dumps({"template": template(), "parameters": defaults()}),
        env={"PATH": os.environ.get("PATH", ""), "AWS_DEFAULT_REGION": REGION},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    content: dict[str, Any] = json.loads(done.stdout)
    return content

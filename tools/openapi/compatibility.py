"""Finds the breaking changes between two descriptions of the same major version.

The form of calls may only be loosened, and that of answers only tightened. A new optional parameter, a new field of an open
object, a new status or a new code is an addition; every other change is reported.
"""

from collections.abc import Iterator
from typing import Any

from tools.openapi.description.bodies import OPEN_LIST

Schema = dict[str, Any]
_LOWER, _UPPER = ("minimum", "minLength", "minItems"), ("maximum", "maxLength", "maxItems")
_SAME = ("pattern", "format")


def breaks(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The breaking changes from one description to another; empty when callers see only additions."""
    return list(_breaks(before, after))


def same_major(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether two descriptions have the same major version."""
    first, second = (str(one["info"]["version"]).partition(".")[0] for one in (before, after))
    return first == second


def _breaks(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    old, new = resolved(before), resolved(after)
    for name, scheme in old["components"]["securitySchemes"].items():
        if _bare(scheme) != _bare(new["components"]["securitySchemes"].get(name)):
            yield f"security scheme {name}: changed"
    for path, methods in old["paths"].items():
        for method, operation in methods.items():
            where = f"{method.upper()} {path}"
            if method not in new["paths"].get(path, {}):
                yield f"{where}: removed"
            else:
                yield from _operation(operation, new["paths"][path][method], where)


def resolved(description: dict[str, Any]) -> dict[str, Any]:
    """A description with every `$ref` replaced by its target, and every `allOf` merged."""

    def walk(part: Any) -> Any:
        if isinstance(part, list):
            return [walk(one) for one in part]
        if not isinstance(part, dict):
            return part
        if "$ref" in part:
            target: Any = description
            for step in part["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            return walk(target)
        whole = {name: walk(one) for name, one in part.items() if name != "allOf"}
        for one in part.get("allOf", []):
            whole = _merged(whole, walk(one))
        return whole

    content: dict[str, Any] = walk(description)
    return content


def _merged(one: Any, other: Any) -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        return {name: _merged(one.get(name, other.get(name)), other.get(name, one.get(name))) for name in one | other}
    return other


def _bare(scheme: dict[str, Any] | None) -> dict[str, Any] | None:
    return scheme and {name: value for name, value in scheme.items() if name != "description"}


def _operation(old: dict[str, Any], new: dict[str, Any], where: str) -> Iterator[str]:
    if old["operationId"] != new["operationId"]:
        yield f"{where}: operationId changed"
    # Whoever held what was asked has to be let in still.
    for credentials in old["security"] or [{}]:
        if not any(_opens(credentials, asked) for asked in new["security"] or [{}]):
            yield f"{where}: more is asked to enter"
    yield from _parameters(old, new, where)
    yield from _request(old.get("requestBody"), new.get("requestBody"), where)
    for status, response in old["responses"].items():
        if status not in new["responses"]:
            yield f"{where} {status}: removed"
        else:
            yield from _response(response, new["responses"][status], f"{where} {status}")


def _opens(held: dict[str, list[str]], asked: dict[str, list[str]]) -> bool:
    return all(name in held and set(scopes) <= set(held[name]) for name, scopes in asked.items())


def _parameters(old: dict[str, Any], new: dict[str, Any], where: str) -> Iterator[str]:
    known = {(one["in"], one["name"]): one for one in old["parameters"]}
    present = {(one["in"], one["name"]): one for one in new["parameters"]}
    for key, parameter in known.items():
        if key not in present:
            yield f"{where} {key[1]}: removed"
            continue
        if present[key]["required"] and not parameter["required"]:
            yield f"{where} {key[1]}: has to be given now"
        yield from _outside(present[key]["schema"], parameter["schema"], f"{where} {key[1]}")
    for key in present.keys() - known.keys():
        if present[key]["required"]:
            yield f"{where} {key[1]}: new, and has to be given"


def _request(old: dict[str, Any] | None, new: dict[str, Any] | None, where: str) -> Iterator[str]:
    if new is not None and new["required"] and not (old and old["required"]):
        yield f"{where} body: has to be given now"
    if old is None:
        return
    if new is None:
        yield f"{where} body: removed"
        return
    for media_type, content in old["content"].items():
        if media_type not in new["content"]:
            yield f"{where} body: {media_type} removed"
        else:
            yield from _outside(new["content"][media_type]["schema"], content["schema"], f"{where} body")


def _response(old: dict[str, Any], new: dict[str, Any], where: str) -> Iterator[str]:
    for name, header in old.get("headers", {}).items():
        other = new.get("headers", {}).get(name)
        if other is None or (header["required"] and not other["required"]):
            yield f"{where} header {name}: may be missing now"
        else:
            yield from _outside(header["schema"], other["schema"], f"{where} header {name}")
    for media_type, content in old.get("content", {}).items():
        if media_type not in new.get("content", {}):
            yield f"{where}: {media_type} removed"
        else:
            schema = new["content"][media_type]["schema"]
            yield from _outside(content["schema"], schema, where)
            yield from _lost(content["schema"], schema, where)


# --- schemas ------------------------------------------------------------------------------------------------


def _outside(wide: Schema, narrow: Schema, where: str) -> Iterator[str]:
    """The reasons why a value that `narrow` accepts may not be accepted by `wide`."""
    if wide == narrow:
        return
    if "anyOf" in narrow:
        for branch in narrow["anyOf"]:
            yield from _outside(wide, branch, where)
        return
    if "anyOf" in wide:
        tries = [list(_outside(branch, narrow, where)) for branch in wide["anyOf"]]
        if all(tries):
            yield f"{where}: is none of what it was"
        return
    yield from _values(wide, narrow, where)
    if "items" in wide:
        yield from _outside(wide["items"], narrow.get("items", {}), f"{where}[]")
    yield from _fields(wide, narrow, where)


def _values(wide: Schema, narrow: Schema, where: str) -> Iterator[str]:
    extra = _types(narrow) - _types(wide)
    if extra:
        yield f"{where}: type {', '.join(sorted(extra))}"
    allowed, given = _listed(wide), _listed(narrow)
    if allowed is not None and not wide.get(OPEN_LIST) and (given is None or not given <= allowed):
        yield f"{where}: other values"
    for name in _SAME:
        if name in wide and wide[name] != narrow.get(name) and given is None:
            yield f"{where}: {name}"
    for names, sign in ((_LOWER, 1), (_UPPER, -1)):
        for name in names:
            if name in wide and (name not in narrow or sign * narrow[name] < sign * wide[name]):
                yield f"{where}: {name}"
    if wide.get("uniqueItems") and not narrow.get("uniqueItems"):
        yield f"{where}: uniqueItems"


def _types(schema: Schema) -> set[str]:
    kinds = schema.get("type", ["string", "number", "integer", "boolean", "object", "array", "null"])
    found = {kinds} if isinstance(kinds, str) else set(kinds)
    return found | {"integer"} if "number" in found else found


def _listed(schema: Schema) -> set[Any] | None:
    if "const" in schema:
        return {schema["const"]}
    return set(schema["enum"]) if "enum" in schema else None


def _fields(wide: Schema, narrow: Schema, where: str) -> Iterator[str]:
    known, present = wide.get("properties", {}), narrow.get("properties", {})
    for name in sorted(set(wide.get("required", [])) - set(narrow.get("required", []))):
        yield f"{where}.{name}: may be missing"
    for name, schema in present.items():
        if name in known:
            yield from _outside(known[name], schema, f"{where}.{name}")
        elif wide.get("additionalProperties") is False:
            yield f"{where}.{name}: a new field where none may be"
    others = wide.get("additionalProperties", True)
    if others is False and narrow.get("additionalProperties") is not False:
        yield f"{where}: other fields"
    if isinstance(others, dict):
        rest = narrow.get("additionalProperties", True)
        yield from _outside(others, rest if isinstance(rest, dict) else {}, f"{where}.*")


def _lost(old: Schema, new: Schema, where: str) -> Iterator[str]:
    """The optional fields and the values of open lists that answers can no longer have."""
    if old.get(OPEN_LIST):
        for value in sorted((_listed(old) or set()) - (_listed(new) or set())):
            yield f"{where}: {value} removed"
    for name, schema in old.get("properties", {}).items():
        if name not in new.get("properties", {}):
            yield f"{where}.{name}: removed"
        else:
            yield from _lost(schema, new["properties"][name], f"{where}.{name}")
    for name in ("items", "additionalProperties"):
        if isinstance(old.get(name), dict) and isinstance(new.get(name), dict):
            yield from _lost(old[name], new[name], f"{where}[]")
    for branch, other in zip(old.get("anyOf", []), new.get("anyOf", []), strict=False):
        yield from _lost(branch, other, where)

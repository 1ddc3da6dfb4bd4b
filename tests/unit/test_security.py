"""What `make security` accepts and refuses, and what its exceptions rest on."""

import re
from typing import Any

import pytest

from tools.local_stack.template import of_type, template
from tools.security import checks
from tools.security.checks import exceptions, packages, unaccepted


@pytest.mark.parametrize("tool", ["checkov", "secrets"])
def test_every_exception_has_a_reason(tool: str) -> None:
    assert exceptions(tool)
    for one in exceptions(tool):
        assert len(one.reason.split()) > 6, one
        assert one.patterns, one


def test_an_unknown_find_fails_in_one_line() -> None:
    table, bucket = "AWS::DynamoDB::Table.Documents", "AWS::S3::Bucket.Bucket"
    found = [("CKV_AWS_119", table, "a"), ("CKV_AWS_119", bucket, "b"), ("CKV_AWS_99999", table, "c")]
    first, second = unaccepted("checkov", found)
    assert first.startswith(f"checkov : CKV_AWS_119 sur {bucket} (b)")
    assert second.startswith(f"checkov : CKV_AWS_99999 sur {table} (c)")


def test_a_private_key_is_found_in_tests_too() -> None:
    assert unaccepted("secrets", [("Private Key", "tests/unit/test_x.py", "ligne 1")])
    assert unaccepted("secrets", [("Secret Keyword", "functions/lookup/app.py", "ligne 1")])
    assert not unaccepted("secrets", [("Secret Keyword", "tests/unit/test_x.py", "ligne 1")])


def test_no_advisory_data_is_said_and_never_taken_for_no_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checks, "_audited", lambda _: [])
    assert packages() == []
    assert capsys.readouterr().out == "  pip-audit : avis de sécurité inaccessibles d'ici, aucun paquet vérifié\n"


def test_a_faulty_package_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    faulty: dict[str, Any] = {"name": "x", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}
    monkeypatch.setattr(checks, "_audited", lambda asked: [faulty, *_sound(asked)])
    assert packages() == ["paquet x 1 : PYSEC-1, corrigé en 2"]


def test_a_package_that_was_not_audited_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """With advisory data at hand: pip-audit leaves out what it cannot look up, or answers nothing at all."""
    faulty: dict[str, Any] = {"name": "requests", "version": "2.19.0", "vulns": [{"id": "x", "fix_versions": []}]}
    monkeypatch.setattr(checks, "_audited", lambda asked: [faulty] if asked.startswith("requests==") else [])
    assert "paquet botocore : pip-audit n'a pas pu le vérifier" in packages()


def _sound(asked: str) -> list[dict[str, Any]]:
    """What pip-audit answers for packages without a known fault."""
    names = [line.partition("==")[0] for line in asked.splitlines() if "==" in line]
    return [{"name": name, "version": "1", "vulns": []} for name in names]


def test_environments_hold_no_secret() -> None:
    """A variable may name a secret of Secrets Manager; nothing resolves one into the template."""
    assert not re.search(r"resolve:(secretsmanager|ssm)", str(template()))
    secrets = of_type("AWS::SecretsManager::Secret")
    for properties in of_type("AWS::Serverless::Function").values():
        for name, value in properties.get("Environment", {}).get("Variables", {}).items():
            if re.search("SECRET|KEY|TOKEN|PASSWORD", name):
                assert value["Ref"] in secrets, name
    assert not [name for name, one in template()["Parameters"].items() if one.get("NoEcho")]

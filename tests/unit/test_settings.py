"""The settings models against the template, and what a broken environment is told."""

import re
from typing import Any

import pytest
from quiforme.settings import (
    AuthorizeSettings,
    IngestSettings,
    LookupSettings,
    Misconfigured,
    OperateSettings,
    ReconcileSettings,
    TokensSettings,
    read,
    variables,
)
from quiforme.sources.catalogue import SOURCES

from tools.local_stack.emulator import ROOT
from tools.local_stack.template import defaults, of_type

MODELS: dict[str, type] = {
    "Ingest": IngestSettings,
    "Reconcile": ReconcileSettings,
    "Operate": OperateSettings,
    "Lookup": LookupSettings,
    "Authorize": AuthorizeSettings,
    "Tokens": TokensSettings,
}


def environment(model: type, **changes: str) -> dict[str, str]:
    """One text for each variable of a model."""
    texts = {variable.name: "30" for variable in variables(model).values()}
    return texts | changes


def given(function: str) -> set[str]:
    """The variables that the template gives a function."""
    return set(of_type("AWS::Serverless::Function")[function]["Environment"]["Variables"])


@pytest.mark.parametrize("function", MODELS)
def test_each_function_reads_what_the_template_gives_it(function: str) -> None:
    named = [variable.name for variable in variables(MODELS[function]).values()]
    assert len(named) == len(set(named))
    assert set(named) == given(function)


def test_the_reference_consumer_reads_what_the_template_gives_it() -> None:
    """It is copied by consumers, so it has no model of the library: it reads the environment itself."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "functions" / "consume").glob("*.py")]
    assert {name for text in texts for name in re.findall(r'environ\["(\w+)"\]', text)} == given("Consume")


def test_every_function_has_a_model() -> None:
    assert of_type("AWS::Serverless::Function").keys() == MODELS.keys() | {"Consume"}


@pytest.mark.parametrize("model", MODELS.values())
def test_every_wrong_variable_is_named_at_once(model: type) -> None:
    names = [variable.name for variable in variables(model).values()]
    with pytest.raises(Misconfigured) as error:
        read(model, dict.fromkeys(names[1:], " "))
    assert all(f"{name} is not set" in str(error.value) for name in names)


@pytest.mark.parametrize("text", ["x", "0", "-1", "1.5", "٣٠"])
def test_an_unreadable_number_is_named_with_what_is_missing(text: str) -> None:
    wrong = environment(LookupSettings, HISTORY_DAYS=text, BUCKET="")
    with pytest.raises(Misconfigured, match="BUCKET is not set, HISTORY_DAYS is not a positive whole number"):
        read(LookupSettings, wrong)


def test_settings_have_their_own_types() -> None:
    texts = environment(IngestSettings, SIRENE_API_ADDRESS="off", PERIMETER_EXCLUSIONS="hors_contrat,lycee_agricole")
    settings = read(IngestSettings, texts)
    assert settings.history_days == settings.nda_retention_days == 30
    assert (settings.sirene_api_address, settings.geocoder_address) == (None, "30")
    assert settings.perimeter_exclusions == ("hors_contrat", "lycee_agricole")
    assert settings.source_addresses.keys() == {source.name for source in SOURCES}
    with pytest.raises(AttributeError):
        settings.bucket = "another"  # type: ignore[misc]  # what is tested


def test_the_template_s_defaults_are_readable() -> None:
    """Whatever a parameter is left at."""
    parameters = defaults()
    resources: dict[str, Any] = of_type("AWS::Serverless::Function")
    for function, model in MODELS.items():
        texts = {
            name: str(parameters.get(value["Ref"], value["Ref"])) if isinstance(value, dict) and "Ref" in value else "x"
            for name, value in resources[function]["Environment"]["Variables"].items()
        }
        read(model, texts)

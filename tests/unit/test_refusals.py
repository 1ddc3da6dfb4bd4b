"""Why a file is not used: the sentences that ops read, and what a manifest keeps."""

from typing import get_args

import pytest
from quiforme.refusals import Code, Refusal, Refused, english
from quiforme.snapshot.manifest import SourceOutcome
from quiforme.snapshot.ports import Unfetchable
from quiforme.sources.reading import FileRefused

SENTENCES: list[tuple[Refusal, str]] = [
    (Refusal("empty_file"), "empty file"),
    (Refusal("no_readable_row", {"first_unreadable": "1: no siret"}), "no readable row, the first at 1: no siret"),
    # Earlier versions stored it without the first one.
    (Refusal("too_many_unreadable_rows", {"unreadable": 30, "rows": 100}), "30 of 100 rows are unreadable"),
    (
        Refusal(
            "malformed_values",
            {"column": "siren", "malformed": 2, "filled": 3, "percent": 67, "first": "2: '1,5E+8', 4: '{x}'"},
        ),
        "siren: 2 of 3 values (67 %) are malformed, the first by line or fiche: 2: '1,5E+8', 4: '{x}'",
    ),
    (
        Refusal("too_few_rows", {"rows": 12, "largest": 4837}),
        "12 rows, under half of the 4837 of the largest recent file",
    ),
    (
        Refusal(
            "emptied_column",
            {"column": "uai", "filled": 9, "rows": 200, "filled_before": 20, "rows_before": 210},
        ),
        "uai: 9 of 200 cells are filled, under half of the share of the last accepted file (20 of 210)",
    ),
    (Refusal("missing_columns", {"columns": "siren, etat"}), "missing columns: siren, etat"),
    (Refusal("repeated_columns", {"columns": "siren"}), "columns that stand twice: siren"),
    (Refusal("unreadable", {"detail": "line 1 {x}"}), "unreadable: line 1 {x}"),
    (Refusal("unreadable_header", {"detail": "x"}), "unreadable header: x"),
    (Refusal("not_json", {"detail": "x"}), "not JSON: x"),
    (Refusal("no_organisations"), "no list of organisations"),
    (Refusal("incomplete_pages", {"pages": 812}), "incomplete: one page of 812"),
    (Refusal("no_fiches"), "not an export of fiches"),
    (Refusal("wrong_version", {"version": "3.0"}), "VERSION_FLUX is '3.0', 4.x is read"),
    (Refusal("wrong_encoding", {"encoding": "UTF-16"}), "encoded in UTF-16, not in UTF-8"),
    (Refusal("zip_unreadable", {"detail": "x"}), "the zip cannot be read: x"),
    (Refusal("zip_unsafe_name", {"name": "../x"}), "the zip holds a file whose name leads elsewhere: '../x'"),
    (Refusal("zip_members", {"count": 2, "suffix": ".xml"}), "2 .xml files in the zip, one is expected"),
    (
        Refusal("zip_too_large", {"unpacked": 5000, "limit": 1000}),
        "the zip would unpack to 5,000 bytes, 1,000 are the most",
    ),
    (Refusal("zip_bomb", {"packed": 1009, "unpacked": 60_000_000}), "the zip would unpack 1,009 bytes to 60,000,000"),
    (Refusal("zip_encrypted"), "the zip is encrypted"),
    (Refusal("html_page", {"address": "https://a.fr/f"}), "https://a.fr/f: an HTML page came instead of the file"),
    (Refusal("fetch_failed", {"detail": "it answers 503"}), "it answers 503"),
]


def test_every_code_has_its_sentence_here() -> None:
    assert [refusal.code for refusal, _ in SENTENCES] == list(get_args(Code))


@pytest.mark.parametrize(("refusal", "sentence"), SENTENCES, ids=lambda one: getattr(one, "code", ""))
def test_the_sentence_for_ops(refusal: Refusal, sentence: str) -> None:
    assert english(refusal) == sentence


@pytest.mark.parametrize("kind", [FileRefused, Unfetchable])
def test_an_error_carries_its_refusal(kind: type[Refused]) -> None:
    error = kind("missing_columns", columns="siren")
    assert (str(error), error.refusal) == (
        "missing columns: siren",
        Refusal("missing_columns", {"columns": "siren"}),
    )


def test_a_manifest_keeps_a_refusal() -> None:
    refusal = Refusal("too_few_rows", {"rows": 12, "largest": 4837})
    outcome = SourceOutcome(state="refused", in_use=None, reason=english(refusal), refusal=refusal)
    assert SourceOutcome.model_validate_json(outcome.model_dump_json()) == outcome


def test_a_manifest_of_an_older_version_has_none() -> None:
    stored = '{"state": "refused", "in_use": null, "file": "f.zip", "reason": "empty file", "kept": null}'
    assert SourceOutcome.model_validate_json(stored).refusal is None

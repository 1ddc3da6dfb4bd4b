"""Why a producer's file is not used: one code and the facts of the case, and the sentence that ops read.

Ops read the English sentence in the run's summary and in the evidence of `source_refusee`. Agents read a French one, which
`anomalies/vocabulary.py` makes from the same code and facts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Code = Literal[
    "empty_file",
    "no_readable_row",
    "too_many_unreadable_rows",
    "malformed_values",
    "too_few_rows",
    "emptied_column",
    "missing_columns",
    "repeated_columns",
    "unreadable",
    "unreadable_header",
    "not_json",
    "no_organisations",
    "incomplete_pages",
    "no_fiches",
    "wrong_version",
    "wrong_encoding",
    "zip_unreadable",
    "zip_unsafe_name",
    "zip_members",
    "zip_too_large",
    "zip_bomb",
    "zip_encrypted",
    "html_page",
    "fetch_failed",
]
"""Every kind of refusal. Manifests store the code: renaming one loses the French sentence of what is stored."""

_ENGLISH: Final[Mapping[Code, str]] = {
    "empty_file": "empty file",
    "no_readable_row": "no readable row",
    "too_many_unreadable_rows": "{unreadable} of {rows} rows are unreadable",
    "malformed_values": (
        "{column}: {malformed} of {filled} values ({percent} %) are malformed, the first by line or fiche: {first}"
    ),
    "too_few_rows": "{rows} rows, under half of the {largest} of the largest recent file",
    "emptied_column": (
        "{column}: {filled} of {rows} cells are filled, under half of the share of the last accepted file "
        "({filled_before} of {rows_before})"
    ),
    "missing_columns": "missing columns: {columns}",
    "repeated_columns": "columns that stand twice: {columns}",
    "unreadable": "unreadable: {detail}",
    "unreadable_header": "unreadable header: {detail}",
    "not_json": "not JSON: {detail}",
    "no_organisations": "no list of organisations",
    "incomplete_pages": "incomplete: one page of {pages}",
    "no_fiches": "not an export of fiches",
    "wrong_version": "VERSION_FLUX is {version!r}, 4.x is read",
    "wrong_encoding": "encoded in {encoding}, not in UTF-8",
    "zip_unreadable": "the zip cannot be read: {detail}",
    "zip_unsafe_name": "the zip holds a file whose name leads elsewhere: {name!r}",
    "zip_members": "{count} {suffix} files in the zip, one is expected",
    "zip_too_large": "the zip would unpack to {unpacked:,} bytes, {limit:,} are the most",
    "zip_bomb": "the zip would unpack {packed:,} bytes to {unpacked:,}",
    "zip_encrypted": "the zip is encrypted",
    "html_page": "an HTML page came instead of the file",
    "fetch_failed": "{detail}",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refusal.

    Attributes:
        code: Its kind.
        facts: What the sentences of this kind name. Any kind may have the fact `address`: where the file was fetched;
            and `first_unreadable`: the line of an unreadable row, or the rank of one, and why it is unreadable.

    """

    code: Code
    facts: dict[str, str | int] = field(default_factory=dict)


class Refused(Exception):
    """Raised when a file cannot be used; its text is the English sentence.

    Attributes:
        refusal: The code and the facts.

    """

    def __init__(self, code: Code, **facts: str | int) -> None:
        """Take the code and the facts that its sentence names."""
        self.refusal = Refusal(code, facts)
        super().__init__(english(self.refusal))


def english(refusal: Refusal) -> str:
    """The sentence for ops."""
    sentence = _ENGLISH[refusal.code].format_map(refusal.facts)
    if first := refusal.facts.get("first_unreadable"):
        sentence = f"{sentence}, the first at {first}"
    address = refusal.facts.get("address")
    return f"{address}: {sentence}" if address else sentence

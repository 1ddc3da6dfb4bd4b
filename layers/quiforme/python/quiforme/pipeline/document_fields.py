"""The fields of the document, defined once.

What the product says of a document is made from these definitions:

- the SQL that writes the documents as JSON (documents/5_documents.sql),
- the structs of the Parquet export and the Qualiopi columns of the CSV export (exports.sql),
- the schema that callers read (tools/openapi/description/bodies.py).

To add a column of a source to the document:

1. read it: add it to the reader in sources/<source>.py, and to its table in shared/source_tables.sql;
2. carry it to the table that the entries are written from: `declarations` (documents/1_declarations.sql),
   `habilitations` (2_habilitations.sql) or `published_fiches` (5_documents.sql);
3. add one line here;
4. run `make openapi`;
5. follow in what is written apart on purpose, to compare with: tools/oracle, tools/bench/straightforward.py, the test
   documents of tools/in_process/documents.py; and in the callers' guide, docs/api.md.

Three consequences to plan for. The published contract closes the document (no other fields), so a new field needs a
major version: raise it in pyproject.toml, then `make openapi PUBLISH=1`. Documents are compared by the digest of their
JSON text, so a new field rewrites every document once. And files accepted before the upgrade were saved without the
column: where they are loaded (snapshot/tables.py, anomalies/loading.py) it has to be added as null.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Literal

Kind = Literal["text", "siret", "uai", "fiche", "date", "boolean", "list of siret"]

_JSON_MACROS: Mapping[str, str] = {"date": "json_date", "boolean": "json_boolean"}
"""The macro of documents/5_documents.sql that writes a value of a kind; json_of writes every other kind."""


@dataclass(frozen=True, slots=True)
class Field:
    """A value.

    Attributes:
        name: Its key in the JSON.
        kind: What it holds.
        description: For callers, in French.
        nullable: Whether it may be null.
        column: The SQL expression that gives it; the column of the same name unless stated.
        export: Its name in the Parquet export, which is flat; `name` unless stated.
        of_fiche: Whether all habilitations for one fiche share the value.

    """

    name: str
    kind: Kind
    description: str
    nullable: bool = False
    column: str = ""
    export: str = ""
    of_fiche: bool = False

    @property
    def sql(self) -> str:
        """The SQL expression of the value."""
        return self.column or self.name

    @property
    def json_sql(self) -> str:
        """The SQL expression of the value's JSON text."""
        return f"{_JSON_MACROS.get(self.kind, 'json_of')}({self.sql})"


@dataclass(frozen=True, slots=True)
class Group:
    """An object in the JSON.

    Attributes:
        schema: The name of its schema.
        description: For callers, in French.
        members: What it holds, by order.

    """

    schema: str
    description: str
    members: "tuple[Field | Object | Objects, ...]"


@dataclass(frozen=True, slots=True)
class Object:
    """A member that is an object: its key in the JSON, what it holds, and its description in French, if it has one."""

    name: str
    group: Group
    description: str = ""


@dataclass(frozen=True, slots=True)
class Objects:
    """A member that is a list of objects.

    Attributes:
        name: Its key in the JSON.
        group: What each entry holds.
        description: For callers, in French.
        column: The column that holds the entries as JSON texts, joined by commas; null when there are none.

    """

    name: str
    group: Group
    description: str
    column: str


CERTIFICATION_QUALIOPI = Group(
    "CertificationQualiopi",
    "La certification Qualiopi attachée à la déclaration, selon la liste publique des organismes de formation.",
    (
        Field("action_formation", "boolean", "Certifié pour les actions de formation."),
        Field("bilan_competences", "boolean", "Certifié pour les bilans de compétences."),
        Field(
            "validation_acquis_experience",
            "boolean",
            "Certifié pour la validation des acquis de l'expérience (VAE).",
        ),
        Field("apprentissage", "boolean", "Certifié pour les actions de formation par apprentissage."),
        Field(
            "obtention_via_unite_legale",
            "boolean",
            "Vrai quand l'unité légale n'a qu'une déclaration, qui vaut alors pour tous ses établissements ; faux quand elle"
            " en a plusieurs ; null quand aucune demande de certification n'est connue.",
            nullable=True,
        ),
    ),
)


def _speciality(slot: int) -> Group:
    code, label = f"code_specialite_{slot}", f"libelle_specialite_{slot}"
    return Group(
        "Specialite",
        "Une spécialité de formation, telle que la liste publique la donne.",
        (
            Field(
                "code",
                "text",
                "Code de la nomenclature des spécialités de formation (NSF) ; null quand il n'est pas renseigné.",
                nullable=True,
                column=code,
                export=code,
            ),
            Field(
                "libelle",
                "text",
                "Libellé de la source ; null quand il n'est pas renseigné.",
                nullable=True,
                column=label,
                export=label,
            ),
        ),
    )


SPECIALITES = Group(
    "Specialites",
    "Les trois spécialités du dernier bilan pédagogique et financier ; les trois clés sont toujours là.",
    (
        Object("specialite_1", _speciality(1), "Première spécialité."),
        Object("specialite_2", _speciality(2), "Deuxième spécialité."),
        Object("specialite_3", _speciality(3), "Troisième spécialité."),
    ),
)

DECLARATION = Group(
    "Declaration",
    "Une déclaration d'activité (NDA), selon la liste publique des organismes de formation (DGEFP).",
    (
        Field(
            "numero_de_declaration",
            "text",
            "Numéro de la déclaration : un texte, jamais un nombre (il peut commencer par zéro ou contenir une lettre). Un"
            " numéro que la source a abîmé y reste tel quel.",
            column="nda",
        ),
        Field(
            "actif",
            "boolean",
            "Vrai tant que la déclaration figure dans la liste. Une déclaration sortie de la liste reste 365 jours, à faux,"
            " ses quatre certifications à faux.",
        ),
        Field(
            "date_derniere_declaration",
            "date",
            "Jour du dernier bilan pédagogique et financier ; null quand la source ne le donne pas.",
            nullable=True,
        ),
        Field(
            "date_debut_exercice",
            "date",
            "Début de l'exercice du dernier bilan ; null quand la source ne le donne pas.",
            nullable=True,
        ),
        Field(
            "date_fin_exercice",
            "date",
            "Fin de l'exercice du dernier bilan ; null quand la source ne la donne pas.",
            nullable=True,
        ),
        Object("certification_qualiopi", CERTIFICATION_QUALIOPI),
        Object("specialites", SPECIALITES),
    ),
)
"""Written from the table `declarations`."""

HABILITATION = Group(
    "Habilitation",
    "Une habilitation à former ou à évaluer, selon les fiches de France compétences (RNCP et RS).",
    (
        Field("code", "fiche", "Code de la fiche.", of_fiche=True),
        Field("actif", "boolean", "Vrai quand l'habilitation et l'enregistrement de la fiche sont en cours."),
        Field(
            "date_actif",
            "date",
            "Jour depuis lequel l'habilitation est active ; null pour la plupart, la source ne le donnant pas.",
            nullable=True,
        ),
        Field(
            "date_fin_enregistrement",
            "date",
            "Fin de l'enregistrement de la fiche ; null quand la source ne la donne pas.",
            nullable=True,
            of_fiche=True,
        ),
        Field(
            "date_decision",
            "date",
            "Jour de la décision d'enregistrement ; null quand la source ne le donne pas.",
            nullable=True,
            of_fiche=True,
        ),
        Field(
            "habilitation_pour_former",
            "boolean",
            "L'établissement peut préparer les candidats à cette certification.",
            column="former",
            export="pour_former",
        ),
        Field(
            "habilitation_pour_organiser_l_evaluation",
            "boolean",
            "L'établissement peut organiser les épreuves de cette certification.",
            column="organiser",
            export="pour_organiser_l_evaluation",
        ),
        Field(
            "sirets_organismes_certificateurs",
            "list of siret",
            "Certificateurs actifs de la fiche, en ordre croissant ; ceux dont le SIRET est invalide n'y sont pas.",
            of_fiche=True,
        ),
    ),
)
"""Written from the tables `habilitations` and `published_fiches`."""

DOCUMENT = Group(
    "Document",
    "Ce que les sources disent d'un établissement. La liste des champs est fermée.",
    (
        Field("siret", "siret", "SIRET de l'établissement."),
        Field(
            "code_uai",
            "uai",
            "Code UAI, selon le référentiel de l'Onisep ou l'annuaire de l'éducation ; null quand aucun n'est connu.",
            nullable=True,
            column="uai",
        ),
        Field(
            "unite_legale_avec_plusieurs_nda",
            "boolean",
            "Vrai quand l'unité légale a plusieurs déclarations dans la liste en cours : chacune ne vaut alors que pour les"
            " établissements qu'elle nomme.",
            column="several_ndas",
        ),
        Objects(
            "declarations_activites_etablissement",
            DECLARATION,
            "Déclarations de l'établissement, les actives d'abord, puis la plus récente. Vide quand il n'en a aucune.",
            column="declarations",
        ),
        Objects(
            "habilitations_france_competence",
            HABILITATION,
            "Habilitations de l'établissement, RNCP puis RS, par numéro. Vide quand il n'en a aucune.",
            column="habilitations",
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a JSON text: an SQL expression, and whether it is the same for all habilitations for one fiche."""

    sql: str
    of_fiche: bool | None = None
    """None for a constant."""


def _parts(group: Group) -> Iterator[_Part]:
    """Give the constants and values of an object's JSON text, in order."""
    for number, member in enumerate(group.members):
        key = f'{"," if number else "{"}"{member.name}":'
        match member:
            case Field():
                yield _Part(_constant(key))
                yield _Part(member.json_sql, member.of_fiche)
            case Object():
                yield _Part(_constant(key))
                yield from _parts(member.group)
            case Objects():
                yield _Part(_constant(f"{key}["))
                yield _Part(member.column, of_fiche=False)
                yield _Part(_constant("]"))
    yield _Part(_constant("}"))


def _constant(text: str) -> str:
    return f"'{text}'"


def _concat(parts: list[_Part]) -> str:
    """The parts joined by SQL, neighbouring constants as one."""
    joined: list[str] = []
    for constant, run in groupby(parts, key=lambda part: part.of_fiche is None):
        several = [part.sql for part in run]
        joined += [_constant("".join(one[1:-1] for one in several))] if constant else several
    return f"concat({', '.join(joined)})"


def _fiche_pieces(group: Group) -> tuple[list[str], str]:
    """Cut an entry's JSON text into the pieces that its fiche determines and the rest.

    Returns:
        The SQL of each piece, and the SQL of the whole text given the columns `piece_1`, `piece_2`…

    """
    pieces: list[str] = []
    whole: list[_Part] = []
    for own, run in groupby(_parts(group), key=lambda part: part.of_fiche is False):
        parts = list(run)
        if own or not any(part.of_fiche for part in parts):
            whole += parts
        else:
            pieces.append(_concat(parts))
            whole.append(_Part(f"piece_{len(pieces)}", of_fiche=True))
    return pieces, _concat(whole)


def _flat(group: Group) -> Iterator[Field]:
    for member in group.members:
        match member:
            case Field():
                yield member
            case Object():
                yield from _flat(member.group)


def _struct(group: Group) -> str:
    return "{" + ", ".join(f"{field.export or field.name}: {field.sql}" for field in _flat(group)) + "}"


_PIECES, _HABILITATION_JSON = _fiche_pieces(HABILITATION)
_QUALIOPI = tuple(_flat(CERTIFICATION_QUALIOPI))

SQL: Mapping[str, str] = MappingProxyType(
    {
        "document_json": _concat(list(_parts(DOCUMENT))),
        "declaration_json": _concat(list(_parts(DECLARATION))),
        "fiche_pieces": ", ".join(f"{piece} AS piece_{number}" for number, piece in enumerate(_PIECES, 1)),
        "habilitation_json": _HABILITATION_JSON,
        "declaration_struct": _struct(DECLARATION),
        "habilitation_struct": _struct(HABILITATION),
        "any_qualiopi": ", ".join(f"bool_or({field.sql}) AS {field.name}" for field in _QUALIOPI),
        "qualiopi_columns": ", ".join(
            field.name if field.nullable else f"coalesce({field.name}, false) AS {field.name}" for field in _QUALIOPI
        ),
    }
)
"""The generated SQL, by the name that stands for it in the SQL files (`$name`)."""

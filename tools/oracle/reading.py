"""Reads a drop folder into plain rows: columns by name, values trimmed, only dates interpreted."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import duckdb

from .identifiers import is_digits, trim, valid_fiche_code, valid_siren, valid_siret, valid_uai

BOM = b"\xef\xbb\xbf"

CATEGORIES: dict[str, str] = {
    "action_formation": "certifications.actionsDeFormation",
    "bilan_competences": "certifications.bilansDeCompetences",
    "validation_acquis_experience": "certifications.VAE",
    "apprentissage": "certifications.actionsDeFormationParApprentissage",
}


@dataclass(frozen=True)
class OfRow:
    """One row of the OF list."""

    nda: str
    previous_ndas: tuple[str, ...]
    siren_cell: str
    siret: str  # as declared, trimmed (2021 variant: siren + NIC)
    region: str
    qualiopi: dict[str, str]  # category -> "true", "false" or ""
    date_derniere_declaration: date | None
    date_debut_exercice: date | None
    date_fin_exercice: date | None
    specialites: tuple[tuple[str, str], ...]  # three (code, libelle)
    denomination: str = ""
    voie: str = ""
    code_postal: str = ""
    ville: str = ""

    def siren(self) -> str | None:
        """The first 9 digits of its SIRET when that is valid, else its `siren` column when 9 digits and Luhn."""
        if valid_siret(self.siret):
            return self.siret[:9]
        if valid_siren(self.siren_cell):
            return self.siren_cell
        return None


@dataclass(frozen=True)
class Partner:
    siret: str
    etat: str
    habilitation: str
    date_actif: date | None


@dataclass(frozen=True)
class Certifier:
    siret: str
    etat: str


@dataclass(frozen=True)
class Fiche:
    source: str  # rncp or rs
    code: str
    actif: str  # FICHE/ACTIF: Oui or Non
    date_fin_enregistrement: date | None
    date_decision: date | None
    partners: tuple[Partner, ...]
    certifiers: tuple[Certifier, ...]


@dataclass(frozen=True)
class Establishment:
    """One Sirene establishment."""

    siret: str
    etat: str
    commune: str
    date_debut: str


@dataclass(frozen=True)
class DirectoryRow:
    uai: str
    siret: str
    etat: str
    contrat: str
    lycee_agricole: str


@dataclass(frozen=True)
class Organisation:
    """One ONISEP organisation."""

    siret: str
    uai: str


@dataclass
class Snapshot:
    """The rows in use, source by source; None when the source never had an accepted file."""

    liste_of: list[OfRow] | None = None
    rncp: list[Fiche] | None = None
    rs: list[Fiche] | None = None
    sirene: dict[str, Establishment] | None = None
    sirene_succession: dict[str, str] | None = None
    sirene_unite_legale: list[dict[str, str]] | None = None
    annuaire_education: list[DirectoryRow] | None = None
    referentiel_onisep: list[Organisation] | None = None
    set_aside: dict[str, int] = field(default_factory=dict)

    def holds(self, source: str) -> bool:
        return getattr(self, source) is not None

    def fiches(self) -> list[Fiche]:
        return (self.rncp or []) + (self.rs or [])


def french_date(text: str) -> date | None:
    """dd/MM/yyyy; None when absent or unreadable."""
    match = re.fullmatch(r"([0-9]{2})/([0-9]{2})/([0-9]{4})", trim(text))
    if match is None:
        return None
    try:
        return date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        return None


# --- delimited text -------------------------------------------------------------------------------------------


def cells_of(line: str, delimiter: str) -> list[str] | None:
    """The cells of one line read as one RFC 4180 record; None when it is not one (stray or unclosed quote)."""
    cells: list[str] = []
    position = 0
    while True:
        text = ""
        if position < len(line) and line[position] == '"':
            # A quoted cell: up to the next lone quote; a doubled quote is a quote.
            position += 1
            while True:
                if position >= len(line):
                    return None  # never closed
                if line[position] != '"':
                    text += line[position]
                    position += 1
                elif line[position + 1 : position + 2] == '"':
                    text += '"'
                    position += 2
                else:
                    position += 1
                    break
            if position < len(line) and line[position] != delimiter:
                return None  # something after the closing quote
        else:
            while position < len(line) and line[position] != delimiter:
                if line[position] == '"':
                    return None  # a quote inside a bare cell
                text += line[position]
                position += 1
        cells.append(text)
        if position >= len(line):
            return cells
        position += 1  # the delimiter


def lines_of(content: bytes) -> list[bytes]:
    """LF or CRLF ends a line; a blank line is no row."""
    lines = content.removeprefix(BOM).split(b"\n")
    lines = [line.removesuffix(b"\r") for line in lines]
    return [line for line in lines if line.strip()]


def delimited_rows(content: bytes, delimiter: str) -> Iterator[dict[str, str] | bytes]:
    """Line by line: a row as a dict by trimmed column name, or the raw line when it is set aside."""
    lines = lines_of(content)
    header = [trim(name) for name in cells_of(lines[0].decode("utf-8"), delimiter) or []]
    for line in lines[1:]:
        try:
            cells = cells_of(line.decode("utf-8"), delimiter)
        except UnicodeDecodeError:
            cells = None
        if cells is None or len(cells) != len(header):
            yield line
        else:
            yield {name: trim(cell) for name, cell in zip(header, cells, strict=True)}


# --- (a) the OF list ------------------------------------------------------------------------------------------


def of_row(row: dict[str, str]) -> OfRow:
    siren = row["siren"]
    siret = row["siretEtablissementDeclarant"]
    # The 2021 variant: siretEtablissementDeclarant holds the 5-digit NIC.
    if is_digits(siret, 5) and is_digits(siren, 9):
        siret = siren + siret
    declared = "informationsDeclarees."
    specialite = declared + "specialitesDeFormation."
    previous = [trim(nda) for nda in row.get("numerosDeclarationActivitePrecedent", "").split(",")]
    return OfRow(
        nda=row["numeroDeclarationActivite"],
        previous_ndas=tuple(nda for nda in previous if nda),
        siren_cell=siren,
        siret=siret,
        region=row["adressePhysiqueOrganismeFormation.codeRegion"],
        qualiopi={category: row[column] for category, column in CATEGORIES.items()},
        date_derniere_declaration=french_date(row[declared + "dateDerniereDeclaration"]),
        date_debut_exercice=french_date(row[declared + "debutExercice"]),
        date_fin_exercice=french_date(row[declared + "finExercice"]),
        specialites=tuple(
            (row[f"{specialite}codeSpecialite{slot}"], row[f"{specialite}libelleSpecialite{slot}"])
            for slot in (1, 2, 3)
        ),
        denomination=row.get("denomination", ""),
        voie=row.get("adressePhysiqueOrganismeFormation.voie", ""),
        code_postal=row.get("adressePhysiqueOrganismeFormation.codePostal", ""),
        ville=row.get("adressePhysiqueOrganismeFormation.ville", ""),
    )


def guessed_cell(line: bytes, place: int) -> str:
    """A cell of a faulty line as if no cell had a `;` inside, without white space and quotes."""
    return [*line.decode("utf-8", "replace").split(";"), *[""] * place][place].strip().strip('"').strip()


def read_liste_of(content: bytes, last_accepted: list[OfRow]) -> tuple[list[OfRow], int]:
    rows: list[OfRow] = []
    unreadable: list[bytes] = []
    for row in delimited_rows(content, ";"):
        if isinstance(row, bytes):
            unreadable.append(row)
        else:
            rows.append(of_row(row))
    # When the first cell of a row set aside is an NDA of the last accepted list, that list's rows for this NDA
    # stay in use: unreadable is no evidence of absence. A row that can be read is not doubled.
    read = {(row.nda, row.siret) for row in rows}
    kept_ndas: list[str] = []
    for line in unreadable:
        nda = guessed_cell(line, 0)
        if nda and nda not in kept_ndas:
            kept_ndas.append(nda)
    for nda in kept_ndas:
        rows += [row for row in last_accepted if row.nda == nda and (row.nda, row.siret) not in read]
    return rows, len(unreadable)


# --- (b) France compétences -----------------------------------------------------------------------------------


def text_at(element: ElementTree.Element, path: str) -> str:
    """The trimmed text of the element at exactly this path below (SI_JURY_*/ACTIF is not ACTIF)."""
    return trim(element.findtext(path))


def read_fiches(content: bytes, source: str) -> tuple[list[Fiche], int]:
    fiches: list[Fiche] = []
    set_aside = 0
    for element in ElementTree.fromstring(content).findall("FICHE"):
        code = text_at(element, "NUMERO_FICHE")
        actif = text_at(element, "ACTIF")
        # A row is a fiche, each with NUMERO_FICHE and ACTIF.
        if not valid_fiche_code(code) or not actif:
            set_aside += 1
            continue
        partners = [
            Partner(
                siret=text_at(partner, "SIRET_PARTENAIRE"),
                # ETAT_HABILITATION (older flux: ETAT_PARTENAIRE)
                etat=text_at(partner, "ETAT_HABILITATION") or text_at(partner, "ETAT_PARTENAIRE"),
                habilitation=text_at(partner, "HABILITATION_PARTENAIRE"),
                date_actif=french_date(text_at(partner, "DATE_ACTIF")),
            )
            for partner in element.findall("PARTENAIRES/PARTENAIRE")
        ]
        certifiers = [
            Certifier(
                siret=text_at(certifier, "SIRET_CERTIFICATEUR"),
                etat=text_at(certifier, "ETAT_CERTIFICATEUR"),
            )
            for certifier in element.findall("CERTIFICATEURS/CERTIFICATEUR")
        ]
        fiches.append(
            Fiche(
                source=source,
                code=code,
                actif=actif,
                date_fin_enregistrement=french_date(text_at(element, "DATE_FIN_ENREGISTREMENT")),
                date_decision=french_date(text_at(element, "DATE_DECISION")),
                partners=tuple(partners),
                certifiers=tuple(certifiers),
            )
        )
    return fiches, set_aside


# --- (c) Sirene -----------------------------------------------------------------------------------------------


def table_rows(path: Path, columns: list[str]) -> tuple[list[dict[str, str]], int]:
    """A Sirene table, Parquet or zipped CSV: the asked columns as text, and the rows set aside."""
    if path.suffix == ".parquet":
        asked = ", ".join(f'CAST("{column}" AS VARCHAR)' for column in columns)
        with duckdb.connect() as connection:
            found = connection.execute(f"SELECT {asked} FROM read_parquet(?)", [str(path)]).fetchall()
        return [dict(zip(columns, (trim(value) for value in row), strict=True)) for row in found], 0
    rows: list[dict[str, str]] = []
    set_aside = 0
    for row in delimited_rows(unzipped(path, ".csv"), ","):
        if isinstance(row, bytes):
            set_aside += 1
        else:
            rows.append({column: row[column] for column in columns})
    return rows, set_aside


def read_sirene(path: Path) -> tuple[dict[str, Establishment], int]:
    columns = ["siret", "etatAdministratifEtablissement", "codeCommuneEtablissement", "dateDebut"]
    rows, set_aside = table_rows(path, columns)
    establishments: dict[str, Establishment] = {}
    for row in rows:
        establishments[row["siret"]] = Establishment(
            siret=row["siret"],
            etat=row["etatAdministratifEtablissement"],
            commune=row["codeCommuneEtablissement"],
            date_debut=row["dateDebut"],
        )
    return establishments, set_aside


def read_succession(path: Path) -> tuple[dict[str, str], int]:
    """Predecessor -> successor, by the latest link (only used as evidence)."""
    columns = ["siretEtablissementPredecesseur", "siretEtablissementSuccesseur", "dateLienSuccession"]
    rows, set_aside = table_rows(path, columns)
    rows.sort(key=lambda row: row["dateLienSuccession"])
    successors = {row["siretEtablissementPredecesseur"]: row["siretEtablissementSuccesseur"] for row in rows}
    return successors, set_aside


UNITS_COLUMNS = [
    "siren",
    "etatAdministratifUniteLegale",
    "statutDiffusionUniteLegale",
    "denominationUniteLegale",
    "nomUniteLegale",
]


# --- (e) UAI --------------------------------------------------------------------------------------------------


def read_directory(content: bytes, last_accepted: list[DirectoryRow]) -> tuple[list[DirectoryRow], int]:
    rows: list[DirectoryRow] = []
    unreadable: list[bytes] = []
    header = [trim(name) for name in cells_of(lines_of(content)[0].decode("utf-8"), ";") or []]
    for row in delimited_rows(content, ";"):
        if isinstance(row, bytes):
            unreadable.append(row)
            continue
        rows.append(
            DirectoryRow(
                uai=row["Identifiant_de_l_etablissement"],
                siret=row["SIREN_SIRET"],
                etat=row["etat"],
                contrat=row["Type_contrat_prive"],
                lycee_agricole=row["Lycee_Agricole"],
            )
        )
    read = {row.uai for row in rows}
    named: set[str] = set()
    for line in unreadable:
        uai, siret = (
            guessed_cell(line, header.index(name)) for name in ("Identifiant_de_l_etablissement", "SIREN_SIRET")
        )
        if valid_uai(uai):
            named.add(uai)
        elif valid_siret(siret):
            named.add(siret)
    rows += [row for row in last_accepted if (row.uai in named or row.siret in named) and row.uai not in read]
    return rows, len(unreadable)


def read_onisep(content: bytes, last_accepted: list[Organisation]) -> tuple[list[Organisation], int]:
    """`{pagination, organismes[]}` or the bare list; `siret` of each organisation (`uai` may be missing)."""
    answer = json.loads(content.removeprefix(BOM))
    organisations: list[Organisation] = []
    set_aside = 0
    named: set[str] = set()
    for item in answer["organismes"] if isinstance(answer, dict) else answer:
        uai = item.get("uai") if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(item.get("siret"), str):
            set_aside += 1
            if isinstance(uai, str) and valid_uai(trim(uai)):
                named.add(trim(uai))
            continue
        organisations.append(Organisation(siret=trim(item["siret"]), uai=trim(uai) if isinstance(uai, str) else ""))
    read = {row.siret for row in organisations}
    organisations += [row for row in last_accepted if row.uai in named and row.siret not in read]
    return organisations, set_aside


# --- the folder -----------------------------------------------------------------------------------------------


def unzipped(path: Path, suffix: str) -> bytes:
    """The one file with this suffix inside a zip; the bytes of the file itself when it is bare."""
    if path.suffix != ".zip":
        return path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        names = [name for name in archive.namelist() if name.lower().endswith(suffix)]
        return archive.read(names[0])


FILE_NAMES: dict[str, str] = {
    "liste_of": r"listePubliqueOF\.csv",
    "rncp": r"export[-_]fiches[-_]rncp[-_]v4[-_]1[-_](\d{4}-\d{2}-\d{2}).*\.(zip|xml)",
    "rs": r"export[-_]fiches[-_]rs[-_]v4[-_]1[-_](\d{4}-\d{2}-\d{2}).*\.(zip|xml)",
    "sirene": r"StockEtablissement_utf8\.(parquet|zip)",
    "sirene_succession": r"StockEtablissementLiensSuccession_utf8\.(parquet|zip)",
    "sirene_unite_legale": r"StockUniteLegale_utf8\.(parquet|zip)",
    "annuaire_education": r"fr-en-annuaire-education\.csv",
    "referentiel_onisep": r"referentiel-organismes\.json",
}


def file_of(drop: Path, source: str) -> Path | None:
    """In a drop the producers' own names are kept, and the newest date wins."""
    found: list[tuple[str, str, Path]] = []
    for path in sorted(drop.iterdir()):
        match = re.fullmatch(FILE_NAMES[source], path.name, re.IGNORECASE)
        if match is not None and path.is_file():
            dated = re.search(r"\d{4}-\d{2}-\d{2}", path.name)
            found.append((dated[0] if dated else "", path.name, path))
    return max(found)[2] if found else None


def read_drop(drop: Path, last: Snapshot) -> Snapshot:
    """The snapshot in use after this drop: a source absent from the folder keeps its last accepted one."""
    now = Snapshot(
        last.liste_of,
        last.rncp,
        last.rs,
        last.sirene,
        last.sirene_succession,
        last.sirene_unite_legale,
        last.annuaire_education,
        last.referentiel_onisep,
        dict(last.set_aside),
    )
    path = file_of(drop, "liste_of")
    if path is not None:
        now.liste_of, now.set_aside["liste_of"] = read_liste_of(path.read_bytes(), last.liste_of or [])
    path = file_of(drop, "rncp")
    if path is not None:
        now.rncp, now.set_aside["rncp"] = read_fiches(unzipped(path, ".xml"), "rncp")
    path = file_of(drop, "rs")
    if path is not None:
        now.rs, now.set_aside["rs"] = read_fiches(unzipped(path, ".xml"), "rs")
    path = file_of(drop, "sirene")
    if path is not None:
        now.sirene, now.set_aside["sirene"] = read_sirene(path)
    path = file_of(drop, "sirene_succession")
    if path is not None:
        now.sirene_succession, now.set_aside["sirene_succession"] = read_succession(path)
    path = file_of(drop, "sirene_unite_legale")
    if path is not None:
        now.sirene_unite_legale, now.set_aside["sirene_unite_legale"] = table_rows(path, UNITS_COLUMNS)
    path = file_of(drop, "annuaire_education")
    if path is not None:
        now.annuaire_education, now.set_aside["annuaire_education"] = read_directory(
            path.read_bytes(), last.annuaire_education or []
        )
    path = file_of(drop, "referentiel_onisep")
    if path is not None:
        now.referentiel_onisep, now.set_aside["referentiel_onisep"] = read_onisep(
            path.read_bytes(), last.referentiel_onisep or []
        )
    return now

"""A fictitious France of national size, in the producers' own formats: the volumes of sources.md, times a scale.

An establishment is a row number, from which its SIREN and SIRET are computed. So each file can name establishments of
the Sirene stock without a look-up.
"""

import csv
import random
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
from quiforme.database import open_database, sql_text

from tools.fictitious_france.formats import annuaire, france_competences, liste_of, onisep, sirene
from tools.fictitious_france.geography import COMMUNES, REGION
from tools.fictitious_france.model import NO_APPLICATION, Certifier, Fiche, OfRow, Organisme, Partner
from tools.fictitious_france.nsf import NSF, speciality

DAY = date(2026, 8, 29)
OF_ROWS, SCHOOLS, ORGANISMES, ESTABLISHMENTS, LINKS = 160_000, 66_000, 20_000, 43_896_818, 4_000_000
FICHES = {"RNCP": 25_600, "RS": 4_800}
XML_BYTES = {"RNCP": 495_000_000, "RS": 75_000_000}
PARTNER_ROWS = {"RNCP": 340_000, "RS": 58_000}
PARTNER_SIRETS = 34_000
CERTIFIER_ROWS_PER_FICHE, MINISTRY_FICHES = 66_000 / 30_400, 10_000

_BLOCK, _UNITS = 22, 15
"""Rows and legal units of a block: ten units of one establishment, three of two, two of three."""
_STEP = ESTABLISHMENTS // _BLOCK // OF_ROWS
"""One block in this many declares an NDA."""

_MACROS = f"""
CREATE MACRO with_key(number) AS 10 * number + (10 - luhn_sum(10 * number) % 10) % 10;
CREATE MACRO dice(seed, throw, sides) AS (hash(seed * 64 + throw) % sides)::INTEGER;
CREATE MACRO unit(i) AS i // {_BLOCK} * {_UNITS}
    + [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 11, 11, 12, 12, 13, 13, 13, 14, 14, 14][i % {_BLOCK} + 1];
CREATE MACRO nic(i) AS [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 2, 1, 2, 1, 2, 3, 1, 2, 3][i % {_BLOCK} + 1];
-- The establishments that the other files name.
CREATE MACRO of_row(j) AS j * {_STEP * _BLOCK} + j % {_BLOCK};
CREATE MACRO partner_row(k) AS of_row(4 * k) + CASE WHEN k % 10 < 7 THEN 0 ELSE {_BLOCK} END;
CREATE MACRO school_row(m) AS m * {ESTABLISHMENTS // SCHOOLS // _BLOCK * _BLOCK} + 2 * {_BLOCK} + m % {_BLOCK};
CREATE MACRO listed(i) AS i // {_BLOCK} % {_STEP} = 0 AND i % {_BLOCK} = i // {_STEP * _BLOCK} % {_BLOCK};
CREATE MACRO uai(m) AS printf('%07d', m) || 'ABCDEFGHJKLMNPRSTUVWXYZ'[m % 23 + 1];
CREATE MACRO word(seed, throw) AS ['HORIZON', 'ATELIER', 'RIVAGE', 'TILLEUL', 'COMPAS', 'BOUSSOLE', 'SILLON', 'MERIDIEN',
    'ALIZE', 'GRANIT', 'PASSERELLE', 'LUCIOLE', 'MOULIN', 'GARE', 'LAVANDIERES', 'ECOLES', 'FONTAINE', 'MARCHE', 'VERGER',
    'CHAPELLE', 'BRUYERES', 'PRESSOIR', 'TUILERIE', 'CANAL', 'PLATANES'][dice(seed, throw, 25) + 1];
"""


def _located(rows: str) -> str:
    """SQL that adds nic, siren and siret to a query with the row numbers `i` of establishments.

    The selects are nested because a macro within a macro repeats its argument at every use.
    """
    return f"""
        (SELECT *, with_key(10_000 * siren + nic) AS siret
         FROM (SELECT *, with_key(10_000_000 + 3 * unit + dice(unit, 0, 3)) AS siren
               FROM (SELECT *, unit(i) AS unit, nic(i) AS nic FROM ({rows}))))
    """


def make(folder: Path, scale: float) -> None:
    """Write the missing files of a drop, at `scale` times their national size."""
    folder.mkdir(parents=True, exist_ok=True)
    with open_database(folder, memory_limit_mb=4000) as database:
        database.execute(_MACROS)
        database.execute("CREATE TABLE communes (code VARCHAR, postcode VARCHAR, city VARCHAR, region VARCHAR)")
        database.executemany(
            "INSERT INTO communes VALUES (?, ?, ?, ?)",
            [(one.code, one.postcode, one.name, one.registration) for one in COMMUNES],
        )
        database.execute("SET VARIABLE communes = (SELECT list(communes) FROM communes)")
        for name, write in _writers(database, scale).items():
            _once(folder / name, write)


def _writers(database: duckdb.DuckDBPyConnection, scale: float) -> dict[str, Callable[[Path], None]]:
    return {
        liste_of.FILE: lambda path: _liste_of(database, path, int(OF_ROWS * scale)),
        france_competences.file_name("RNCP", DAY): lambda path: _fiches(database, path, "RNCP", scale),
        france_competences.file_name("RS", DAY): lambda path: _fiches(database, path, "RS", scale),
        annuaire.FILE: lambda path: _annuaire(database, path, int(SCHOOLS * scale)),
        onisep.FILE: lambda path: _onisep(database, path, int(ORGANISMES * scale)),
        f"{sirene.LINKS}.parquet": lambda path: _links(database, path, int(LINKS * scale)),
        f"{sirene.UNITS}.parquet": lambda path: _units(database, path, int(ESTABLISHMENTS * scale) // _BLOCK * _UNITS),
        f"{sirene.STOCK}.parquet": lambda path: _stock(database, path, int(ESTABLISHMENTS * scale)),
    }


def _once(path: Path, write: Callable[[Path], None]) -> None:
    """Write a file unless it exists; an interrupted run leaves no partial file."""
    if path.exists():
        return
    print(f"generating {path.name} (once)…", flush=True)
    unfinished = path.with_name("unfinished")
    write(unfinished)
    unfinished.rename(path)


def _commune_code(row: str) -> str:
    """SQL for the commune of an establishment in the stock, by its row."""
    return f"printf('%05d', 1000 + dice({row}, 12, 36000) * 2)"


def _liste_of(database: duckdb.DuckDBPyConnection, path: Path, rows: int) -> None:
    dice = random.Random("liste_of")
    codes = list(NSF)
    # One row in 500 is a second NDA of the preceding body.
    declared = f"""
        SELECT j, of_row(j - (j % 500 = 499)::INT) AS i,
               getvariable('communes')[dice(j, 5, {len(COMMUNES)}) + 1] AS commune FROM range({rows}) AS t(j)
    """
    found = database.execute(
        f"""
        SELECT siren::VARCHAR, siret::VARCHAR, printf('%s%s%05d%s', commune.region, place, j % 100000, place),
               concat(word(j, 1), ' ', word(j, 2), ' FORMATION'), {_commune_code("i")}, commune.region,
               concat(dice(j, 3, 200), ' RUE DE ', word(j, 4)), commune.postcode, commune.city
        FROM {_located(declared)}, LATERAL (SELECT regexp_replace(commune.code[1:2], '2[AB]', '20') AS place)
        ORDER BY j
        """
    ).fetchall()

    def row(cells: tuple[str, ...]) -> OfRow:
        siren, siret, nda, name, home, registration, *address = cells
        # One in fifty has another region than in Sirene.
        region = registration if dice.random() < 0.02 else REGION.get(home[:2], registration)
        street, postcode, city = address if dice.random() < 0.52 else ("", "", "")
        depth = sum(dice.random() < share for share in (0.94, 0.2, 0.42))
        certified = dice.random() < 0.29
        return OfRow(
            nda, siren, siret, name, region,
            street=street, postcode=postcode, city=city,
            qualiopi=(True, *(dice.random() < 0.12 for _ in range(3))) if certified else NO_APPLICATION,  # type: ignore[arg-type]  # four
            declared=date(2026, 5, 30) - timedelta(days=dice.randrange(400)),
            opening=date(2025, 1, 1), closing=date(2025, 12, 31),
            specialities=tuple(speciality(code) for code in dice.sample(codes, depth)),
            trainees=str(dice.randrange(900)), entrusted="0", trainers=str(dice.randrange(20)),
        )  # fmt: skip

    path.write_bytes(liste_of.render(map(row, found)))


def _fiches(
    database: duckdb.DuckDBPyConnection, path: Path, register: france_competences.Register, scale: float
) -> None:
    dice = random.Random(register)
    fiches = _some_fiches(database, dice, register, scale)
    texts = _Texts(dice, per_fiche=(XML_BYTES[register] - 390 * PARTNER_ROWS[register]) // FICHES[register] - 4_800)
    inner = france_competences.inner_name(register, DAY)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(inner, "w") as member:
        for start in range(0, len(fiches), 500):
            head, body, tail = re.split(
                rb"(?<=</VERSION_FLUX>\n)|(?=</FICHES>)", france_competences.render(fiches[start : start + 500])
            )
            member.write(head if start == 0 else b"")
            member.write(re.sub(rb"<BLOCS_COMPETENCES>", texts.blocks, body))
        member.write(tail)


def _some_fiches(database: duckdb.DuckDBPyConnection, dice: random.Random, register: str, scale: float) -> list[Fiche]:
    """Fiches with their partners; squared draws give few fiches most partners, and few partners most fiches.

    Active fiches end in the future and inactive ones in the past, with an exception of one in a hundred. So few
    partners are active on an inactive fiche.
    """
    number = int(FICHES[register] * scale)
    named = f"SELECT k, partner_row(k) AS i FROM range({int(PARTNER_SIRETS * scale)}) AS t(k)"
    database.execute(f"SELECT siret::VARCHAR FROM {_located(named)} ORDER BY k")
    sirets = [siret for (siret,) in _rows(database)]
    fiches = [
        Fiche(
            f"{register}{10 + rank}",
            title=f"Responsable de projets imaginaires, option {rank}",
            active="Oui" if rank < number * 0.22 else "Non",
            end=DAY + timedelta(days=dice.randrange(1500) * _time(rank < number * 0.22, dice))
            if dice.random() < 0.9
            else None,
            decision=date(2019, 1, 1) + timedelta(days=dice.randrange(2500)) if dice.random() < 0.6 else None,
            level=dice.choice("34567"),
            successor=f"{register}{10 + dice.randrange(number)}" if dice.random() < 0.3 else "",
            certifiers=[
                Certifier(
                    dice.choice(sirets) if dice.random() < 0.69 else "",
                    f"ECOLE IMAGINAIRE {rank}",
                    "Actif" if dice.random() < 0.9 else "Inactif",
                )
                for _ in range(1 + (dice.random() < CERTIFIER_ROWS_PER_FICHE - 1.5))
            ],
        )
        for rank in range(number)
    ]
    for fiche in dice.sample(fiches, int(min(0.6 * FICHES[register], MINISTRY_FICHES) * scale)):
        fiche.certifiers.append(Certifier(sirets[0], "MINISTERE IMAGINAIRE"))
    for _ in range(int(PARTNER_ROWS[register] * scale)):
        fiche = fiches[int(number * dice.random() ** 2)]
        actif = "Actif" if fiche.active == "Oui" or dice.random() < 0.01 else "Inactif"
        fiche.partners.append(
            Partner(
                sirets[int(len(sirets) * dice.random() ** 2)],
                name=f"ORGANISME PARTENAIRE {dice.randrange(10**6)}",
                role=dice.choice(("HABILITATION_ORGA_FORM", "HABILITATION_FORMER", "HABILITATION_ORGANISER")),
                state=dice.choices((actif, "Inactif", "Supprimé"), (304, 60, 34))[0],
                active_since=date(2025, 1, 1) + timedelta(days=dice.randrange(500)) if dice.random() < 0.23 else None,
                changed=date(2024, 1, 1) + timedelta(days=dice.randrange(900)) if dice.random() < 0.94 else None,
            )
        )
    dice.shuffle(fiches)
    return fiches


def _time(active: bool, dice: random.Random) -> int:
    return (1 if active else -1) * (-1 if dice.random() < 0.01 else 1)


class _Texts:
    """The long texts of a fiche (most of its bytes) and the tags that recur under several parents."""

    def __init__(self, dice: random.Random, *, per_fiche: int) -> None:
        words = [
            "".join(dice.choice(("bri", "so", "tel", "ga", "mé", "ro", "vin", "cla", "pu", "dor")) for _ in range(size))
            for size in (1, 2, 2, 3, 3, 4)
            for _ in range(60)
        ]
        self._dice, self._per_fiche = dice, per_fiche
        self._sentences = [f"- {' '.join(dice.choices(words, k=18))} &amp; autres    " for _ in range(4_000)]

    def blocks(self, _: re.Match[bytes]) -> bytes:
        """The XML before and within BLOCS_COMPETENCES."""
        budget = int(self._per_fiche * self._dice.uniform(0.4, 1.6))
        own = self._dice.sample(self._sentences, 60)
        blocks = "".join(
            "<BLOC_COMPETENCES>\n        "
            f"<CODE>BC{rank:02d}</CODE>\n        <LIBELLE>{own[rank]}</LIBELLE>\n        "
            f"<LISTE_COMPETENCES>{self._text(own, budget * 0.1)}</LISTE_COMPETENCES>\n        "
            f"<MODALITES_EVALUATION>{self._text(own, budget * 0.05)}</MODALITES_EVALUATION>\n      "
            "</BLOC_COMPETENCES>\n      "
            for rank in range(4)
        )
        formacodes = "".join(
            f"<FORMACODE><CODE>{32_000 + rank}</CODE><LIBELLE>Gestion</LIBELLE></FORMACODE>" for rank in range(8)
        )
        publications = "<PUBLICATION_JO><TITRE>Arrêté</TITRE><DATE_PUBLICATION_JO>01/02/2020</DATE_PUBLICATION_JO></PUBLICATION_JO>"
        return (
            f"<FORMACODES>{formacodes}</FORMACODES>\n    "
            f"<CAPACITES_ATTESTEES>{self._text(own, budget * 0.3)}</CAPACITES_ATTESTEES>\n    "
            f"<OBJECTIFS_CONTEXTE>{self._text(own, budget * 0.1)}</OBJECTIFS_CONTEXTE>\n    "
            f"<PUBLICATION_DECRET_AUTRE>{publications * 4}</PUBLICATION_DECRET_AUTRE>\n    "
            f"<BLOCS_COMPETENCES>\n      {blocks}"
        ).encode()

    def _text(self, own: list[str], size: float) -> str:
        return "".join(self._dice.choices(own, k=round(size / len(own[0]))))


def _annuaire(database: duckdb.DuckDBPyConnection, path: Path, rows: int) -> None:
    known = {
        "Identifiant_de_l_etablissement": "uai(m)",
        "Nom_etablissement": "concat('Ecole élémentaire publique ', word(m, 1), ' ', word(m, 2))",
        "Type_etablissement": "'Ecole'",
        "Statut_public_prive": "'Public'",
        "Adresse_1": "concat(dice(m, 3, 99), ' rue de la ', word(m, 4))",
        "Adresse_3": "concat(commune.postcode, ' ', commune.city)",
        "Code_postal": "commune.postcode",
        "Code_commune": "commune.code",
        "Nom_commune": "commune.city",
        "Code_departement": "'0' || commune.code[1:2]",
        "Code_academie": "'24'",
        "Telephone": "printf('0%09d', dice(m, 6, 900000000))",
        "Web": "concat('http://www.', lower(word(m, 1)), m, '.exemple.invalid/etablissement/accueil')",
        "Mail": "concat('ce.', uai(m), '@exemple.invalid')",
        "Lycee_Agricole": "CASE WHEN m % 300 = 0 THEN '1' ELSE '0' END",
        "SIREN_SIRET": "CASE WHEN m % 28 = 0 THEN '' ELSE siret::VARCHAR END",
        "position": "printf('%.14f, %.14f', 44 + dice(m, 7, 10000) / 1e4 * 5, dice(m, 8, 10000) / 1e4 * 6)",
        "coordX_origine": "printf('%.1f', 200000 + dice(m, 8, 900000) + 0.5)",
        "coordY_origine": "printf('%.1f', 6000000 + dice(m, 7, 900000) + 0.5)",
        "epsg_origine": "'EPSG:2154'",
        "latitude": "printf('%.14f', 44 + dice(m, 7, 10000) / 1e4 * 5)",
        "longitude": "printf('%.14f', dice(m, 8, 10000) / 1e4 * 6)",
        "precision_localisation": "'Numéro de rue'",
        "Type_contrat_prive": "CASE WHEN m % 60 = 0 THEN 'HORS CONTRAT' ELSE 'SANS OBJET' END",
        "Libelle_departement": "'Val-de-Marne'",
        "Libelle_academie": "'Créteil'",
        "Libelle_region": "'Ile-de-France'",
        "nom_circonscription": "concat('Circonscription d''inspection du 1er degré de ', word(m, 9))",
        "date_ouverture": "'1967-04-21'",
        "date_maj_ligne": "'2026-08-28'",
        "etat": "CASE WHEN m % 100 = 0 THEN 'A FERMER' ELSE 'OUVERT' END",
        "ministere_tutelle": "'MINISTERE DE L''EDUCATION NATIONALE'",
        "code_nature": "'151'",
        "libelle_nature": "'ECOLE DE NIVEAU ELEMENTAIRE'",
        "Code_type_contrat_prive": "'99'",
        "PIAL": "printf('094%04dA', dice(m, 10, 9999))",
    }
    flags = {name: "'0'" for name in annuaire.HEADER[13:39] if name not in known}
    cells = ", ".join(known.get(name, flags.get(name, "''")) for name in annuaire.HEADER)
    schools = f"""
        SELECT m, getvariable('communes')[dice(m, 5, {len(COMMUNES)}) + 1] AS commune,
               school_row(m - (m % 41 = 0)::INT) AS i
        FROM range({rows}) AS t(m)
    """
    database.execute(f"SELECT {cells} FROM {_located(schools)} ORDER BY m")
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow(annuaire.HEADER)
        writer.writerows(_rows(database))


def _onisep(database: duckdb.DuckDBPyConnection, path: Path, rows: int) -> None:
    bodies = _located(f"SELECT k, of_row(7 * k) AS i FROM range({rows}) AS t(k)")
    database.execute(f"SELECT k, siret::VARCHAR, uai(k) FROM {bodies} ORDER BY k")
    path.write_bytes(
        onisep.render(
            Organisme(siret, None if int(k) % 16 == 0 else uai, "94028", "94000", "CRETEIL", candidates=(uai,))
            for k, siret, uai in _rows(database)
        )
    )


def _stock(database: duckdb.DuckDBPyConnection, path: Path, rows: int) -> None:
    """Write the 54 columns in the order of the SIRETs, as filled as the real ones; two thirds are closed."""
    active = "CASE WHEN listed(i) THEN i % 50 > 0 ELSE dice(i, 1, 1000) < 370 END"
    known = {
        "siren": "siren::VARCHAR",
        "nic": "right(siret::VARCHAR, 5)",
        "siret": "siret::VARCHAR",
        "statutDiffusionEtablissement": "CASE WHEN dice(i, 2, 20) = 0 THEN 'P' ELSE 'O' END",
        "dateCreationEtablissement": "DATE '1975-01-01' + dice(i, 3, 18000)",
        "trancheEffectifsEtablissement": "CASE WHEN dice(i, 4, 12) = 0 THEN '01' ELSE 'NN' END",
        "anneeEffectifsEtablissement": "CASE WHEN dice(i, 4, 12) = 0 THEN 2023 END",
        "dateDernierTraitementEtablissement": "TIMESTAMP '2015-01-01' + to_seconds(dice(i, 5, 350000000))",
        "etablissementSiege": "nic = 1",
        "nombrePeriodesEtablissement": "1 + dice(i, 6, 5)",
        "complementAdresseEtablissement": "CASE WHEN dice(i, 7, 8) = 0 THEN 'BATIMENT ' || word(i, 7) END",
        "numeroVoieEtablissement": "dice(i, 8, 120)::VARCHAR",
        "typeVoieEtablissement": "['RUE', 'AVENUE', 'BOULEVARD', 'CHEMIN', 'PLACE'][dice(i, 9, 5) + 1]",
        "libelleVoieEtablissement": "concat('DE ', word(i, 10), ' ', word(i, 11))",
        "codePostalEtablissement": "printf('%05d', 1000 + dice(i, 12, 36000) // 20 * 50)",
        "libelleCommuneEtablissement": "concat('SAINT-', word(dice(i, 12, 36000), 1), '-', dice(i, 12, 36000))",
        "codeCommuneEtablissement": _commune_code("i"),
        "identifiantAdresseEtablissement": "CASE WHEN dice(i, 13, 3) > 0 THEN printf('%010d_B', hash(i) % 10000000000) END",
        "coordonneeLambertAbscisseEtablissement": "CASE WHEN dice(i, 13, 3) > 0 THEN printf('%.9f', dice(i, 14, 10**9) / 1e3) END",
        "coordonneeLambertOrdonneeEtablissement": "CASE WHEN dice(i, 13, 3) > 0 THEN printf('%.9f', dice(i, 15, 10**9) / 1e3) END",
        "dateDebut": "DATE '1985-01-01' + dice(i, 16, 15000)",
        "etatAdministratifEtablissement": f"CASE WHEN {active} THEN 'A' ELSE 'F' END",
        "enseigne1Etablissement": "CASE WHEN dice(i, 17, 5) = 0 THEN concat(word(i, 17), ' ', word(i, 18), ' ', i % 9973) END",
        "denominationUsuelleEtablissement": "CASE WHEN dice(i, 19, 9) = 0 THEN concat(word(i, 19), ' ', i % 99991) END",
        "activitePrincipaleEtablissement": "printf('%02d.%02dZ', dice(i, 20, 98), dice(i, 21, 99))",
        "nomenclatureActivitePrincipaleEtablissement": "'NAFRev2'",
        "caractereEmployeurEtablissement": "CASE WHEN dice(i, 4, 12) = 0 THEN 'O' ELSE 'N' END",
        "activitePrincipaleNAF25Etablissement": "printf('%02d.%02dY', dice(i, 20, 98), dice(i, 21, 99))",
    }  # fmt: skip
    columns = ", ".join(f"{known.get(name, 'NULL::VARCHAR')} AS {name}" for name in sirene.HEADER)
    _parquet(database, path, f"SELECT {columns} FROM " + _located(f"SELECT i FROM range({rows}) AS t(i)"))


def _units(database: duckdb.DuckDBPyConnection, path: Path, rows: int) -> None:
    """Write the 35 columns in the order of the SIRENs, as filled as the real ones; half are natural persons."""
    person, of_person = "dice(unit, 30, 2) = 0", "CASE WHEN dice(unit, 30, 2) = 0 THEN {} END"
    of_company = "CASE WHEN dice(unit, 30, 2) = 1 THEN {} END"
    known = {
        "siren": "siren::VARCHAR",
        "statutDiffusionUniteLegale": "CASE WHEN dice(unit, 31, 20) = 0 THEN 'P' ELSE 'O' END",
        "unitePurgeeUniteLegale": "CASE WHEN dice(unit, 32, 20) = 0 THEN true END",
        "dateCreationUniteLegale": "DATE '1975-01-01' + dice(unit, 33, 18000)",
        "sigleUniteLegale": of_company.format("CASE WHEN dice(unit, 34, 4) = 0 THEN left(word(unit, 34), 4) END"),
        "sexeUniteLegale": of_person.format("['F', 'M'][dice(unit, 35, 2) + 1]"),
        "prenom1UniteLegale": of_person.format("word(unit, 36)"),
        "prenomUsuelUniteLegale": of_person.format("word(unit, 36)"),
        "pseudonymeUniteLegale": of_person.format("CASE WHEN dice(unit, 37, 90) = 0 THEN word(unit, 37) END"),
        "trancheEffectifsUniteLegale": "CASE WHEN dice(unit, 38, 9) = 0 THEN '01' ELSE 'NN' END",
        "anneeEffectifsUniteLegale": "CASE WHEN dice(unit, 38, 9) = 0 THEN 2023 END",
        "dateDernierTraitementUniteLegale": "TIMESTAMP '2015-01-01' + to_seconds(dice(unit, 39, 350000000))",
        "nombrePeriodesUniteLegale": "1 + dice(unit, 40, 6)",
        "categorieEntreprise": "CASE WHEN dice(unit, 41, 6) = 0 THEN 'PME' END",
        "anneeCategorieEntreprise": "CASE WHEN dice(unit, 41, 6) = 0 THEN 2023 END",
        "dateDebut": "DATE '1985-01-01' + dice(unit, 42, 15000)",
        "etatAdministratifUniteLegale": "CASE WHEN dice(unit, 43, 1000) < 430 THEN 'A' ELSE 'C' END",
        "nomUniteLegale": of_person.format("concat(word(unit, 44), unit % 997)"),
        "nomUsageUniteLegale": of_person.format("CASE WHEN dice(unit, 45, 8) = 0 THEN word(unit, 45) END"),
        "denominationUniteLegale": of_company.format("concat(word(unit, 46), ' ', word(unit, 47), ' ', unit % 99991)"),
        "denominationUsuelle1UniteLegale": "CASE WHEN dice(unit, 48, 12) = 0 THEN concat(word(unit, 48), ' ', word(unit, 49)) END",
        "categorieJuridiqueUniteLegale": f"CASE WHEN {person} THEN 1000 ELSE [5499, 5710, 6540, 9220][dice(unit, 50, 4) + 1] END",
        "activitePrincipaleUniteLegale": "printf('%02d.%02dZ', dice(unit, 51, 98), dice(unit, 52, 99))",
        "nomenclatureActivitePrincipaleUniteLegale": "'NAFRev2'",
        "nicSiegeUniteLegale": "right(with_key(10_000 * siren + 1)::VARCHAR, 5)",
        "economieSocialeSolidaireUniteLegale": of_company.format("CASE WHEN dice(unit, 53, 30) = 0 THEN 'O' ELSE 'N' END"),
        "caractereEmployeurUniteLegale": "CASE WHEN dice(unit, 38, 9) = 0 THEN 'O' ELSE 'N' END",
        "activitePrincipaleNAF25UniteLegale": "printf('%02d.%02dY', dice(unit, 51, 98), dice(unit, 52, 99))",
    }  # fmt: skip
    columns = ", ".join(f"{known.get(name, 'NULL::VARCHAR')} AS {name}" for name in sirene.UNITS_HEADER)
    siren = "with_key(10_000_000 + 3 * unit + dice(unit, 0, 3))"
    _parquet(database, path, f"SELECT {columns} FROM (SELECT unit, {siren} AS siren FROM range({rows}) AS t(unit))")


def _links(database: duckdb.DuckDBPyConnection, path: Path, rows: int) -> None:
    """Write the links of succession; every fifth one has two versions."""
    links = f"SELECT k, 10 * (k - (k % 5 = 4)::INT) AS i FROM range({rows}) AS t(k)"
    _parquet(
        database,
        path,
        f"""
        SELECT siret::VARCHAR AS siretEtablissementPredecesseur,
               with_key(10_000 * siren + 7)::VARCHAR AS siretEtablissementSuccesseur,
               DATE '2000-01-01' + dice(i, 1, 9000) AS dateLienSuccession,
               dice(i, 2, 2) = 0 AS transfertSiege, true AS continuiteEconomique,
               TIMESTAMP '2010-01-01' + to_seconds(dice(k, 3, 500000000)) AS dateDernierTraitementLienSuccession
        FROM {_located(links)}
        """,
    )


def _parquet(database: duckdb.DuckDBPyConnection, path: Path, query: str) -> None:
    database.execute(f"COPY ({query}) TO {sql_text(path)} (FORMAT parquet, COMPRESSION zstd)")


def _rows(database: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, ...]]:
    while rows := database.fetchmany(10_000):
        yield from rows

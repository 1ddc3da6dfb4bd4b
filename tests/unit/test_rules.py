"""Each rule alone: nothing on empty tables, and one finding on the rows that break it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from quiforme.anomalies.catalogue import RULES
from quiforme.anomalies.message import sentence
from quiforme.anomalies.rule import Rule
from quiforme.database import open_database, run_script

Row = dict[str, Any]
Tables = dict[str, list[Row]]

DAY = date(2026, 11, 23)
SIRET, CLOSED, OTHER = "81841109200013", "35600000000001", "35600000000002"
NDA, SECOND = "11750000001", "11750000002"
UAI, LAST_UAI = "0861288H", "0861289J"
RULE_OF = {rule.code: rule for rule in RULES}
OF_CATEGORIES = ("action_formation", "bilan_competences", "validation_acquis_experience", "apprentissage")


def of(line: int = 1, *, nda: str = NDA, siret: str = SIRET, valid: bool = True, **more: object) -> Row:
    """A row of the OF list, as its reader gives it."""
    siren = siret[:9]
    return {
        "line": line,
        "nda": nda,
        "siret": siret,
        "siren": siren,
        "siret_valide": valid,
        "siren_retenu": siren if valid else None,
        "ndas_precedents": [],
        **more,
    }


def held(siret: str = SIRET, *, code: str = "RNCP1", active: bool = True, trains: bool = True) -> Row:
    return {"siret": siret, "code": code, "actif": active, "pour_former_comme_partenaire": trains}


def stock(siret: str = SIRET, etat: str = "A", commune: str = "75056", debut: date | None = date(2020, 1, 1)) -> Row:
    return {"siret": siret, "etat": etat, "code_commune": commune, "date_debut": debut}


ADDRESS = {"voie": "12 RUE DES ECOLES", "code_postal": "75011", "ville": "PARIS"}


def place(score: float | None, citycode: str | None = None, address: dict[str, str] = ADDRESS) -> Row:
    """An answer of the geocoder."""
    return {"adresse": address, "score": score, "citycode": citycode, "label": "12 Rue des Écoles", "demandee": DAY}


def document(siret: str = SIRET) -> Row:
    return {"id": siret, "etat": "document"}


def school(uai: str = UAI, siret: str = SIRET, etat: str = "OUVERT") -> Row:
    return {"uai": uai, "siret": siret, "etat": etat}


def fiche(*, active: bool = True, end: date | None = None) -> Row:
    return {"code": "RNCP1", "actif": active, "date_fin_enregistrement": end}


def partner(siret: str = SIRET, etat: str = "Actif") -> Row:
    return {"code": "RNCP1", "siret": siret, "etat": etat, "habilitation": "HABILITATION_FORMER"}


def certifier(siret: str = CLOSED, etat: str = "Actif") -> Row:
    return {"code": "RNCP1", "siret": siret, "etat": etat}


def open_before(code: str, **cle: str) -> Row:
    """A row of the ledger."""
    return {"code": code, "cle": json.dumps(cle), "etat": "ouverte", "siret": cle.get("siret")}


def source_used(source: str = "liste_of", **more: object) -> Row:
    """What became of a source."""
    return {"source": source, "etat": "accepted", "fichier": "f", "jour": DAY, "lignes_rejetees": 0, **more}


@contextmanager
def facts(scratch: Path, tables: Tables) -> Iterator[duckdb.DuckDBPyConnection]:
    """What a rule looks at when the sources, the snapshots and the ledger hold these rows and no other."""
    with open_database(scratch, memory_limit_mb=200) as database:
        run_script(database, "quiforme.sources", "schema.sql")
        run_script(database, "quiforme.documents", "etat.sql")
        run_script(database, "quiforme.anomalies", "registre.sql")
        database.execute("SET VARIABLE jour = ?", [DAY])
        database.execute("CREATE SCHEMA avant")
        names = database.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE schema_name IN (?, ?)", ["never_had", "before"]
        ).fetchall()
        for schema, name in names:
            kind = "VIEW" if name == "sirene" else "TABLE"
            database.execute(f"CREATE OR REPLACE {kind} main.{name} AS FROM {schema}.{name}")
        for name in ("liste_of", "habilitations"):
            database.execute(f"CREATE TABLE avant.{name} AS FROM main.{name}")
        for name, rows in tables.items():
            table = "never_had.sirene" if name == "sirene" else name
            for row in rows:
                places = ", ".join("?" for _ in row)
                database.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", list(row.values()))
        run_script(database, "quiforme.anomalies", "faits.sql")
        yield database


def findings(database: duckdb.DuckDBPyConnection, rule: Rule) -> list[Row]:
    query = database.execute(f"SELECT * FROM ({rule.sql})")
    columns = [column[0] for column in query.description or ()]
    return [dict(zip(columns, values, strict=True)) for values in query.fetchall()]


def keys(tables: Tables, code: str, scratch: Path) -> list[tuple[str, ...]]:
    rule = RULE_OF[code]
    with facts(scratch, tables) as database:
        return sorted(tuple(row[name] for name in rule.cle) for row in findings(database, rule))


# The rows that break a rule, twice over where a source may repeat itself, and the one key that they make.
BROKEN: dict[str, tuple[Tables, tuple[str, ...]]] = {
    "siret_invalide": (
        {"liste_of": [of(1, siret="", valid=False), of(2, siret="", valid=False)]},
        ("liste_of", NDA, ""),
    ),
    "siren_incoherent": ({"liste_of": [of(1, siren="356000000"), of(2, siren="356000000")]}, (NDA,)),
    "siret_inconnu": ({"liste_of": [of(1), of(2)]}, (SIRET,)),
    "etablissement_ferme": ({"habilitations": [held(CLOSED)], "sirene": [stock(CLOSED, "F")]}, (CLOSED,)),
    "nda_malforme": ({"liste_of": [of(1, nda="1175"), of(2, nda="1175")]}, ("1175",)),
    "nda_partage": ({"liste_of": [of(1), of(2, siret=OTHER)]}, (NDA,)),
    "plusieurs_nda": ({"liste_of": [of(1), of(2, nda=SECOND), of(3, nda=SECOND)]}, (SIRET,)),
    "declaration_perimee": ({"liste_of": [of(date_derniere_declaration=date(2024, 11, 22))]}, (NDA,)),
    "date_incoherente": ({"liste_of": [of(date_derniere_declaration=date(2026, 11, 24))]}, (NDA,)),
    "specialite_inconnue": (
        {"liste_of": [of(1, code_specialite_1="998", code_specialite_3="998"), of(2, code_specialite_2="998")]},
        (NDA, "998"),
    ),
    "region_incoherente": (
        {"liste_of": [of(1, code_region="84"), of(2, code_region="84")], "sirene": [stock()]},
        (NDA,),
    ),
    "nda_sorti_de_liste": (
        {
            "ndas_inactifs": [
                {"nda": NDA, "siren": SIRET[:9], "line": 1, "siret": SIRET, "depuis": DAY},
                {"nda": NDA, "siren": OTHER[:9], "line": 2, "siret": OTHER, "depuis": DAY},
            ]
        },
        (NDA,),
    ),
    "perte_qualiopi": (
        {
            "avant.liste_of": [of(1, apprentissage=True), of(2, apprentissage=True)],
            "liste_of": [of(1), of(2, apprentissage=False)],
        },
        (NDA, "apprentissage"),
    ),
    "perte_habilitation": (
        {"avant.habilitations": [held(), held()], "habilitations": [held(active=False)]},
        (SIRET, "RNCP1"),
    ),
    "habilitation_sur_fiche_inactive": (
        {"fiches_rncp": [fiche(active=False)], "partenaires_rncp": [partner(), partner()]},
        (SIRET, "RNCP1"),
    ),
    "fin_enregistrement_depassee": ({"fiches_rncp": [fiche(end=date(2026, 11, 22))]}, ("RNCP1",)),
    "certificateur_ferme": (
        {
            "fiches_rncp": [fiche()],
            "certificateurs_rncp": [certifier(), certifier()],
            "sirene": [stock(CLOSED, "F")],
        },
        ("RNCP1", CLOSED),
    ),
    "habilitation_sans_nda": ({"habilitations": [held(), held(code="RNCP2")]}, (SIRET,)),
    "habilitation_sans_qualiopi": (
        {
            "habilitations": [held()],
            "repertoire": [document()],
            "declarations": [
                {"siret": SIRET, "nda": NDA, "actif": True, **dict.fromkeys(OF_CATEGORIES, False)},
            ],
        },
        (SIRET,),
    ),
    "uai_invalide": (
        {"annuaire_education": [school("0861288A"), school("0861288A")]},
        ("annuaire_education", "0861288A"),
    ),
    "uai_multiples": (
        {"annuaire_education": [school(), school(LAST_UAI)], "repertoire": [document()]},
        (SIRET,),
    ),
    "uai_divergent": (
        {
            "annuaire_education": [school(etat="FERME")],
            "referentiel_onisep": [{"rank": 1, "siret": SIRET, "uai": LAST_UAI}],
            "repertoire": [document()],
        },
        (SIRET,),
    ),
    "uai_etablissement_ferme": (
        {"annuaire_education": [school()], "repertoire": [document()], "sirene": [stock(etat="F")]},
        (SIRET,),
    ),
    "source_perimee": ({"sources": [source_used(jour=date(2026, 11, 19))]}, ("liste_of",)),
    "source_refusee": ({"sources": [source_used(etat="refused", motif="empty file")]}, ("liste_of",)),
    "lignes_rejetees": ({"sources": [source_used(lignes_rejetees=1, premieres="[]")]}, ("liste_of",)),
    "adresse_introuvable": (
        {"liste_of": [of(1, adresse=ADDRESS), of(2, adresse=ADDRESS)], "adresses": [place(0.49, "75111")]},
        (NDA,),
    ),
    "adresse_divergente": (
        {
            "liste_of": [of(1, adresse=ADDRESS), of(2, adresse=ADDRESS)],
            "adresses": [place(0.5, "94028")],
            "sirene": [stock(commune="75111")],
        },
        (NDA,),
    ),
}


def test_every_rule_is_broken_here() -> None:
    assert list(BROKEN) == [rule.code for rule in RULES]


def test_empty_tables_break_no_rule(tmp_path: Path) -> None:
    with facts(tmp_path, {}) as database:
        assert {rule.code: findings(database, rule) for rule in RULES} == {rule.code: [] for rule in RULES}


@pytest.mark.parametrize("code", BROKEN)
def test_a_broken_rule_gives_one_row_a_key(tmp_path: Path, code: str) -> None:
    tables, key = BROKEN[code]
    rule = RULE_OF[code]
    with facts(tmp_path, tables) as database:
        rows = findings(database, rule)
    assert [tuple(row[name] for name in rule.cle) for row in rows] == [key]
    evidence = json.loads(rows[0]["constats"])
    assert evidence
    assert DAY.isoformat() not in rows[0]["constats"]
    about = {"siret": None, "siren": None, "departement": None, "region": None, "premiere_detection": DAY, **rows[0]}
    text = sentence(rule, "ouverte", dict(zip(rule.cle, key, strict=True)), evidence, about)
    assert "non renseigné" not in text


@pytest.mark.parametrize(
    ("code", "tables"),
    [
        ("siret_invalide", {"partenaires_rncp": [partner("")], "certificateurs_rncp": [certifier("")]}),
        ("siret_invalide", {"partenaires_rncp": [partner("1", "Supprimé"), partner("2", "Inactif")]}),
        ("siren_incoherent", {"liste_of": [of(siren="35600000")]}),
        ("siret_inconnu", {"habilitations": [held(active=False)]}),
        ("etablissement_ferme", {"habilitations": [held(CLOSED, active=False)], "sirene": [stock(CLOSED, "F")]}),
        ("nda_malforme", {"liste_of": [of(nda="2202P002202")]}),
        ("nda_partage", {"liste_of": [of(1), of(2, siret="x", valid=False)]}),
        ("declaration_perimee", {"liste_of": [of(date_derniere_declaration=date(2024, 11, 23))]}),
        ("date_incoherente", {"liste_of": [of(date_derniere_declaration=DAY)]}),
        ("specialite_inconnue", {"liste_of": [of(code_specialite_1="340", code_specialite_2="999")]}),
        ("region_incoherente", {"liste_of": [of(code_region="75")], "sirene": [stock(commune="97801")]}),
        ("region_incoherente", {"liste_of": [of(code_region="82")], "sirene": [stock()]}),
        ("perte_qualiopi", {"avant.liste_of": [of(apprentissage=True)]}),
        (
            "perte_qualiopi",
            {"avant.liste_of": [of(apprentissage=True)], "liste_of": [of(1), of(2, apprentissage=True)]},
        ),
        ("perte_habilitation", {"avant.habilitations": [held()], "habilitations": [held()]}),
        ("fin_enregistrement_depassee", {"fiches_rncp": [fiche(end=DAY)]}),
        ("fin_enregistrement_depassee", {"fiches_rncp": [fiche(active=False, end=date(2020, 1, 1))]}),
        ("habilitation_sans_nda", {"habilitations": [held(trains=False)]}),
        ("habilitation_sans_nda", {"habilitations": [held()], "liste_of": [of()]}),
        ("uai_multiples", {"annuaire_education": [school(), school(LAST_UAI)]}),
        (
            "uai_multiples",
            {"annuaire_education": [school(), school(LAST_UAI, etat="FERME")], "repertoire": [document()]},
        ),
        ("uai_divergent", {"referentiel_onisep": [{"siret": SIRET, "uai": UAI}], "repertoire": [document()]}),
        ("source_perimee", {"sources": [source_used(jour=date(2026, 11, 20))]}),
        ("source_perimee", {"sources": [source_used("sirene", jour=date(2026, 10, 9))]}),
        ("source_refusee", {"sources": [source_used(etat="unchanged"), source_used("rs", etat="missing", jour=None)]}),
        ("lignes_rejetees", {"sources": [source_used()]}),
    ],
)
def test_what_breaks_no_rule(tmp_path: Path, code: str, tables: Tables) -> None:
    assert keys(tables, code, tmp_path) == []


@pytest.mark.parametrize(
    ("code", "cle", "still_lost", "found_again"),
    [
        (
            "perte_qualiopi",
            {"nda": NDA, "categorie": "apprentissage"},
            {"liste_of": [of()]},
            {"liste_of": [of(apprentissage=True)]},
        ),
        ("perte_habilitation", {"siret": SIRET, "code_fiche": "RNCP1"}, {}, {"habilitations": [held()]}),
    ],
)
def test_a_loss_stays_open_until_it_is_made_good(
    tmp_path: Path, code: str, cle: dict[str, str], still_lost: Tables, found_again: Tables
) -> None:
    ledger = {"registre": [open_before(code, **cle)]}
    assert keys({**ledger, **still_lost}, code, tmp_path) == [tuple(cle[name] for name in RULE_OF[code].cle)]
    assert keys({**ledger, **found_again}, code, tmp_path) == []


def test_the_evidence_of_a_loss_does_not_move_once_it_is_open(tmp_path: Path) -> None:
    for code in ("perte_qualiopi", "perte_habilitation"):
        rule = RULE_OF[code]
        tables, key = BROKEN[code]
        now = {name: rows for name, rows in tables.items() if not name.startswith("avant.")}
        ledger = {"registre": [open_before(code, **dict(zip(rule.cle, key, strict=True)))]}
        with facts(tmp_path, tables) as first, facts(tmp_path, {**now, **ledger}) as next_day:
            assert [row["constats"] for row in findings(first, rule)] == [
                row["constats"] for row in findings(next_day, rule)
            ]


def test_a_successor_is_that_of_the_latest_dated_link(tmp_path: Path) -> None:
    links: list[Row] = [
        {"predecesseur": CLOSED, "successeur": SIRET, "date_lien": date(2024, 1, 1)},
        {"predecesseur": CLOSED, "successeur": OTHER, "date_lien": None},
    ]
    tables, _ = BROKEN["etablissement_ferme"]
    with facts(tmp_path, {**tables, "sirene_succession": links}) as database:
        [row] = findings(database, RULE_OF["etablissement_ferme"])
    assert json.loads(row["constats"])["sirene"]["successeur"] == SIRET


def test_links_of_one_day_give_the_successor_that_the_documents_name(tmp_path: Path) -> None:
    links: list[Row] = [
        {"predecesseur": CLOSED, "successeur": siret, "date_lien": date(2024, 1, 1)} for siret in (SIRET, OTHER)
    ]
    tables, _ = BROKEN["etablissement_ferme"]
    with facts(tmp_path, {**tables, "sirene_succession": links}) as database:
        [row] = findings(database, RULE_OF["etablissement_ferme"])
    assert json.loads(row["constats"])["sirene"]["successeur"] == OTHER


@pytest.mark.parametrize(
    ("commune", "place"),
    [
        ("75056", ("75", "11")),
        ("2A004", ("2A", "94")),
        ("97411", ("974", "04")),
        ("97608", ("976", "06")),
        ("97801", ("978", None)),
        ("98818", ("988", None)),
    ],
)
def test_place_of_a_commune(tmp_path: Path, commune: str, place: tuple[str, str | None]) -> None:
    with facts(tmp_path, {"liste_of": [of()], "sirene": [stock(commune=commune)]}) as database:
        assert database.execute("SELECT departement, region FROM lieux").fetchall() == [place]

"""The oracle on small worlds whose answers were worked out by hand."""

import csv
import io
import json
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tools.oracle import Event, Oracle

DAY = date(2026, 11, 23)
# Three legal units that do not exist, and their establishments.
A, A1, A2, A3 = "990000101", "99000010100016", "99000010100024", "99000010100032"
B1, B2 = "99000020000016", "99000020000024"
C1 = "99000030900015"
NDA_A, NDA_A_BIS, NDA_B = "11750000175", "11750000275", "93130000313"
NOTHING, TRAINING = ("", "", "", ""), ("true", "false", "false", "false")

HEADER = (
    "numeroDeclarationActivite;numerosDeclarationActivitePrecedent;siren;siretEtablissementDeclarant;"
    "adressePhysiqueOrganismeFormation.codeRegion;certifications.actionsDeFormation;"
    "certifications.bilansDeCompetences;certifications.VAE;certifications.actionsDeFormationParApprentissage;"
    "informationsDeclarees.dateDerniereDeclaration;informationsDeclarees.debutExercice;"
    "informationsDeclarees.finExercice;informationsDeclarees.specialitesDeFormation.codeSpecialite1;"
    "informationsDeclarees.specialitesDeFormation.libelleSpecialite1;"
    "informationsDeclarees.specialitesDeFormation.codeSpecialite2;"
    "informationsDeclarees.specialitesDeFormation.libelleSpecialite2;"
    "informationsDeclarees.specialitesDeFormation.codeSpecialite3;"
    "informationsDeclarees.specialitesDeFormation.libelleSpecialite3;"
)


def line(
    nda: str,
    siret: str,
    *,
    siren: str | None = None,
    before: str = "",
    region: str = "11",
    qualiopi: tuple[str, str, str, str] = NOTHING,
    declared: str = "05/01/2026",
    speciality: str = "313",
) -> str:
    """One line of the OF list."""
    quoted = [nda, before, siret[:9] if siren is None else siren, siret, region]
    cells = [f'"{cell}"' for cell in quoted] + list(qualiopi) + [declared, "01/01/2025", "31/12/2025"]
    return ";".join([*cells, f'"{speciality}"', '"Finances; banque"', "", "", "", "", ""])


def put_list(drop: Path, *lines: str, header: str = HEADER) -> None:
    (drop / "listePubliqueOF.csv").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")


def put_sirene(drop: Path, *rows: tuple[str, str, str]) -> None:
    """SIRET, state and commune, as a zipped CSV."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(
        [
            "siret",
            "statutDiffusionEtablissement",
            "dateDebut",
            "etatAdministratifEtablissement",
            "codeCommuneEtablissement",
        ]
    )
    for siret, state, commune in rows:
        writer.writerow([siret, "O", "2020-01-01", state, commune])
    with zipfile.ZipFile(drop / "StockEtablissement_utf8.zip", "w") as archive:
        archive.writestr("StockEtablissement_utf8.csv", text.getvalue())


def partner(siret: str, state: str, habilitation: str, day: str = "") -> str:
    dated = f"<DATE_ACTIF>{day}</DATE_ACTIF>" if day else ""
    return (
        f"<PARTENAIRE><SIRET_PARTENAIRE>{siret}</SIRET_PARTENAIRE>"
        f"<HABILITATION_PARTENAIRE>HABILITATION_{habilitation}</HABILITATION_PARTENAIRE>"
        f"<ETAT_HABILITATION>{state}</ETAT_HABILITATION>{dated}</PARTENAIRE>"
    )


def certifier(siret: str, state: str) -> str:
    return (
        f"<CERTIFICATEUR><SIRET_CERTIFICATEUR>{siret}</SIRET_CERTIFICATEUR>"
        f"<ETAT_CERTIFICATEUR>{state}</ETAT_CERTIFICATEUR></CERTIFICATEUR>"
    )


def fiche(
    code: str,
    actif: str,
    *,
    partners: str = "",
    certifiers: str = "",
    end: str = "31/12/2028",
    kind: str = "Enregistrement sur demande",
) -> str:
    """The jury's ACTIF says the contrary of the fiche's: only the path tells them apart."""
    jury = "Non" if actif == "Oui" else "Oui"
    return (
        f"<FICHE><NUMERO_FICHE>{code}</NUMERO_FICHE><CERTIFICATEURS>{certifiers}</CERTIFICATEURS>"
        f"<PARTENAIRES>{partners}</PARTENAIRES><SI_JURY_FI><ACTIF>{jury}</ACTIF></SI_JURY_FI>"
        f"<DATE_FIN_ENREGISTREMENT>{end}</DATE_FIN_ENREGISTREMENT>"
        f"<TYPE_ENREGISTREMENT>{kind}</TYPE_ENREGISTREMENT><ACTIF>{actif}</ACTIF></FICHE>"
    )


def put_rncp(drop: Path, day: date, *fiches: str) -> None:
    content = f"<FICHES><VERSION_FLUX>4.1</VERSION_FLUX>{''.join(fiches)}</FICHES>"
    with zipfile.ZipFile(drop / f"export-fiches-rncp-v4-1-{day}.zip", "w") as archive:
        archive.writestr("export_fiches_RNCP_V4_1.xml", content)


def put_directory(drop: Path, *rows: tuple[str, str, str, str, str], kind: str = "Lycée") -> None:
    header = "Type_etablissement;Identifiant_de_l_etablissement;SIREN_SIRET;etat;Type_contrat_prive;Lycee_Agricole"
    text = "\r\n".join([header, *(";".join((kind, *row)) for row in rows)]) + "\r\n"
    (drop / "fr-en-annuaire-education.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())


def ndas(oracle: Oracle, siret: str) -> list[tuple[str, bool]]:
    declarations: Any = oracle.documents[siret]["declarations_activites_etablissement"]
    return [(one["numero_de_declaration"], one["actif"]) for one in declarations]


def entries(oracle: Oracle, siret: str) -> list[dict[str, Any]]:
    found: Any = oracle.documents[siret]["habilitations_france_competence"]
    return list(found)


def told(events: list[Event]) -> list[tuple[str, str, str, int]]:
    return [(event.kind, event.code, "|".join(event.cle.values()), event.occurrence) for event in events]


def test_one_nda_belongs_to_every_document_of_its_siren(tmp_path: Path) -> None:
    oracle = Oracle()
    put_list(tmp_path, line(NDA_A, A1, qualiopi=TRAINING))
    put_sirene(tmp_path, (A1, "A", "75056"), (A2, "A", "75056"), (A3, "F", "75056"), (B1, "A", "75056"))
    oracle.ingest(tmp_path, DAY)
    assert sorted(oracle.documents) == [A1, A2]  # A3 is closed, B has no NDA
    assert oracle.documents[A2] == {
        "siret": A2,
        "code_uai": None,
        "unite_legale_avec_plusieurs_nda": False,
        "declarations_activites_etablissement": [
            {
                "numero_de_declaration": NDA_A,
                "actif": True,
                "date_derniere_declaration": "2026-01-05",
                "date_debut_exercice": "2025-01-01",
                "date_fin_exercice": "2025-12-31",
                "certification_qualiopi": {
                    "action_formation": True,
                    "bilan_competences": False,
                    "validation_acquis_experience": False,
                    "apprentissage": False,
                    "obtention_via_unite_legale": True,
                },
                "specialites": {
                    "specialite_1": {"code": "313", "libelle": "Finances; banque"},
                    "specialite_2": {"code": None, "libelle": None},
                    "specialite_3": {"code": None, "libelle": None},
                },
            }
        ],
        "habilitations_france_competence": [],
    }


def test_several_ndas_stay_with_the_siret_that_declares_them(tmp_path: Path) -> None:
    oracle = Oracle()
    # The second row's SIRET is unusable: it counts in N through its SIREN, and no document carries its NDA.
    put_list(tmp_path, line(NDA_A, A1, qualiopi=TRAINING), line(NDA_A_BIS, "", siren=A))
    put_sirene(tmp_path, (A1, "A", "75056"), (A2, "A", "75056"))
    oracle.ingest(tmp_path, DAY)
    assert sorted(oracle.documents) == [A1]
    assert oracle.documents[A1]["unite_legale_avec_plusieurs_nda"] is True
    assert ndas(oracle, A1) == [(NDA_A, True)]
    declarations: Any = oracle.documents[A1]["declarations_activites_etablissement"]
    assert declarations[0]["certification_qualiopi"]["obtention_via_unite_legale"] is False


def test_of_two_rows_the_latest_then_the_first_is_kept(tmp_path: Path) -> None:
    oracle = Oracle()
    put_list(
        tmp_path,
        line(NDA_A, A1, declared="31/12/2025", speciality="100"),
        line(NDA_A, A1, declared="05/01/2026", speciality="110"),
        line(NDA_A, A2, declared="05/01/2026", speciality="111"),
        line(NDA_A, A2, declared="32/01/2026", speciality="112"),
    )
    oracle.ingest(tmp_path, DAY)
    declarations: Any = oracle.documents[A2]["declarations_activites_etablissement"]
    assert declarations[0]["specialites"]["specialite_1"]["code"] == "110"


@pytest.mark.parametrize(
    "faulty",
    [
        f'"{NDA_A}";"UFORCA "NANTES"" ;1'.encode(),
        line(NDA_A, A1).replace('"11"', '"11').encode(),  # never closed
        (line(NDA_A, A1) + ";").encode(),  # one cell too many
        line(NDA_A, A1).encode().replace(b"Finances", b"Financ\xe9es"),  # not UTF-8
    ],
    ids=["stray quote", "unclosed quote", "too many cells", "not UTF-8"],
)
def test_a_faulty_line_is_lost_alone_and_is_no_evidence_of_absence(tmp_path: Path, faulty: bytes) -> None:
    oracle = Oracle()
    put_list(tmp_path, line(NDA_A, A1, qualiopi=TRAINING), line(NDA_B, B1))
    oracle.ingest(tmp_path, DAY)
    before = dict(oracle.documents)
    content = b"\n".join([HEADER.encode(), faulty, line(NDA_B, B1).encode(), b""])
    for later in (1, 2):  # the second day reads the rows that were kept on the first
        (tmp_path / "listePubliqueOF.csv").write_bytes(content)
        oracle.ingest(tmp_path, DAY + timedelta(days=later))
        assert oracle.set_aside["liste_of"] == 1
        assert oracle.documents == before
    # On a first day there is nothing to keep.
    fresh = Oracle()
    fresh.ingest(tmp_path, DAY)
    assert sorted(fresh.documents) == [B1]


def test_the_variant_of_2021_holds_the_nic(tmp_path: Path) -> None:
    oracle = Oracle()
    put_list(tmp_path, line(NDA_A, A2[9:], siren=A), header=HEADER.replace(";", "; "))
    oracle.ingest(tmp_path, DAY)
    assert sorted(oracle.documents) == [A2]


def test_an_nda_that_leaves_the_list_stays_inactive_for_a_while(tmp_path: Path) -> None:
    oracle = Oracle(retention_days=10)
    put_sirene(tmp_path, (A1, "A", "75056"), (A2, "A", "75056"), (B1, "A", "13055"))
    put_list(tmp_path, line(NDA_A, A1, qualiopi=TRAINING), line(NDA_B, B1))
    oracle.ingest(tmp_path, DAY)
    oracle.reconcile(DAY)
    put_list(tmp_path, line(NDA_B, B1))
    oracle.ingest(tmp_path, DAY + timedelta(days=1))
    assert ndas(oracle, A1) == ndas(oracle, A2) == [(NDA_A, False)]
    declarations: Any = oracle.documents[A1]["declarations_activites_etablissement"]
    assert list(declarations[0]["certification_qualiopi"].values()) == [False, False, False, False, None]
    events = oracle.reconcile(DAY + timedelta(days=1))
    assert told(events) == [("ouverte", "nda_sorti_de_liste", NDA_A, 1)]
    assert (events[0].departement, events[0].region) == ("75", "11")
    assert oracle.reconcile(DAY + timedelta(days=1)) == []
    oracle.ingest(tmp_path, DAY + timedelta(days=10))
    assert ndas(oracle, A1) == [(NDA_A, False)]
    oracle.ingest(tmp_path, DAY + timedelta(days=11))  # its age reaches 10
    assert sorted(oracle.documents) == [B1]
    assert told(oracle.reconcile(DAY + timedelta(days=11))) == [("resolue", "nda_sorti_de_liste", NDA_A, 1)]


def test_an_inactive_nda_returns_or_is_replaced(tmp_path: Path) -> None:
    returns, replaced = Oracle(), Oracle()
    for oracle in (returns, replaced):
        put_list(tmp_path, line(NDA_A, A1), line(NDA_B, B1))
        oracle.ingest(tmp_path, DAY)
        oracle.reconcile(DAY)
        put_list(tmp_path, line(NDA_B, B1))
        oracle.ingest(tmp_path, DAY + timedelta(days=1))
        oracle.reconcile(DAY + timedelta(days=1))
        assert ndas(oracle, A1) == [(NDA_A, False)]
    put_list(tmp_path, line(NDA_A, A1), line(NDA_B, B1))
    returns.ingest(tmp_path, DAY + timedelta(days=2))
    assert ndas(returns, A1) == [(NDA_A, True)]
    # Another body's row that names it changes nothing; a row of the same SIREN does.
    put_list(tmp_path, line(NDA_A_BIS, A2), line(NDA_B, B1, before=NDA_A))
    replaced.ingest(tmp_path, DAY + timedelta(days=2))
    assert ndas(replaced, A1) == [(NDA_A_BIS, True), (NDA_A, False)]
    put_list(tmp_path, line(NDA_A_BIS, A2, before=f"{NDA_A_BIS}, {NDA_A}"), line(NDA_B, B1))
    replaced.ingest(tmp_path, DAY + timedelta(days=3))
    assert sorted(replaced.documents) == [A2, B1]
    assert told(replaced.reconcile(DAY + timedelta(days=3)))[-1] == ("resolue", "nda_sorti_de_liste", NDA_A, 1)


def test_the_rows_of_a_habilitation_are_merged(tmp_path: Path) -> None:
    oracle = Oracle()
    put_list(tmp_path, line(NDA_A, A1))
    put_rncp(
        tmp_path,
        DAY,
        fiche(
            "RNCP900",
            "Oui",
            partners=partner(f"\t{B1}", "Actif", "FORMER", "05/05/2024")
            + partner(B1, "Actif", "FORMER", "04/04/2024")
            + partner(B1, "Inactif", "ORGA_FORM", "01/01/2020")
            + partner(B2, "Supprimé", "ORGA_FORM"),
            certifiers=certifier(C1, "Actif") + certifier(A1, "Actif") + certifier(B2, "Inactif"),
        ),
        fiche("RNCP1000", "Non", partners=partner(B1, "Actif", "ORGANISER")),
    )
    oracle.ingest(tmp_path, DAY)
    assert B2 not in oracle.documents
    assert entries(oracle, B1) == [
        {
            "code": "RNCP900",
            "actif": True,
            "date_actif": "2024-04-04",
            "date_fin_enregistrement": "2028-12-31",
            "date_decision": None,
            "habilitation_pour_former": True,
            "habilitation_pour_organiser_l_evaluation": False,
            "sirets_organismes_certificateurs": [A1, C1],
        },
        {
            "code": "RNCP1000",
            "actif": False,
            "date_actif": None,
            "date_fin_enregistrement": "2028-12-31",
            "date_decision": None,
            "habilitation_pour_former": False,
            "habilitation_pour_organiser_l_evaluation": True,
            "sirets_organismes_certificateurs": [],
        },
    ]
    assert [entry["habilitation_pour_organiser_l_evaluation"] for entry in entries(oracle, C1)] == [True]


def test_the_uai_and_the_perimeter(tmp_path: Path) -> None:
    put_list(tmp_path, line(NDA_A, A1), line(NDA_B, B1), line("11750000475", C1))
    put_directory(
        tmp_path,
        ("0130003H", A1, "A FERMER", "SANS OBJET", "0"),
        ("0750002V", A1, "OUVERT", "SANS OBJET", "0"),
        ("0750001A", A1, "OUVERT", "SANS OBJET", "0"),  # wrong key: ignored
        ("0750002V", B1, "OUVERT", "HORS CONTRAT", "0"),
        ("0750001U", C1, "OUVERT", "SANS OBJET", "1"),
    )
    oracle = Oracle()
    oracle.ingest(tmp_path, DAY)
    assert oracle.documents[A1]["code_uai"] == "0750002V"
    assert oracle.excluded == {B1, C1}
    assert sorted(oracle.documents) == [A1]
    # The référentiel's validated UAI comes first.
    organisations = [{"siret": A1, "uai": "0750001U"}, {"siret": B1}]
    (tmp_path / "referentiel-organismes.json").write_text(json.dumps({"organismes": organisations}))
    everything = Oracle(exclusions=())
    everything.ingest(tmp_path, DAY)
    assert everything.excluded == set()
    assert [everything.documents[siret]["code_uai"] for siret in (A1, B1, C1)] == ["0750001U", "0750002V", "0750001U"]
    # The directory's wrong key, and the two sources' disagreement.
    assert {(event.code, event.siret) for event in everything.reconcile(DAY)} >= {
        ("uai_invalide", A1),
        ("uai_divergent", A1),
    }


def test_the_first_reconciliation_opens_everything(tmp_path: Path) -> None:
    oracle = Oracle()
    put_list(
        tmp_path,
        line(NDA_A, A1, region="93", speciality="221w", declared="22/11/2024"),  # 731 days
        line("1175X", B1, siren=A, declared="23/11/2024"),  # 730 days
        line(NDA_A, "99000010100017", region="93"),
    )
    put_sirene(tmp_path, (A1, "F", "75056"), (C1, "A", "2A004"))
    put_rncp(
        tmp_path,
        DAY,
        fiche("RNCP900", "Oui", partners=partner(C1, "Actif", "FORMER"), end="22/11/2026"),
        fiche("RNCP901", "Non", partners=partner(C1, "Actif", "FORMER"), end="23/11/2026"),
    )
    oracle.ingest(tmp_path, DAY)
    events = oracle.reconcile(DAY)
    assert told(events) == [
        ("ouverte", "siret_invalide", f"liste_of|{NDA_A}|99000010100017", 1),
        ("ouverte", "siren_incoherent", "1175X", 1),
        ("ouverte", "siret_inconnu", B1, 1),
        ("ouverte", "etablissement_ferme", A1, 1),
        ("ouverte", "nda_malforme", "1175X", 1),
        ("ouverte", "declaration_perimee", NDA_A, 1),
        ("ouverte", "specialite_inconnue", f"{NDA_A}|221w", 1),
        ("ouverte", "region_incoherente", NDA_A, 1),
        ("ouverte", "habilitation_sur_fiche_inactive", "RNCP901", 1),
        ("ouverte", "fin_enregistrement_depassee", "RNCP900", 1),
        ("ouverte", "habilitation_sans_nda", C1, 1),
    ]
    places = {event.code: (event.departement, event.region) for event in events}
    assert places["habilitation_sans_nda"] == ("2A", "94")
    assert places["siret_invalide"] == (None, "93")  # no commune: the list's codeRegion
    assert places["region_incoherente"] == ("75", "11")
    assert places["fin_enregistrement_depassee"] == (None, None)
    assert len(oracle.open) == len(events)
    assert oracle.reconcile(DAY) == []


def test_without_sirene_its_rules_are_not_evaluated(tmp_path: Path) -> None:
    oracle = Oracle()
    put_list(tmp_path, line(NDA_A, A1, region="93"))
    oracle.ingest(tmp_path, DAY)
    assert oracle.reconcile(DAY) == []
    columns = (
        "'A' AS etatAdministratifEtablissement, '75056' AS codeCommuneEtablissement, DATE '2020-01-01' AS dateDebut"
    )
    stock = str(tmp_path / "StockEtablissement_utf8.parquet")
    duckdb.sql(f"COPY (SELECT '{B1}' AS siret, {columns}) TO '{stock}'")
    oracle.ingest(tmp_path, DAY)
    assert told(oracle.reconcile(DAY)) == [("ouverte", "siret_inconnu", A1, 1)]


def test_losses_open_close_and_open_again(tmp_path: Path) -> None:
    oracle = Oracle()
    trains = fiche("RNCP900", "Oui", partners=partner(A1, "Actif", "FORMER"))
    told_by_day: list[list[tuple[str, str, str, int]]] = []
    days = [
        (0, TRAINING, trains),
        (1, ("false", "false", "true", ""), fiche("RNCP900", "Oui")),  # both lost, another category won
        (2, TRAINING, trains),  # both back, that category lost
        (3, TRAINING, fiche("RNCP900", "Oui")),
        (92, TRAINING, fiche("RNCP900", "Oui")),  # 89 days old
        (93, TRAINING, fiche("RNCP900", "Oui")),  # 90
        (94, TRAINING, fiche("RNCP900", "Oui")),
    ]
    for number, qualiopi, register in days:
        day = DAY + timedelta(days=number)
        put_list(tmp_path, line(NDA_A, A1, qualiopi=qualiopi))
        put_rncp(tmp_path, day, register)
        oracle.ingest(tmp_path, day)
        told_by_day.append(told(oracle.reconcile(day)))
    lost, vae = f"{NDA_A}|action_formation", f"{NDA_A}|validation_acquis_experience"
    assert told_by_day == [
        [],
        [("ouverte", "perte_qualiopi", lost, 1), ("ouverte", "perte_habilitation", f"{A1}|RNCP900", 1)],
        [
            ("ouverte", "perte_qualiopi", vae, 1),
            ("resolue", "perte_qualiopi", lost, 1),
            ("resolue", "perte_habilitation", f"{A1}|RNCP900", 1),
        ],
        [("ouverte", "perte_habilitation", f"{A1}|RNCP900", 2)],
        [],
        [("resolue", "perte_habilitation", f"{A1}|RNCP900", 2)],
        [],
    ]
    # The NDA leaves the list: what was said of its categories closes.
    put_list(tmp_path, line(NDA_B, B1))
    oracle.ingest(tmp_path, DAY + timedelta(days=95))
    assert ("resolue", "perte_qualiopi", vae, 1) in told(oracle.reconcile(DAY + timedelta(days=95)))


def test_without_any_of_list_the_run_changes_nothing(tmp_path: Path) -> None:
    oracle = Oracle()
    put_sirene(tmp_path, (A1, "A", "75056"))
    with pytest.raises(ValueError, match="OF list"):
        oracle.ingest(tmp_path, DAY)
    assert oracle.documents == {}

"""The words by which a form, a letter or a field says whose number follows: by entity and language.

A *plain* name says it alone ("MRN 12345"); a *leaning* name is an ordinary word
and says it only with a word for "number" or a mark behind it ("account no.
12345", "account: 12345"). Names are compared without case and accents, as
whole words; de, fr, es, it, nl, pt, pl, sv and da stand beside English.
"""

from __future__ import annotations

from typing import Final

__all__ = ["CONNECTORS", "LEANING", "NUMBER_WORDS", "PLAIN", "THINGS"]


def _labels(table: str) -> tuple[tuple[str, str], ...]:
    """Return (entity, names) of each line; an indented line goes on with the one before."""
    lines = table.strip().replace("\n    ", " ").split("\n")
    return tuple((entity, names) for entity, names in (line.split(" ", 1) for line in lines))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PLAIN: Final = _labels("""
US_SSN ssn; ssns; social security number; soc sec number; social security no; my social
US_ITIN itin
US_NPI npi; national provider identifier
MEDICAL_LICENSE dea
US_MBI mbi; medicare beneficiary identifier
UK_NINO nino; national insurance; ni number
UK_NHS nhs; nhs number
MEDICAL_RECORD mrn; medical record; medical records; health record; patient record; chart number; hospital
    number; patient id; patient number; patient no; patient identifier; patient chart; accession number;
    encounter number; encounter id; admission number; visit number; patientennummer; patientenummer;
    patienten nr; patienten id; krankenakte; aktenzeichen patient; fallnummer; numero de dossier; dossier
    medical; numero patient; identifiant patient; nhc; historia clinica; numero de historia clinico; numero
    de paciente; cartella clinica; numero cartella; id paziente; codice paziente; patientnummer;
    dossiernummer; numer pacjenta; numer historii choroby; karta pacjenta; processo clinico; numero de
    utente; journalnummer; journalnr
HEALTH_ID health plan; health insurance; insurance id; insurance number; insurance no; insured id; member
    id; member number; subscriber id; subscriber number; beneficiary number; beneficiary id; medicaid;
    medicaid id; medicare number; policy number; policy no; insurance policy; group number; plan number;
    hicn; health card; health card number; health number; krankenversicherung; krankenversichertennummer;
    krankenversicherungsnummer; versichertennummer; versicherungsnummer; versicherungsschein; policennummer;
    kvnr; versichertennr;
    numero d assure; assurance maladie; mutuelle; numero de police; carte vitale; tarjeta sanitaria;
    cipa; nass; nuss; nss; seguro medico; numero de afiliacion; numero de poliza; poliza; tessera sanitaria;
    polizza; numero polizza; zorgverzekering; polisnummer; verzekerdennummer; numer polisy; polisa; numer
    ubezpieczenia; numero de beneficiario; apolice; cartao de saude; forsakringsnummer; forsikringsnummer;
    sygesikring; sygesikringsnummer; policenummer
PASSPORT passport; passports; passport number; passport no; reisepass; reisepassnummer; passnummer; pass nr;
    passeport; numero de passeport; pasaporte; numero de pasaporte; passaporto; numero passaporto; paspoort;
    paspoortnummer; paszport; numer paszportu; passaporte; passnr; pasnummer
DRIVER_LICENSE driver license; drivers license; driver s license; driver licence; drivers licence; driver s
    licence; driver license number; driver licence number; drivers license number; drivers licence number;
    driver s license number; driver s licence number; driver s license no; driver s licence no; drivers
    license no; driving licence number; driving licence no; driving license;
    driving licence; driver lic; drivers lic; dln; dl number; licence to drive;
    fuhrerschein; fuhrerscheinnummer; permis de conduire; carnet de conducir; permiso de conducir; licencia
    de conducir; patente di guida; numero patente; rijbewijs; rijbewijsnummer; prawo jazdy; prawa jazdy;
    carta de conducao; cnh; korkort; korkortsnummer; korekort; korekortnummer
LICENSE_PLATE license plate; licence plate; license plates; number plate; numberplate; plate number; plate
    no; registration plate; vehicle registration; car registration; reg plate; license tag; tag number;
    kennzeichen; kfz kennzeichen; nummernschild; amtliches kennzeichen; immatriculation; plaque d
    immatriculation; matricula; numero de placa; targa; kenteken; kentekennummer; tablica rejestracyjna;
    numer rejestracyjny; nr rejestracyjny; registreringsnummer; regnr; nummerplade; nummerplat;
    registreringsskylt
VEHICLE_ID vin; vehicle identification; vehicle identification number; vehicle id; vin number; chassis
    number; chassis no; chassis; fahrgestellnummer; fahrzeug identifizierungsnummer;
    fahrzeugidentifizierungsnummer; numero de chassis; numero de serie du vehicule; bastidor; numero de
    bastidor; telaio; numero di telaio; chassisnummer; numer vin; stelnummer
DEVICE_ID imei; imsi; meid; iccid; sim number; device id; device identifier; device serial; device serial
    number; serial number; serial no; serial nr; udid; idfa; idfv; gaid; android id; advertising id; unique
    device identifier; udi; implant serial; seriennummer; numero de serie; numero di serie; serienummer;
    numer seryjny; geratenummer
BANK_ACCOUNT bank account; account number; account no; account nr; account num; acct number; acct no; acct
    num; checking account; savings account; routing number; routing no; aba number; aba routing; sort code;
    swift code; bic code; swift bic; transit number; kontonummer; konto nr; kontonr; bankverbindung;
    bankleitzahl; blz; bankkonto; numero de compte; compte bancaire; numero de cuenta; cuenta bancaria;
    cuenta corriente; clabe; numero di conto; numero conto; conto corrente; rekeningnummer; bankrekening;
    numer konta; nr konta; rachunek bankowy; numer rachunku; numero da conta; conta bancaria;
    bankkontonummer; bankgiro; plusgiro
TAX_ID tin; ein; fein; tax id; taxid; tax number; tax no; tax identification; tax identification number;
    taxpayer id; taxpayer identification; taxpayer number; tax file number; tax reference; tax registration;
    vat number; vat no; vat id; vat reg; vat registration; employer identification number; fiscal number;
    fiscal code; fiscal id; steuernummer; steuer nr; steuer id; steueridentifikationsnummer; umsatzsteuer
    id; ust idnr; ust id; numero fiscal; numero fiscale; identifiant fiscal; numero de tva; identificacion
    fiscal; numero de identificacion fiscal; codice fiscale; partita iva; btw nummer; fiscaal nummer; nip;
    identyfikacji podatkowej; numer nip; contribuinte; numero de contribuinte; momsnummer;
    momsregistreringsnummer; skattenummer
NATIONAL_ID national id; national identity; national identification; national identifier; national number;
    identity card; id card; identity number; identification card; id document; identity document; personal
    identification number; personal identity number; personal identity code; personal id; citizen number;
    citizen id; social insurance number; social insurance; resident registration; residence permit;
    permanent resident; alien registration; green card; alien number; uscis; voter id; voter registration;
    state id; nid; personalausweis; personalausweisnummer; ausweisnummer; ausweis; aufenthaltstitel;
    sozialversicherungsnummer; rentenversicherungsnummer; sv nummer; carte d identite; carte nationale d
    identite; cni; titre de sejour; securite sociale; numero de securite sociale; documento de identidad;
    cedula de identidad; cedula; dni; nie; seguridad social; numero de seguridad social; carta d identita;
    documento d identita; identiteitskaart; identiteitsnummer; burgerservicenummer; dowod osobisty; dowodu
    osobistego; pesel; bilhete de identidade; cartao de cidadao; cartao do cidadao; seguranca social;
    personnummer; cpr nummer; id kort; emirates id; brp; biometric residence permit; share code; blue badge;
    blue badge no; blue badge number; nr dowodu; dowodu
LICENSE_NUMBER license number; licence number; license no; licence no; lic no; certificate number;
    certificate no; certification number; bar number; bar no; bar id; bar card; registration number; medical
    license number; nursing license; professional license; permit number; notary license; gmc; nmc;
    approbation; approbationsnummer; zulassungsnummer; lizenznummer; numero rpps; rpps; adeli; numero de
    licence; numero de colegiado; num colegiado; nocol; num col; ncol; n col; colegiado; numero de licencia;
    numero di iscrizione; numer licencji; prawa wykonywania zawodu; big nummer; licentienummer; numero da
    ordem; cedula profissional; legitimationskod; autorisationsnummer
ID employee id; employee number; employee no; emp id; emp no; staff id; staff number; staff no; badge
    number; badge id; personnel number; payroll number; customer id; customer number; customer no; cust id;
    cust no; client id; client number; student id; student number; student no; membership number; membership
    id; member no; loyalty number; frequent flyer; frequent flyer number; rewards number; applicant id; case
    number; case no; case id; docket number; docket no; docket; matter number; file number; prescription
    number; prescription no; rx number; claim number; claim no; claim id; referral number; prior
    authorization; authorization number; biometric id; fingerprint id; inmate number; inmate id; prisoner
    number; user number; participant id; subject id; donor id; tenant id; resident id; household id; library
    card; known traveler number; known traveller number; ktn; redress number; microchip; microchip
    number; chip number; booking reference; booking ref; booking code; reservation number; reservation
    code; record locator; pnr; confirmation number; e ticket; eticket; document number; document no; doc
    no; visa number; visa no; enrollment id; enrolment number; employee ids; customer ids; beneficiary;
    personalnummer; mitarbeiternummer; mitarbeiter id; kundennummer; kunden nr; kundennr; kunden id;
    mitgliedsnummer; mitglieds nr; matrikelnummer; aktenzeichen; geschaftszeichen; vertragsnummer;
    rezeptnummer; numero client; numero de client; identifiant client; numero d adherent; numero etudiant;
    numero de affaire; numero de cliente; id de cliente; numero de empleado; numero de socio; numero de
    expediente; codice cliente; numero cliente; matricola; numero tessera; numero pratica; klantnummer;
    personeelsnummer; lidnummer; lidmaatschapsnummer; studentnummer; zaaknummer; numer klienta; nr klienta;
    numer pracownika; numer albumu; numer legitymacji; sygnatura akt; numero do cliente; numero de
    funcionario; numero de aluno; kundnummer; anstallningsnummer; medlemsnummer; malnummer; kundenummer;
    medarbejdernummer; sagsnummer
""")
LEANING: Final = _labels("""
VEHICLE_ID fin
DRIVER_LICENSE dl; patente
US_SSN ss; social; social security
MEDICAL_RECORD ipp; utente; episodio; chart; record; hospital; patient; encounter; accession; specimen;
    patienten; dossier; paciente; episode; hc;
    proc
HEALTH_ID cip; police; medicare; insurance; policy; member; subscriber; insured; versicherung; assurance;
    seguro; plan; assicurazione; verzekering; ubezpieczenie; forsakring; forsikring
PASSPORT pass; pas
LICENSE_PLATE placa; plate; registration; reg; tag
DEVICE_ID serial; device; implant; pacemaker; s n
BANK_ACCOUNT rib; swift; routing; account; acct; acc; a c; bank; checking; savings; konto; compte; cuenta;
    conto; rekening; konta; conta; rachunek
TAX_ID tax; taxpayer; vat; fiscal; steuer
NATIONAL_ID identity; identification; citizen; ausweis; identite; identidad; identita
LICENSE_NUMBER bar; license; licence; lic; certificate; cert; certification; permit; notary; lizenz;
    licencia; licenza; licentie; licencja; licenca
ID rx; processo; matricule; expediente; employee; emp; staff; badge; personnel; customer; cust; client;
    student; membership; case; docket; matter; claim; prescription; biometric; fingerprint; inmate;
    applicant; participant; donor; referral; visa; kunde; kunden; mitarbeiter; mitglied; mitglieds; vertrag;
    etudiant; adherent; cliente; empleado; socio; klant; klient; pracownik; kund; medlem
""")
# Words that say only that a number follows.
NUMBER_WORDS: Final = _words("""
    cislo code codes codice codigo id identifiant identificador identificatore identifier identifiers
    identifikationsnummer identifikator ids key kod kode n no nos nr nro nrs num numar number numbers numer
    numero numeros numeru nummer nummern numri nums nº ref reference stevilka szam
    """)
# What may stand between a label and its value.
CONNECTORS: Final = _words("""
    a ar are as be being e equals er era es est for is issued ist jest lautet my of our q reads sono the to
    war was
    """)
# The number of such a thing is not a person's.
THINGS: Final = _words("""
    amount area article artikel auftrag auftrags bar bar_code barcode batch bestell bestelling bestellnummer
    bestellung blk block book bug build bus bytes card cell channel chapter checksum color colour column
    commande commit container count country coupon currency cve dial discount dress ean encomenda episode
    error event exercise exit factura facture factuur faktura faktury fattura fatura fax figure flight floor
    gate gift gtin handynummer hash hex hotline http index invoice invoices isbn iso issn issue item job
    language level line lines lot message meter mobile model msg node order order's orders ordine page
    parcel part pedido phase phone pid plz port postal postcode postleitzahl pr price problem process
    product promo qr quantity question queue rechnung rechnungs rechnungsnummer release request response
    return rev revision rfc room row seat section seq sequence series session shard shipment size sku
    software source span status step table task tel telefon telefonnummer telephone thread ticket topic
    total trace tracking train transaction upc version voucher zamowienia zip zone
    """)

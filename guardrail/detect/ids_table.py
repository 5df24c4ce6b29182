"""Numbers that carry a checksum or a structure which python-stdnum knows, one line each.

A line: the module of python-stdnum, the entity, and the names that people write
beside the number: abbreviations and whole names, in its country's languages.
The country is the module's first part. Names are compared without case and
accents, as whole words. Names that are ordinary words or abbreviations of much
else stand only in `SHY`: they count in capitals. The names are facts of the
issuing authorities, gathered from their forms and from the entries of the
numbers in python-stdnum's documentation.

Numbers of companies are TAX_ID: a sole trader's is a person's. They are found
beside a name of theirs only (ADR 0027).
"""

# ruff: noqa: RUF001 - names in their own scripts
from __future__ import annotations

from typing import Final

__all__ = ["COUNTRIES", "IDEOGRAPHS", "NUMBERS", "SHY", "VAT"]


def _lines(table: str) -> list[str]:
    """Return the lines of a table; an indented line goes on with the one before."""
    return table.strip().replace("\n    ", " ").split("\n")


def _words(text: str) -> list[str]:
    return text.split()


def _numbers(table: str) -> tuple[tuple[str, str, str], ...]:
    """Return (module, entity, names) of each line; `-` is no entity."""
    rows = (line.split(" ", 2) for line in _lines(table))
    return tuple((module, "" if entity == "-" else entity, names) for module, entity, names in rows)


# The last ones are where someone banks and what someone holds, and things' numbers: no person's, and known
# only so that a label that names one is not read as an unknown one.
NUMBERS: Final = _numbers("""
ad.nrt TAX_ID nrt; registre tributari
al.nipt TAX_ID nipt; nuis; numri i identifikimit
ar.cbu BANK_ACCOUNT cbu; clave bancaria uniforme
ar.cuit TAX_ID cuit; cuil; codigo unico de identificacion
ar.dni NATIONAL_ID dni; documento nacional de identidad; documento
at.businessid TAX_ID firmenbuchnummer; firmenbuch; fn
at.tin TAX_ID abgabenkontonummer; abgabenkonto; steuernummer
at.uid TAX_ID umsatzsteueridentifikationsnummer; umsatzsteuer identifikationsnummer; uid
at.vnr NATIONAL_ID svnr; vsnr; vnr; sozialversicherungsnummer; versicherungsnummer
au.abn TAX_ID abn; australian business number
au.acn TAX_ID acn; australian company number
au.tfn TAX_ID tfn; tax file number; tax file
az.voen TAX_ID voen; vergi odeyicisinin
be.bis NATIONAL_ID bis; bis number; bisnummer
be.eid NATIONAL_ID eid; identiteitskaart; carte d identite
be.nn NATIONAL_ID nn; niss; insz; rrn; rijksregisternummer; numero national; registre national
be.ssn NATIONAL_ID niss; insz; rijksregisternummer
be.vat TAX_ID btw; tva; nwst; ondernemingsnummer; numero d entreprise
bg.egn NATIONAL_ID egn; егн; единен граждански номер
bg.pnf NATIONAL_ID pnf; lnch; лнч; личен номер
bg.vat TAX_ID ддс; идентификационен номер
bitcoin CRYPTO bitcoin; bitcoin address; btc; btc address
br.cnpj TAX_ID cnpj; cadastro nacional da pessoa juridica
br.cpf NATIONAL_ID cpf; cadastro de pessoas fisicas; cadastro de pessoa fisica
by.unp TAX_ID унп; unp; учетный номер плательщика
ca.bc_phn HEALTH_ID bc phn; phn; personal health number
ca.bn TAX_ID bn; business number
ca.sin NATIONAL_ID sin; social insurance number; social insurance; numero d assurance sociale
ch.esr BANK_ACCOUNT esr; isr; qr reference; qr referenz
ch.ssn NATIONAL_ID ahv; avs; ahvn13; ahv nummer; sozialversicherungsnummer; numero avs
ch.uid TAX_ID unternehmens identifikationsnummer; uid; ide
ch.vat TAX_ID mwst; mehrwertsteuernummer; mwst nummer; tpv
cl.rut NATIONAL_ID rut; run; rol unico tributario; rol unico nacional
cn.ric NATIONAL_ID ric; resident identity card; resident id; shenfenzheng
cn.uscc TAX_ID uscc; unified social credit code
co.nit TAX_ID nit; numero de identificacion tributaria
cr.cpf NATIONAL_ID cedula de persona fisica; cedula fisica; cedula
cr.cpj TAX_ID cpj; cedula de persona juridica; cedula juridica
cr.cr NATIONAL_ID cedula de residencia; dimex
cu.ni NATIONAL_ID numero de identidad; carne de identidad
cy.vat TAX_ID φπα; αριθμοσ εγγραφησ φπα
cz.bankaccount BANK_ACCOUNT cislo uctu; bankovni ucet
cz.dic TAX_ID dic; danove identifikacni cislo; ico; identifikacni cislo osoby
cz.rc NATIONAL_ID rc; rodne cislo
de.handelsregisternummer TAX_ID handelsregisternummer; handelsregister; hrb; hra
de.idnr TAX_ID idnr; steuer id; steueridentifikationsnummer; steuer identifikationsnummer; steuerliche
    identifikationsnummer; steuerid
de.leitweg TAX_ID leitweg id; leitweg
de.stnr TAX_ID stnr; st nr; steuernummer
de.vat TAX_ID ust id; ust idnr; ust id nr; ustid; ustidnr; umsatzsteuer id; ust
dk.cpr NATIONAL_ID cpr; personnummer; cpr nummer; cprnr
dk.cvr TAX_ID cvr; momsregistreringsnummer; cvr nummer; se nummer
do.cedula NATIONAL_ID cedula; cedula de identidad
do.ncf TAX_ID ncf; comprobante fiscal; numeros de comprobante fiscal; e ncf
do.rnc TAX_ID rnc; registro nacional del contribuyente; registro nacional de contribuyentes
dz.nif TAX_ID nif; numero d identification fiscale; identification fiscale
ec.ci NATIONAL_ID ci; cedula de identidad; cedula de ciudadania; cedula
ec.ruc TAX_ID ruc; registro unico de contribuyentes
ee.ik NATIONAL_ID isikukood; isiku kood
ee.kmkr TAX_ID kmkr; kaibemaksukohuslase
ee.registrikood TAX_ID registrikood; registri kood
eg.tn TAX_ID tax registration number; الرقم الضريبي
es.cae TAX_ID cae; codigo de actividad y establecimiento
es.ccc BANK_ACCOUNT ccc; codigo cuenta corriente; cuenta corriente; codigo cuenta cliente
es.cif TAX_ID cif; codigo de identificacion fiscal
es.cups ID cups; codigo unificado de punto de suministro; codigo universal de punto de suministro
es.dni NATIONAL_ID dni; documento nacional de identidad
es.nie NATIONAL_ID nie; numero de identificacion de extranjero; numero de identidad de extranjero
es.nif NATIONAL_ID nif; numero de identificacion fiscal; dni nif
es.referenciacatastral ID referencia catastral; ref catastral
eu.at_02 BANK_ACCOUNT sepa identifier; creditor identifier; glaubiger id; identificador del acreedor; at 02
eu.eic ID eic; european energy identification code; energy identification code
eu.excise TAX_ID excise number; excise; seed number
eu.oss TAX_ID oss; one stop shop
fi.alv TAX_ID alv; alv nro; arvonlisaveronumero
fi.associationid TAX_ID association identifier; yhdistysrekisterinumero
fi.hetu NATIONAL_ID hetu; henkilotunnus; personbeteckning
fi.veronumero TAX_ID veronumero; skattenummer
fi.ytunnus TAX_ID y tunnus; ytunnus; fo nummer
fo.vn TAX_ID vinnutal; v number; v tal
fr.accise TAX_ID accise; d accise; numero d accise
fr.nif TAX_ID nif; numero d immatriculation fiscale; numero fiscal; spi; numero fiscal de reference
fr.nir NATIONAL_ID nir; securite sociale; numero de securite sociale; insee; carte vitale
fr.siren TAX_ID siren; numero siren; rcs; registre du commerce
fr.siret TAX_ID siret; numero siret
fr.tva TAX_ID tva; taxe sur la valeur ajoutee; tva intracommunautaire
gb.nhs UK_NHS nhs; national health service; nhs number
gb.upn ID upn; unique pupil number
gb.utr TAX_ID utr; unique taxpayer reference
gb.vat TAX_ID vat reg; vat registration
gh.tin TAX_ID tin; ghanacard pin
gn.nifp TAX_ID nifp; identification fiscale permanent
gr.amka NATIONAL_ID amka; αμκα; μητρωου κοινωνικησ ασφαλισησ
gr.vat TAX_ID fpa; φπα; αφμ; afm; αριθμοσ φορολογικου μητρωου
gt.nit TAX_ID nit; numero de identificacion tributaria
hr.oib NATIONAL_ID oib; osobni identifikacijski broj
hu.anum TAX_ID anum; adoszam; kozossegi adoszam
iban IBAN_CODE iban; international bank account number
id.nik NATIONAL_ID nik; nomor induk kependudukan; ktp
id.npwp TAX_ID npwp; nomor pokok wajib pajak
ie.pps NATIONAL_ID pps; ppsn; pps no; personal public service number; personal public service
ie.vat TAX_ID irish vat; irish tax reference
il.hp TAX_ID ח פ; חפ; מספר חברה
il.idnr NATIONAL_ID mispar zehut; teudat zehut; מספר זהות; תעודת זהות; identity number
imei DEVICE_ID imei; international mobile equipment identity
imsi DEVICE_ID imsi; international mobile subscriber identity
in_.aadhaar NATIONAL_ID aadhaar; aadhar; uidai; adhar
in_.epic NATIONAL_ID epic; voter id; electoral photo identity card; voter card
in_.gstin TAX_ID gstin; goods and services tax; gst
in_.pan TAX_ID pan; permanent account number; pan card
in_.vid NATIONAL_ID vid; virtual identity number; aadhaar virtual id
is_.kennitala NATIONAL_ID kennitala; kt
is_.vsk TAX_ID vsk; virdisaukaskattsnumer; virðisaukaskattsnumer
it.codicefiscale NATIONAL_ID codice fiscale; cod fisc; cf; c f; tessera sanitaria
it.iva TAX_ID partita iva; p iva; piva; iva
jp.cn TAX_ID corporate number; hojin bango
jp.in_ NATIONAL_ID my number card; mynumber; kojin bango; individual number
ke.pin TAX_ID kra pin; kra
kr.brn TAX_ID brn; business registration number
kr.rrn NATIONAL_ID rrn; resident registration number; resident registration
li.peid TAX_ID peid; pid nummer
lt.asmens NATIONAL_ID asmens kodas; asmens koda
lt.pvm TAX_ID pvm; pvm kodas; pridetines vertes mokestis
lu.tva TAX_ID tva; no tva; taxe sur la valeur ajoutee
lv.pvn TAX_ID pvn; pievienotas vertibas nodokla; personas kods
ma.ice TAX_ID ice; identifiant commun de l entreprise
mac MAC_ADDRESS mac address; media access control; mac addr
mc.tva TAX_ID tva; taxe sur la valeur ajoutee
md.idno TAX_ID idno; idnp
me.pib TAX_ID pib; poreski identifikacioni broj
meid DEVICE_ID meid; mobile equipment identifier
mk.edb TAX_ID едб; edb; единствен даночен број; едниствен даночен број
mt.vat TAX_ID maltese vat
mu.nid NATIONAL_ID nic; mauritian national identifier
mx.curp NATIONAL_ID curp; clave unica de registro de poblacion
mx.rfc TAX_ID rfc; registro federal de contribuyentes
my.nric NATIONAL_ID nric; mykad; kad pengenalan
mz.nuit TAX_ID nuit; numero unico de identificacao tributaria
nl.bsn NATIONAL_ID bsn; burgerservicenummer; sofinummer; burger service nummer
nl.btw TAX_ID btw; btw nummer; btw identificatienummer; omzetbelastingnummer; btw id
nl.identiteitskaartnummer PASSPORT identiteitskaartnummer; paspoortnummer; paspoort
nl.onderwijsnummer ID onderwijsnummer
no.fodselsnummer NATIONAL_ID fodselsnummer; fodselsnr; personnummer; fnr
no.kontonr BANK_ACCOUNT konto nr; kontonr; kontonummer
no.mva TAX_ID mva; merverdiavgift
no.orgnr TAX_ID orgnr; organisasjonsnummer; org nr
nz.bankaccount BANK_ACCOUNT nz bank account
nz.ird TAX_ID ird; inland revenue
pe.cui NATIONAL_ID cui; dni; cedula unica de identidad
pe.ruc TAX_ID ruc; registro unico de contribuyentes
pk.cnic NATIONAL_ID cnic; nicop; national identity card
pl.nip TAX_ID nip; numer identyfikacji podatkowej
pl.pesel NATIONAL_ID pesel; numer pesel
pl.regon TAX_ID regon; rejestr gospodarki narodowej
pt.cc NATIONAL_ID cartao de cidadao; cartao do cidadao; numero de cartao de cidadao
pt.nif TAX_ID nif; contribuinte; numero de contribuinte; numero de identificacao fiscal; nipc
py.ruc TAX_ID ruc; registro unico de contribuyentes
ro.cf TAX_ID cod de inregistrare in scopuri de tva; cod fiscal
ro.cnp NATIONAL_ID cnp; cod numeric personal
ro.cui TAX_ID cui; cif; codul unic de inregistrare; cod unic de inregistrare
ro.onrc TAX_ID onrc; registrul comertului; ordine din registrul comertului
rs.pib TAX_ID pib; poreski identifikacioni broj; пиб
ru.inn TAX_ID инн; inn; идентификационныи номер налогоплательщика; идентификационный номер налогоплательщика
ru.ogrn TAX_ID огрн; ogrn; psrn; огрнип; ogrnip
se.orgnr TAX_ID orgnr; organisationsnummer; org nr
se.personnummer NATIONAL_ID personnummer; persnr; personnr; samordningsnummer
se.vat TAX_ID moms; momsnummer; mervardesskatt; momsregistreringsnummer; vat nr
sg.uen TAX_ID uen; unique entity number
si.ddv TAX_ID ddv; id za ddv; davcna stevilka
si.emso NATIONAL_ID emso; jmbg; enotna maticna stevilka; jedinstveni maticni broj; unique master citizen
    number
si.maticna TAX_ID maticna stevilka; corporate registration number
sk.dph TAX_ID ic dph; dph
sk.rc NATIONAL_ID rc; rodne cislo
sm.coe TAX_ID coe; codice operatore economico
sn.ninea TAX_ID ninea
sv.nit TAX_ID nit; numero de identificacion tributaria
th.moa TAX_ID moa; memorandum of association
th.pin NATIONAL_ID thai id; thai national id; เลขประจำตัวประชาชน
th.tin TAX_ID thai tax id
tn.mf TAX_ID mf; matricule fiscal; matricule fiscale
tr.tckimlik NATIONAL_ID tckn; tc kimlik; t c kimlik; tc kimlik no; kimlik no; kimlik numarasi
tr.vkn TAX_ID vkn; vergi kimlik numarasi; vergi no; vergi kimlik
tw.ubn TAX_ID ubn; unified business number
ua.edrpou TAX_ID єдрпоу; edrpou; едрпоу
ua.rntrc TAX_ID рнокпп; rntrc; ипн; іпн
us.atin TAX_ID atin; adoption taxpayer identification number
us.ein TAX_ID ein; fein; employer identification number; employer id
us.itin US_ITIN itin; individual taxpayer identification number
us.ptin TAX_ID ptin; preparer tax identification number; preparer tax
us.rtn BANK_ACCOUNT rtn; routing transport number; routing transit number; routing number; routing; aba; aba
    number
us.tin TAX_ID us tin
uy.rut TAX_ID rut; registro unico tributario
ve.rif TAX_ID rif; registro de identificacion fiscal; registro de informacion fiscal
vn.mst TAX_ID mst; ma so thue
za.idnr NATIONAL_ID said number; rsa id
za.tin TAX_ID sars; sars number
bic BANK_ACCOUNT bic; swift; swift code; business identifier code
cusip BANK_ACCOUNT cusip
de.wkn BANK_ACCOUNT wkn; wertpapierkennnummer; wertpapierkennummer
figi BANK_ACCOUNT figi
gb.sedol BANK_ACCOUNT sedol
isin BANK_ACCOUNT isin; international securities identification number
iso11649 BANK_ACCOUNT iso 11649; creditor reference; rf reference
be.ogm_vcs BANK_ACCOUNT ogm; vcs; ogm vcs; gestructureerde mededeling; communication structuree
lei TAX_ID lei; legal entity identifier
isni ID isni; orcid; international standard name identifier
isil ID isil
casrn - cas; cas rn; cas number; cas registry number; chemical abstracts service
cfi - cfi; classification of financial instruments
eu.banknote - banknote; banknote serial number; euro banknote
eu.ecnumber - ec number; ec; european community number
imo - imo; imo number; maritime organization
iso6346 - iso 6346; container identification; container number
isan - isan; audiovisual number
isrc - isrc; recording code
it.aic - aic; codice aic; identification of drugs
nl.brin - brin; brin number; brinnummer
""")
# Modules that read "VAT number" in any member state and beyond.
VAT: Final = tuple(
    _words("""
    eu.vat gb.vat ch.vat no.mva is_.vsk at.uid be.vat bg.vat cy.vat cz.dic de.vat dk.cvr ee.kmkr es.nif
    fi.alv fr.tva gr.vat hr.oib hu.anum ie.vat it.iva lt.pvm lu.tva lv.pvn mt.vat nl.btw pl.nip pt.nif ro.cf
    se.vat si.ddv sk.dph mc.tva by.unp rs.pib me.pib
    """)
)
# Names that are words or abbreviations of other things as well: they count in capitals only.
SHY: Final = frozenset(
    _words("""
    bic bis bn brn cae cf ci cif coe cui ddv dic documento dph edb epic esr excise fin fn gst ice ico ide
    inn ipn ird isr kra kt lei mac mf moa moms mst mva nic nie nik nip nit nn ogm oss pan phn pib pid pin
    pps rc ric rif rtn run rut sin spi tin uen uid ust utr vcs vid vnr
    """)
)
# Names in scripts without spaces between words: looked for anywhere in the label.
IDEOGRAPHS: Final = (
    ("统一社会信用代码", "cn.uscc"),
    ("身份证", "cn.ric"),
    ("公民身份号码", "cn.ric"),
    ("個人番号", "jp.in_"),
    ("マイナンバー", "jp.in_"),
    ("法人番号", "jp.cn"),
    ("주민등록번호", "kr.rrn"),
    ("사업자", "kr.brn"),
    ("統一編號", "tw.ubn"),
    ("เลขประจำตัวประชาชน", "th.pin"),
)
# How a country is named beside a number, by the first part of the modules' names.
COUNTRIES: Final = tuple(
    (line.split(" ", 1)[0], line.split(" ", 1)[1])
    for line in _lines("""
ad andorra andorran
al albania albanian
ar argentina argentine argentinian
at austria austrian osterreich osterreichische
au australia australian
az azerbaijan azerbaijani
be belgium belgian belgie belgique
bg bulgaria bulgarian
br brazil brazilian brasil
by belarus belarusian
ca canada canadian
ch switzerland swiss schweiz schweizer suisse
cl chile chilean
cn china chinese prc
co colombia colombian
cr rica rican
cu cuba cuban
cy cyprus cypriot
cz czech czechia
de germany german deutsche deutschland
dk denmark danish dansk
do dominican dominicana
dz algeria algerian algerie
ec ecuador ecuadorian
ee estonia estonian
eg egypt egyptian
es spain spanish espana espanol
eu european
fi finland finnish
fo faroe faroese
fr france french francais
gb uk british britain kingdom english england
gh ghana ghanaian
gn guinea
gr greece greek
gt guatemala guatemalan
hr croatia croatian
hu hungary hungarian
id indonesia indonesian
ie ireland irish
il israel israeli
in_ india indian
is_ iceland icelandic
it italy italian italia italiano
jp japan japanese
ke kenya kenyan
kr korea korean
li liechtenstein
lt lithuania lithuanian
lu luxembourg luxembourgian
lv latvia latvian
ma morocco moroccan
mc monaco monacan
md moldova moldovan moldavian
me montenegro montenegrin
mk macedonia macedonian
mt malta maltese
mu mauritius mauritian
mx mexico mexican
my malaysia malaysian
mz mozambique
nl netherlands dutch nederland nederlands
no norway norwegian norsk
nz zealand
pe peru peruvian
pk pakistan pakistani
pl poland polish polski
pt portugal portuguese
py paraguay paraguayan
ro romania romanian
rs serbia serbian
ru russia russian
se sweden swedish svensk
sg singapore singapore's
si slovenia slovenian
sk slovakia slovak
sm marino
sn senegal senegalese
sv salvador salvadoran
th thailand thai
tn tunisia tunisian
tr turkey turkish turkiye
tw taiwan taiwanese
ua ukraine ukrainian
us american usa
uy uruguay uruguayan
ve venezuela venezuelan
vn vietnam vietnamese
za african
""")
)

"""The words that addresses are made of, per language: streets, units, boxes, states, countries, labels.

Facts of the postal services: street suffixes and unit designators of USPS Publication 28
(appendix C), state and province codes of ISO 3166-2, street words as national address guides write them.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "AFTER_WORDS",
    "AMBIGUOUS_LABELS",
    "BOX_WORDS",
    "COMPOUNDS",
    "COUNTRIES",
    "FIELDS",
    "MONTHS",
    "NO_VALUES",
    "OTHER_ADDRESSES",
    "POST_WORDS",
    "PREFIXES",
    "ROAD_WORDS",
    "STATES",
    "STATE_CODES",
    "STOPS",
    "SUFFIXES",
    "UNIT_WORDS",
    "UNSURE_COMPOUNDS",
    "UNSURE_PREFIXES",
    "WEAK_SUFFIXES",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.replace("\n", ";").split(";") if part.strip())


# After the name, number first ("12 Oak Street"): words that mean little else there.
SUFFIXES: Final = _words(
    "street st str avenue ave av road rd boulevard blvd lane ln drive dr court ct terrace ter highway hwy "
    "parkway pkwy expressway turnpike tpke crescent cres circle cir expy freeway fwy close mews esplanade "
    "alley trl trafficway"
)
# Words that mean much else as well: they need a city, a unit, a post code or a label beside them.
WEAK_SUFFIXES: Final = _words(
    "way wy place pl plaza plz square sq trail row walk path pike loop run pass park point pt ridge hill "
    "hills view village vlg valley vista grove grv green garden gardens gdns gate gateway glen harbor haven "
    "heights hts hollow island isle junction jct key keys lake landing light lodge manor meadow meadows "
    "mill mills mission mount mountain oval overpass parade passage pines plain plains port prairie ranch "
    "rapid rapids rest roads route rue shoal shore spring springs spur station stream summit throughway "
    "trace track tunnel union viaduct ville wall ways well wells arcade annex bayou beach bend bluff bottom "
    "branch bridge brook burg bypass camp canyon cape causeway center centre cliff club common corner "
    "corners course cove creek crest crossing crossroad curve dale dam divide estate estates extension fall "
    "falls ferry field fields flat flats ford forest forge fork forks fort knoll loaf locks mall neck "
    "orchard park quay rise bank wharf yard wynd nagar marg chowk marga sector vale copse croft drift end"
)
# Before the name: "Calle Mayor 5", "12 rue de la Paix", "ul. Prosta 10".
PREFIXES: Final = _words(
    "c p pso pz calle carrer avenida avda avd av avinguda avenue ave paseo passeig ronda camino carretera "
    "ctra crta carrera cra cl kra transversal diagonal calzada callejon callejón glorieta plazuela plaza "
    "pza pza plz pl rambla travesia travesía urbanizacion urbanización prolongación prolongacion rúa "
    "poligono polígono bulevar autopista jirón jiron rue boulevard bd bld blvd allée allee allées impasse "
    "quai chemin route faubourg cours ruelle esplanade sentier via viale v.le piazza piazzale p.za corso "
    "c.so vicolo largo lungomare lungotevere strada contrada borgo salita rua r travessa tv alameda praça "
    "praca estrada rodovia rod ladeira beco avª ul ulica ulice aleja aleje al os osiedle plac náměstí "
    "namesti nám ulitsa ulitza prospekt bulvar trg ulitza strada str calea bulevardul aleea șoseaua soseaua "
    "jalan jl jln lorong soi thanon leoforos odos οδός λεωφόρος ulica улица ул проспект просп пр переулок "
    "пер бульвар шоссе набережная площадь вул вулиця rr"
)
# Of those, words that other sentences hold as well.
UNSURE_PREFIXES: Final = _words(
    "via strada corso largo place square route cours str r tv al os pl str diagonal transversal plaza soi "
    "esplanade carrera camino ronda avenue boulevard ave rod пр cl kra cra allee borgo salita rr bulevar "
    "diagonal rambla"
)
# After the name, number last: "Lange Straße 12", "Petőfi utca 3", "Atatürk Caddesi No: 5".
AFTER_WORDS: Final = _words(
    "straße strasse str gasse weg allee platz ufer damm chaussee straat laan plein kade gracht gatan gata "
    "väg vägen gade gate vej vei veien allé plads utca útja út tér krt körút köz sétány tee tänav pst mnt "
    "põik puiestee iela gatve bulvāris prospekts katu tie kuja caddesi cad sokak sok sk mahallesi "
    "mah ulice třída náměstí cesta ulica cadde blv street road avenue st ave rd lane square sq drive"
)
# The end of one word, number last: "Hauptstraße 12".
COMPOUNDS: Final = tuple(
    sorted(
        _words(
            "straße strasse gasse allee chaussee straat laan gracht singel gatan vägen vagen gränd torget "
            "stigen backen stræde straede gata vej veien vegen vegur katu kuja polku stígur braut steeg "
            "kalea pasealekua plein gaten promenade"
        )
    )
)
# Ends of other words too ("Parkplatz 12", "Brigade 5").
UNSURE_COMPOUNDS: Final = tuple(
    sorted(
        _words(
            "platz weg ring hof markt damm ufer graben steig pfad kade dijk pad gade gate vei plads torv "
            "tie utca gasse str berg feld allé park brücke tee veg laan väg gård hagen plass tunet väinämö "
            "tänav bakken lia vænget"
        )
    )
)
MONTHS: Final = _words(
    "january february march april may june july august september october november december jan feb mar apr "
    "jun jul aug sep sept oct nov dec"
)
# No street is named by these: where one stands between number and street word, the phrase is none.
STOPS: Final = _words(
    "the is are was were be been being am has have had do does did will would can could should may might "
    "must "
    "of to in on at for with from by about into over after before under and or but nor so if then than that "
    "this these those it its he she they we you i me my your his her their our us them who what which when "
    "where why how not no yes all any some each every more most many few much other another such only also "
    "just very too as an a per via near hour hours minute minutes minuten min mins second seconds day days "
    "week weeks month months year years mile miles km kilometer kilometers meter meters foot feet ft inch "
    "inches yard yards lane lanes bedroom bedrooms bed beds bath baths block blocks car cars dollar dollars "
    "euro euros percent million billion thousand hundred man men woman women person people kids children "
    "times time points point way ways star stars level levels step steps hard disk usb flash ssd test "
    "floppy different new major busy side open closed one two three four five six seven eight nine ten "
    "dozen half full total next last first same big small large nice great good best old-fashioned users "
    "items parts cases failures reasons pages rows lines bytes files hits errors warnings requests seconds "
    "stunden tage km/h mph kg lb lbs g mg ml l cm mm mb gb tb kb ms please call reply text phone tel fax "
    "email mobile"
)
_US: Final = (
    "al ak az ar ca co ct de dc fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv nh nj nm ny nc "
    "nd oh ok or pa "
    "ri sc sd tn tx ut vt va wa wv wi wy pr vi gu as mp"
)
STATE_CODES: Final = _words(
    f"{_US} aa ae ap ab bc mb nb nl ns nt nu on pe qc sk yt nsw vic qld tas act sa wa nt mh ka kl dl up"
)
STATES: Final = _phrases(
    "alabama;alaska;arizona;arkansas;california;colorado;connecticut;delaware;district of columbia;florida"
    ";georgia;hawaii"
    ";idaho;illinois;indiana;iowa;kansas;kentucky;louisiana;maine;maryland;massachusetts;michigan;minnesota"
    ";mississippi"
    ";missouri;montana;nebraska;nevada;new hampshire;new jersey;new mexico;new york;north carolina;north "
    "dakota;ohio"
    ";oklahoma;oregon;pennsylvania;rhode island;south carolina;south dakota;tennessee;texas;utah;vermont"
    ";virginia"
    ";washington;west virginia;wisconsin;wyoming;puerto rico;alberta;british columbia;manitoba;new brunswick"
    ";newfoundland;newfoundland and labrador;nova scotia;nunavut;ontario;prince edward island;quebec;québec"
    ";saskatchewan;yukon;new south wales;victoria;queensland;tasmania;south australia;western australia"
    ";northern territory;karnataka;maharashtra;tamil nadu;kerala;gujarat;west bengal;uttar pradesh;telangana"
)
COUNTRIES: Final = _phrases(
    "united states of america;united states;usa;u.s.a.;us;u.s.;united kingdom;uk;u.k.;great britain;england"
    ";scotland"
    ";wales;northern ireland;ireland;canada;australia;new zealand;south africa;india;singapore;malaysia"
    ";philippines"
    ";nigeria;kenya;ghana;germany;deutschland;austria;österreich;switzerland;schweiz;suisse;svizzera;france"
    ";belgium"
    ";belgique;belgië;netherlands;the netherlands;nederland;luxembourg;spain;españa;portugal;italy;italia"
    ";poland"
    ";polska;czech republic;czechia;slovakia;slovenia;slovenija;croatia;hrvatska;serbia;hungary;magyarország"
    ";romania"
    ";românia;bulgaria;greece;cyprus;estonia;eesti;latvia;lithuania;finland;suomi;sweden;sverige;norway"
    ";norge;denmark"
    ";danmark;iceland;greenland;turkey;türkiye;russia;ukraine;israel;egypt;morocco;tunisia;mexico;méxico"
    ";brazil;brasil"
    ";argentina;chile;colombia;peru;perú;uruguay;paraguay;bolivia;ecuador;venezuela;costa rica;panama;cuba"
    ";japan;china"
    ";hong kong;taiwan;south korea;korea;thailand;vietnam;indonesia;pakistan;bangladesh;sri lanka;nepal"
    ";saudi arabia"
    ";united arab emirates;uae;qatar;kuwait;lebanon;jordan;malta;monaco;liechtenstein;andorra;puerto rico"
    ";albania;kosovo"
)
# Labels of fields that hold a part of an address, as forms and records name them.
FIELDS: Final = {
    "address": _phrases(
        "address;addr;address line;address line 1;address line 2;address1;address2;address_line_1"
        ";address_line_2"
        ";home address;street address;mailing address;postal address;billing address;shipping address"
        ";delivery address"
        ";residential address;current address;permanent address;work address;residence;plaintiff address"
        ";location"
        ";adresse;anschrift;wohnanschrift;postanschrift;lieferadresse;rechnungsadresse;wohnhaft"
        ";domicile;adresse postale;lieu de résidence;dirección;direccion;domicilio;residencia;indirizzo"
        ";residenza"
        ";adres;woonadres;adres zamieszkania;endereço;endereco;morada;residência;adress;bostadsadress"
        ";postadress;bopæl"
    ),
    "street": _phrases(
        "street;street name;streetaddress;street1;street_1;strasse;straße;strasse und hausnummer;straße und "
        "hausnummer"
        ";rue;voie;calle;vía;via;straat;straatnaam;ulica;rua;logradouro;gata;gatuadress;gade;vej;gade og "
        "husnummer"
    ),
    "zip": _phrases(
        "zip;zipcode;zip code;zip_code;postal code;postal_code;postalcode;postcode;post code;post_code;plz"
        ";postleitzahl"
        ";code postal;código postal;codigo postal;cp;c.p.;cap;kod pocztowy;cep;postnummer;postnr;pin code"
        ";pincode;eircode"
        ";zip+4;zip/postal code"
    ),
    "city": _phrases(
        "city;town;suburb;municipality;locality;stadt;ort;wohnort;ville;commune;ciudad;localidad;municipio"
        ";población;citta"
        ";città;comune;località;plaats;woonplaats;stad;miasto;miejscowość;cidade;município;localidade;ort"
        ";postort;by"
        ";bynavn;address.city"
    ),
    "state": _phrases(
        "state;province;region;bundesland;provincia;estado;stato;województwo;län;county;state/province"
    ),
}
# Labels that are words of other trades too: they count where a line or a quotation begins with them.
AMBIGUOUS_LABELS: Final = _words(
    "by cap cp c.p. location state region county domicile rue via calle ulica ort gata vej stad commune "
    "plaats town by voie"
)
# Before "address": the addresses of machines.
OTHER_ADDRESSES: Final = _words(
    "ip ipv4 ipv6 mac email e-mail mail web url memory base wallet contract bitcoin btc eth server host "
    "bind listen remote peer socket return start physical virtual network gateway http site electronic"
)
# What stands after a label and is no value.
NO_VALUES: Final = _words(
    "string str text null none true false int integer number unknown n/a na nan undefined required optional "
    "varchar object yes no any all default city state value type name"
)
# What a text must hold for the forms of `addresses.py` to be looked for.
BOX_WORDS: Final = _words(
    "box bag postfach postbus postboks postale bp b apartado apdo aptdo c pocztowa poczt postal \u0430"
)
POST_WORDS: Final = _words("apo fpo dpo psc cmr unit rr rural hc hcr star")
ROAD_WORDS: Final = _words("road rd route rte highway hwy interstate cr fm sr us i avenue ave")
UNIT_WORDS: Final = _words("apt apartment suite ste unit flat")

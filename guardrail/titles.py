"""Words that stand beside names and are none: titles, particles, and what sentences begin with."""

from __future__ import annotations

from typing import Final

__all__ = ["BESIDE", "PARTICLES", "TITLES"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TITLES: Final = _words(
    """
    mr mrs ms mx miss sir madam dame lord lady dr doctor prof professor rev reverend father sister
    brother herr herrn frau fräulein doktor dipl ing mag monsieur madame mademoiselle mme mlle maître
    docteur professeur señor señora señorita don doña sr sra srta doctora profesor signor signora
    signore signorina dott dottor dottoressa ing avv meneer mevrouw dhr mevr drs pan pani pana panu
    senhor senhora dona herre fru hr jr sr ii iii iv phd md esq
    """
)
"""What stands before a name or behind it, without its point."""

PARTICLES: Final = _words(
    "van von der den de del della di da dos das du la le las los el al bin ibn ben ter ten te zu zum zur"
    " y e af av"
)
"""What stands inside of names."""

BESIDE: Final = TITLES | _words(
    """
    a i the an and but or so if when while then as at by for from in into of on to with about after
    before again also although because both did do does has had have is are was were will would can
    could should may might must not no yes ok okay that this these those there here who whom whose what
    which why how where now today tomorrow yesterday please thanks thank hi hello hey dear sincerely
    regards cheers sorry unfortunately however therefore finally first second next later only even let
    tell ask call contact meet re fwd cc subject name patient customer client user employee manager
    nurse uncle aunt mom dad my our your his her their its der die das den dem des ein eine und oder
    aber wenn weil dass ob als wie wo was wer warum für von mit bei nach vor zu zum zur auf an in im am
    aus über unter ist sind war hat hatte wird kann soll muss ja nein nicht hallo liebe lieber sehr
    geehrte geehrter geehrten danke bitte leider heute morgen gestern kunde kundin kunden patientin
    patienten mitarbeiter mitarbeiterin nutzer nutzerin kollege kollegin mandant mandantin le la les un
    une et ou mais si quand pour de du avec chez dans sur par est sont bonjour cher chère merci oui non
    aujourd'hui demain hier client cliente monsieur el los las una unos y o pero cuando para con sin en
    por es son hola estimado estimada querido querida gracias sí hoy mañana ayer cliente il lo gli uno
    ed ma se quando per con su è sono ciao caro cara gentile grazie sì oggi domani ieri de het een en of
    maar als voor met van bij op is zijn hallo beste geachte bedankt ja nee i oraz ale gdy dla z w na
    jest dzień dobry drogi droga dziękuję tak nie o os as um uma mas para com sem em por é são olá caro
    cara obrigado obrigada sim não och men om när för med hej kära tack ja nej og eller når til hej kære
    tak ja nej
    """
)
"""Words that may stand right beside a single name, with a capital, and are no part of it."""

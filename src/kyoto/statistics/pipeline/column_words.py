"""Names that offices give their columns, in English, Spanish, French and German, and the concepts they stand for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

__all__ = ["COLUMN_WORDS", "plain_words", "recognised"]

COLUMN_WORDS: dict[str, tuple[str, ...]] = {
    "incident_id": (
        "incident id",
        "incident number",
        "incident no",
        "crime reference",
        "crime number",
        "numero de denuncia",
        "numero de incidente",
        "numero d incident",
        "vorgangsnummer",
        "aktenzeichen",
    ),
    "offence_id": ("offence id", "offense id", "id delito", "id infraction", "tat id"),
    "case_id": (
        "case id",
        "case number",
        "docket",
        "numero de expediente",
        "expediente",
        "causa",
        "numero de dossier",
        "numero d affaire",
        "fallnummer",
    ),
    "person_id": ("person id", "inmate id", "prisoner id", "id persona", "id personne", "personen id", "defendant id"),
    "victim_id": ("victim id", "id victima", "id victime", "opfer id"),
    "suspect_id": ("suspect id", "offender id", "id sospechoso", "id auteur", "tatverdachtigen id"),
    "arrest_id": ("arrest id", "arrest number", "id arresto", "id detencion"),
    "household_id": ("household id", "id hogar", "id menage", "haushalt id"),
    "id": ("id", "uid", "identifier", "complaint id", "record id", "crime id", "identificador", "identifiant"),
    "iccs": ("iccs", "iccs code", "codigo iccs", "cicc", "codigo cicc"),
    "offence": (
        "offence",
        "offense",
        "offence code",
        "offense code",
        "offence type",
        "offense type",
        "offence description",
        "offense description",
        "crime type",
        "type of crime",
        "crime",
        "charge",
        "delito",
        "tipo de delito",
        "codigo delito",
        "subtipo de delito",
        "infraction",
        "type d infraction",
        "nature d infraction",
        "delit",
        "straftat",
        "delikt",
        "deliktsschlussel",
        "straftatenschlussel",
        "schlussel der tat",
    ),
    "attempted": (
        "attempted",
        "attempt",
        "attempted completed",
        "attempt complete flag",
        "tentativa",
        "grado de ejecucion",
        "tentative",
        "versuch",
        "versucht",
    ),
    "count": (
        "count",
        "number of offences",
        "number of offenses",
        "number of crimes",
        "cases",
        "total offences",
        "recuento",
        "cantidad",
        "numero de delitos",
        "frecuencia",
        "casos",
        "nombre de faits",
        "nombre",
        "effectif",
        "anzahl",
        "falle",
        "erfasste falle",
    ),
    "occurred": (
        "occurred",
        "date occurred",
        "occurrence date",
        "offence date",
        "offense date",
        "crime date",
        "incident date",
        "fecha del hecho",
        "fecha de ocurrencia",
        "fecha hecho",
        "date des faits",
        "tatzeit",
        "tattag",
        "tatdatum",
    ),
    "reported": (
        "reported",
        "date reported",
        "report date",
        "fecha de denuncia",
        "fecha denuncia",
        "date de plainte",
        "date de la plainte",
        "anzeigedatum",
        "datum der anzeige",
    ),
    "recorded": (
        "recorded",
        "date recorded",
        "record date",
        "record create date",
        "fecha de registro",
        "fecha registro",
        "date d enregistrement",
        "erfassungsdatum",
        "erfasst am",
    ),
    "arrested": (
        "arrested",
        "arrest date",
        "date of arrest",
        "fecha de detencion",
        "fecha de arresto",
        "date d arrestation",
        "festnahmedatum",
    ),
    "convicted": (
        "convicted",
        "conviction date",
        "date of conviction",
        "fecha de sentencia",
        "fecha de condena",
        "date de condamnation",
        "verurteilungsdatum",
    ),
    "admitted": (
        "admitted",
        "admission date",
        "date of admission",
        "fecha de ingreso",
        "date d ecrou",
        "date d entree",
        "aufnahmedatum",
        "haftbeginn",
    ),
    "released": (
        "released",
        "release date",
        "date of release",
        "fecha de egreso",
        "fecha de liberacion",
        "date de sortie",
        "date de liberation",
        "entlassungsdatum",
    ),
    "date": ("date", "date single", "fecha", "datum"),
    "period": (
        "period",
        "year",
        "month",
        "year month",
        "reference period",
        "periodo",
        "ano",
        "anio",
        "mes",
        "periode",
        "annee",
        "mois",
        "jahr",
        "monat",
        "berichtsjahr",
    ),
    "time": ("time", "time occurred", "hora del hecho", "heure", "uhrzeit", "tatuhrzeit"),
    "hour": ("hour", "hora", "stunde"),
    "area": ("country", "jurisdiction", "pais", "pays", "land", "staat", "state"),
    "region": (
        "region",
        "district",
        "county",
        "province",
        "department",
        "municipality",
        "borough",
        "beat",
        "precinct",
        "lsoa code",
        "ward",
        "comuna",
        "municipio",
        "provincia",
        "departamento",
        "entidad",
        "distrito",
        "departement",
        "commune",
        "arrondissement",
        "bezirk",
        "bundesland",
        "gemeinde",
        "landkreis",
        "kreis",
        "ort",
    ),
    "place": (
        "address",
        "street",
        "place",
        "direccion",
        "domicilio",
        "lugar",
        "adresse",
        "lieu",
        "anschrift",
        "tatort",
    ),
    "longitude": ("longitude", "lon", "lng", "longitud", "laenge", "langengrad", "geografische lange"),
    "latitude": ("latitude", "lat", "latitud", "breite", "breitengrad", "geografische breite"),
    "victim_sex": (
        "victim sex",
        "victim gender",
        "sex of victim",
        "sexo de la victima",
        "sexo victima",
        "sexe de la victime",
        "sexe victime",
        "geschlecht des opfers",
        "opfer geschlecht",
        "geschlecht opfer",
    ),
    "victim_age": (
        "victim age",
        "age of victim",
        "edad de la victima",
        "edad victima",
        "age de la victime",
        "age victime",
        "alter des opfers",
        "opfer alter",
        "alter opfer",
    ),
    "perpetrator_sex": (
        "perpetrator sex",
        "offender sex",
        "suspect sex",
        "sexo del autor",
        "sexo del imputado",
        "sexe de l auteur",
        "geschlecht des tatverdachtigen",
        "tv geschlecht",
    ),
    "perpetrator_age": (
        "perpetrator age",
        "offender age",
        "suspect age",
        "edad del autor",
        "edad del imputado",
        "age de l auteur",
        "alter des tatverdachtigen",
        "tv alter",
    ),
    "sex": ("sex", "gender", "sexo", "genero", "sexe", "genre", "geschlecht"),
    "age": ("age", "age years", "edad", "age en annees", "alter", "alter in jahren"),
    "age_group": ("age group", "age band", "grupo de edad", "rango de edad", "tranche d age", "altersgruppe"),
    "birth": ("date of birth", "birth date", "fecha de nacimiento", "date de naissance", "geburtsdatum"),
    "citizenship": ("citizenship", "nationality", "nacionalidad", "nationalite", "staatsangehorigkeit", "nationalitat"),
    "legal_status": ("legal status", "situacion juridica", "situation penale", "rechtsstatus"),
    "weapon": ("weapon", "weapon type", "weapon used", "arma", "arma utilizada", "arme", "tatmittel", "waffe"),
    "location_type": ("location type", "place type", "premise", "tipo de lugar", "type de lieu", "tatortlichkeit"),
    "motive": ("motive", "motivo", "movil", "mobile", "motiv", "tatmotiv"),
    "victim_relationship": (
        "victim offender relationship",
        "relationship",
        "relacion victima victimario",
        "parentesco",
        "lien avec l auteur",
        "opfer tatverdachtigen beziehung",
    ),
}
"""Words by concept, without accents and in lower case. Of two phrases that fit a name, the longer counts."""


def plain_words(name: str) -> tuple[str, ...]:
    """Words of a column name: lower case, without accents, split where capitals or signs split them.

    Examples
    --------
    >>> plain_words("FechaDeNacimiento"), plain_words("Straftaten-Schlüssel"), plain_words("CRIME_TYPE")
    (('fecha', 'de', 'nacimiento'), ('straftaten', 'schlussel'), ('crime', 'type'))
    """
    split = re.sub(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])", " ", name)
    flat = "".join(
        letter for letter in unicodedata.normalize("NFKD", split.casefold()) if not unicodedata.combining(letter)
    )
    return tuple(re.findall(r"[a-z0-9]+", flat))


def recognised(name: str, concepts: Iterable[str] | None = None) -> list[tuple[str, float]]:
    """Concepts that a column name may stand for, best first, each with a score from 0 to 1.

    Parameters
    ----------
    name
        Name of a column.
    concepts
        Concepts to consider; all of :data:`COLUMN_WORDS` if None.

    Returns
    -------
    list of tuple
        Concept and score: 1 where the whole name is a known phrase, else the share of its words that are.

    Examples
    --------
    >>> recognised("Offense Description")[0], recognised("Sexo de la víctima")[0]
    (('offence', 1.0), ('victim_sex', 1.0))
    >>> recognised("PD Code Description")
    []
    """
    words = plain_words(name)
    found = {}
    for concept in COLUMN_WORDS if concepts is None else concepts:
        best = max((_fit(tuple(phrase.split()), words) for phrase in COLUMN_WORDS[concept]), default=0.0)
        if best > 0:
            found[concept] = best
    return sorted(found.items(), key=lambda item: -item[1])


def _fit(phrase: tuple[str, ...], words: tuple[str, ...]) -> float:
    """Share of a name that a phrase makes, where the phrase stands in it word for word; 0 where it does not."""
    places = range(len(words) - len(phrase) + 1)
    if not words or not any(words[place : place + len(phrase)] == phrase for place in places):
        return 0.0
    share = len(phrase) / len(words)
    # one short word inside a long name ("id" in "street id of witness") says little
    return share if share >= 0.5 else 0.0

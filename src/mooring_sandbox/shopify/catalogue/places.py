"""Where people live: countries with valid codes, provinces where the country has them, post codes, phone prefixes."""

from __future__ import annotations

from typing import NamedTuple


class City(NamedTuple):
    name: str
    province: str | None
    province_code: str | None
    zip: str
    """A pattern: `#` stands for a digit."""


class Country(NamedTuple):
    code: str
    name: str
    language: str
    prefix: str
    phone_digits: int
    streets: tuple[str, ...]
    """Patterns: `#` stands for the house number."""
    cities: tuple[City, ...]


def _cities(*rows: str) -> tuple[City, ...]:
    cells = ([cell or None for cell in row.split("|")] for row in rows)
    return tuple(City(name or "", province, code, zip_ or "") for name, province, code, zip_ in cells)


COUNTRIES = (
    Country(
        "US",
        "United States",
        "en",
        "+1",
        10,
        ("# Oak Street", "# West 4th Ave", "# Martin Luther King Jr. Blvd"),
        _cities(
            "Portland|Oregon|OR|972##",
            "Austin|Texas|TX|787##",
            "Brooklyn|New York|NY|112##",
            "San Francisco|California|CA|941##",
            "Honolulu|Hawaii|HI|968##",
        ),
    ),
    Country(
        "CA",
        "Canada",
        "en",
        "+1",
        10,
        ("# Queen St W", "# Granville Street"),
        _cities(
            "Toronto|Ontario|ON|M5V #A#", "Vancouver|British Columbia|BC|V6B #C#", "Halifax|Nova Scotia|NS|B3H #T#"
        ),
    ),
    Country(
        "CA",
        "Canada",
        "fr",
        "+1",
        10,
        ("# rue Saint-Denis", "# boulevard René-Lévesque Ouest"),
        _cities("Montréal|Quebec|QC|H2X #K#", "Trois-Rivières|Quebec|QC|G9A #B#"),
    ),
    Country(
        "GB",
        "United Kingdom",
        "en",
        "+44",
        10,
        ("# High Street", "Flat #, 12 Church Lane", "The Old Rectory, # Mill Road"),
        _cities("London|England|ENG|SW1A #AA", "Edinburgh|Scotland|SCT|EH1 #YZ", "Cardiff|Wales|WLS|CF10 #AA"),
    ),
    Country(
        "IE",
        "Ireland",
        "en",
        "+353",
        9,
        ("# O'Connell Street", "# St. Stephen's Green"),
        _cities("Dublin|Dublin|D|D02 X2##", "Cork|Cork|CO|T12 W8##"),
    ),
    Country(
        "DE",
        "Germany",
        "de",
        "+49",
        11,
        ("Hauptstraße #", "Am Mühlbach #", "Große Bäckergasse #a"),
        _cities("Berlin|||10###", "München|||80###", "Köln|||50###", "Görlitz|||02###"),
    ),
    Country("AT", "Austria", "de", "+43", 10, ("Mariahilfer Straße #/12",), _cities("Wien|||1##0", "Innsbruck|||6020")),
    Country(
        "CH",
        "Switzerland",
        "de",
        "+41",
        9,
        ("Bahnhofstrasse #", "Rue du Rhône #"),
        _cities("Zürich|||80##", "Genève|||12##"),
    ),
    Country(
        "FR",
        "France",
        "fr",
        "+33",
        9,
        ("# rue de l'Église", "# bis avenue de la République"),
        _cities("Paris|||750##", "Nîmes|||300##", "Saint-Étienne|||420##"),
    ),
    Country(
        "ES",
        "Spain",
        "es",
        "+34",
        9,
        ("Calle de Alcalá #, 3º B", "Plaça de Catalunya #"),
        _cities("Madrid|Madrid|M|280##", "Barcelona|Barcelona|B|080##", "A Coruña|A Coruña|C|150##"),
    ),
    Country(
        "IT",
        "Italy",
        "it",
        "+39",
        10,
        ("Via Garibaldi #", "Piazza dell'Unità #"),
        _cities("Milano|Milano|MI|201##", "Forlì|Forlì-Cesena|FC|471##"),
    ),
    Country(
        "PT", "Portugal", "pt", "+351", 9, ("Rua da Conceição #, 2.º Esq.",), _cities("Lisboa|Lisboa|PT-11|1100-###")
    ),
    Country(
        "PL",
        "Poland",
        "pl",
        "+48",
        9,
        ("ul. Świętokrzyska #/4", "ul. Łąkowa #"),
        _cities("Łódź|||90-###", "Kraków|||30-###"),
    ),
    Country("CZ", "Czechia", "cs", "+420", 9, ("Náměstí Míru #",), _cities("Praha|||1## 00", "Plzeň|||301 ##")),
    Country("SE", "Sweden", "sv", "+46", 9, ("Drottninggatan #",), _cities("Göteborg|||411 ##", "Malmö|||211 ##")),
    Country(
        "NL",
        "Netherlands",
        "nl",
        "+31",
        9,
        ("Keizersgracht #-II", "'s-Gravenweg #"),
        _cities("Amsterdam|||10## AB", "'s-Hertogenbosch|||52## CD"),
    ),
    Country("TR", "Turkey", "tr", "+90", 10, ("İstiklal Caddesi No: #",), _cities("İstanbul|||34###", "İzmir|||35###")),
    Country("GR", "Greece", "el", "+30", 10, ("Οδός Ερμού #",), _cities("Αθήνα|||105 ##", "Θεσσαλονίκη|||546 ##")),
    Country("UA", "Ukraine", "uk", "+380", 9, ("вул. Хрещатик, #",), _cities("Київ|||010##", "Львів|||790##")),
    Country(
        "JP",
        "Japan",
        "ja",
        "+81",
        10,
        ("神南1丁目#-7", "中央区銀座#"),
        _cities("渋谷区|Tōkyō|JP-13|150-00##", "札幌市|Hokkaidō|JP-01|060-00##"),
    ),
    Country(
        "CN", "China", "zh", "+86", 11, ("南京东路#号",), _cities("上海|Shanghai|SH|2000##", "北京|Beijing|BJ|1000##")
    ),
    Country(
        "KR",
        "South Korea",
        "ko",
        "+82",
        10,
        ("테헤란로 #",),
        _cities("서울|Seoul|KR-11|06###", "부산|Busan|KR-26|48###"),
    ),
    Country(
        "IN",
        "India",
        "hi",
        "+91",
        10,
        ("#, महात्मा गांधी मार्ग", "# MG Road, 3rd Cross"),
        _cities("Mumbai|Maharashtra|MH|4000##", "Bengaluru|Karnataka|KA|5600##"),
    ),
    Country(
        "IL",
        "Israel",
        "he",
        "+972",
        9,
        ("רחוב הרצל #",),
        _cities(
            "תל אביב|||61#####",
        ),
    ),
    Country(
        "AE",
        "United Arab Emirates",
        "ar",
        "+971",
        9,
        ("شارع الشيخ زايد #",),
        _cities("دبي|Dubai|DU|", "أبو ظبي|Abu Dhabi|AZ|"),
    ),
    Country(
        "BR",
        "Brazil",
        "pt",
        "+55",
        11,
        ("Rua das Flores, # — apto 42",),
        _cities("São Paulo|São Paulo|SP|01###-###", "Belém|Pará|PA|66###-###"),
    ),
    Country(
        "MX",
        "Mexico",
        "es",
        "+52",
        10,
        ("Av. Insurgentes Sur #",),
        _cities("Ciudad de México|Ciudad de México|DF|06###", "Mérida|Yucatán|YUC|970##"),
    ),
    Country(
        "AU",
        "Australia",
        "en",
        "+61",
        9,
        ("# George St", "Unit #, 88 Flinders Lane"),
        _cities("Sydney|New South Wales|NSW|20##", "Melbourne|Victoria|VIC|30##"),
    ),
    Country(
        "VN",
        "Vietnam",
        "vi",
        "+84",
        9,
        ("# Nguyễn Huệ",),
        _cities(
            "Hồ Chí Minh|||7000##",
        ),
    ),
)

COMMON = tuple(c for c in COUNTRIES if c.code in {"US", "GB", "DE", "FR", "CA"})
"""Where most customers of a shop live."""

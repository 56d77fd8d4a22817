"""What people are called, by language: first and last names, romanised after `|` where the script needs it."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple


class Name(NamedTuple):
    text: str
    slug: str
    """The ASCII form used in e-mail addresses."""


def _slug(text: str) -> str:
    flat = unicodedata.normalize("NFKD", text.translate(_UNDECOMPOSED)).encode("ascii", "ignore").decode().lower()
    return "".join(c for c in flat if c.isalnum())


_UNDECOMPOSED = str.maketrans(
    {"ß": "ss", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "æ": "ae", "đ": "d", "Đ": "D", "ı": "i"}
)


def _names(listing: str) -> tuple[Name, ...]:
    pairs = (entry.strip().partition("|") for entry in listing.split(","))
    return tuple(Name(text, slug or _slug(text)) for text, _, slug in pairs)


_LISTINGS = {
    "en": ("Olivia, James, Ava, Liam, Siobhán, Mary Jane, William, Grace, Noah, Æthelred",
           "Smith, O'Brien, MacDonald, Nguyen, Brown, Fitzgerald-Jones, St. John, Lee, Taylor, Wu"),
    "de": ("Jürgen, Anneliese, Björn, Käthe, Hanna, Jörg-Peter, Mia",
           "Müller, Schäfer, Groß, von der Heide, Weiß, Köhler, Özdemir, Meyer-Landrut"),
    "fr": ("Zoé, François, Chloé, Jean-Baptiste, Maëlle, Noël, Léa, Gaël",
           "Lefèvre, d'Aubigné, Dubois, Le Goff, Béranger, Nuñez, L'Hôpital, Gagné"),
    "es": ("José María, Lucía, Íñigo, Sofía, Andrés, Begoña", "García Márquez, Núñez, Ibáñez, de la Cruz, Muñoz, Peña"),
    "it": ("Niccolò, Giulia, Matteo, Chiara, Gesù", "D'Angelo, Forlì, Rossi, De Santis, Però"),
    "pt": ("João, Conceição, Inês, Tomás, Luís", "Gonçalves, da Silva, Magalhães, Assunção, Sá"),
    "pl": ("Łukasz, Małgorzata, Świętosława, Zbigniew, Wojciech", "Wiśniewska, Żółć, Dąbrowski, Szczęsny, Król"),
    "cs": ("Jiří, Věra, Ondřej, Zdeňka", "Dvořák, Nováková, Svěrák, Růžička"),
    "sv": ("Åsa, Björn, Örjan, Linnéa", "Sjöström, Åkesson, Lindqvist, Ångström"),
    "nl": ("Daniël, Anke, Sjoerd, Zoë", "van der Berg, 't Hooft, de Vries, IJsselstein"),
    "tr": ("İbrahim, Şeyma, Çağla, Özgür", "Yılmaz, Işık, Güneş, Doğan"),
    "el": ("Γιώργος|giorgos, Ελένη|eleni, Νίκος|nikos", "Παπαδόπουλος|papadopoulos, Ιωάννου|ioannou, Δήμου|dimou"),
    "uk": ("Оксана|oksana, Андрій|andrii, Юлія|yuliia", "Шевченко|shevchenko, Ковальчук|kovalchuk, Їжак|yizhak"),
    "ja": ("太郎|taro, 花子|hanako, さくら|sakura, ケン|ken", "佐藤|sato, 鈴木|suzuki, 髙橋|takahashi, 𠮷田|yoshida"),
    "zh": ("伟|wei, 芳|fang, 小明|xiaoming", "王|wang, 李|li, 欧阳|ouyang"),
    "ko": ("민준|minjun, 서연|seoyeon, 지우|jiwoo", "김|kim, 이|lee, 박|park"),
    "hi": ("आरव|aarav, प्रिया|priya, राज|raj", "शर्मा|sharma, पटेल|patel, सिंह|singh"),
    "he": ("יוסף|yosef, נועה|noa, דוד|david", "כהן|cohen, לוי|levi, מזרחי|mizrahi"),
    "ar": ("محمد|mohammed, فاطمة|fatima, ليلى|layla", "الأحمد|alahmad, حسن|hassan, بن زايد|binzayed"),
    "vi": ("Thị Hương, Văn Đức, Ngọc Ánh", "Nguyễn, Trần, Đặng"),
}  # fmt: skip

BY_LANGUAGE = {language: (_names(first), _names(last)) for language, (first, last) in _LISTINGS.items()}

ODD = (
    ('"Bobby" O\'Tables; DROP', "<b>Test</b> & Söhne"),
    ("Nyota 🚀", "⚡ Uhura"),
    ("Wolfeschlegelsteinhausenbergerdorff" * 4, "Keihanaikukauakahihuliheekahaunaele" * 5),
    ("Zero\u200dWidth", "Non\u00a0Breaking"),
    ("e\u0301milie", "Combining\u0308"),
    ("👩‍👩‍👧‍👦", "Family"),
    ("  Spaces  ", "Tab\there"),
    ("null", "undefined"),
    ("=SUM(A1:A9)", "@formula"),
    ("Back\\slash", "For/ward"),
)
"""Names that break careless software; every one of them has been typed into a shop by somebody."""

COMPANIES = (
    "Acme & Sons Ltd.",
    "Bäckerei Grün GmbH & Co. KG",
    "Société Générale d'Épicerie",
    "株式会社サンプル",
    'O\'Neill "Quality" Goods, Inc.',
)

NOTES = (
    "Prefers delivery after 17:00",
    "VIP 🌟 — call before shipping",
    'Line one\nLine two\r\nLine "three"',
    "Allergic to nuts 🥜; no samples",
    "Großkunde, Rechnung per Post",
    "長い付き合いのお客様",
    "ملاحظة: العميل يفضل الاتصال مساءً",
    "Returned twice. \\ / ' \" ` <script>alert(1)</script>",
    "long " * 400,
)

CUSTOMER_TAGS = (
    "VIP",
    "wholesale",
    "newsletter",
    "b2b",
    "press",
    "employee",
    "Größe-XL",
    "été 2025",
    "loyal",
    "no-returns",
    "priority ⭐",
)

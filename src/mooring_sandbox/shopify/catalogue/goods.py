"""The words that products are made of."""

from __future__ import annotations

from typing import NamedTuple


class Sort(NamedTuple):
    """One sort of goods: its product type, words for titles, options, price range and customs code."""

    type: str
    nouns: tuple[str, ...]
    options: tuple[tuple[str, tuple[str, ...]], ...]
    low: int
    high: int
    grams: int
    customs: str


_SIZES = ("XS", "S", "M", "L", "XL", "XXL", "3XL")
_COLOURS = ("Black", "White", "Navy", "Grün", "Rosé", "Off-White / Écru", "Heather Grey", "真紅")

SORTS = (
    Sort(
        "T-Shirts", ("Tee", "Longsleeve", "Ringer Tee"), (("Size", _SIZES), ("Color", _COLOURS)), 15, 45, 180, "610910"
    ),
    Sort(
        "Knitwear", ("Pullover", "Cardigan", "Béret"), (("Size", _SIZES), ("Color", _COLOURS)), 49, 180, 420, "611020"
    ),
    Sort(
        "Shoes",
        ("Sneaker", "Chelsea Boot", "Clog"),
        (("EU size", ("36", "37", "38", "39", "40", "41½", "42", "43")),),
        69,
        240,
        900,
        "640399",
    ),
    Sort(
        "Coffee",
        ("Espresso Blend", "Filter Roast", "Décaf"),
        (("Weight", ("250 g", "500 g", "1 kg")), ("Grind", ("Whole bean", "Espresso", "Filter"))),
        9,
        38,
        500,
        "090121",
    ),
    Sort("Tea", ("Sencha", "Oolong", "Kräutertee"), (("Weight", ("50 g", "100 g", "250 g")),), 5, 30, 100, "090210"),
    Sort(
        "Ceramics",
        ("Mug", "Plate", "Vase", "茶碗"),
        (("Glaze", ("Matte", "Glossy", "Celadon")),),
        14,
        95,
        650,
        "691200",
    ),
    Sort(
        "Furniture",
        ("Stool", "Side Table", 'Shelf "Nº 5"'),
        (("Wood", ("Oak", "Walnut", "Ash")), ("Finish", ("Oiled", "Lacquered"))),
        120,
        1900,
        9000,
        "940360",
    ),
    Sort(
        "Stationery",
        ("Notebook", "Fountain Pen", "Cahier"),
        (("Ruling", ("Plain", "Lined", "Dotted")), ("Format", ("A6", "A5", "B5"))),
        4,
        60,
        220,
        "482010",
    ),
    Sort(
        "Posters",
        ("Print", "Poster", "Linocut"),
        (("Size", ("30×40 cm", "50×70 cm", "70×100 cm")), ("Frame", ("None", "Oak", "Black"))),
        19,
        160,
        300,
        "491191",
    ),
    Sort("Skin care", ("Balm", "Face Oil", "Savon"), (("Volume", ("30 ml", "50 ml", "100 ml")),), 8, 75, 120, "330499"),
    Sort("", ("Thing", "Object", "Surprise 🎁"), (), 1, 20, 50, ""),
)

ADJECTIVES = (
    "Harbour",
    "Nordic",
    "Everyday",
    "Grandma's",
    "Ocean",
    "Léger",
    "Süße",
    "No. 7",
    "Midnight ✨",
    "Café",
    "Old & New",
    "Ultra-Light",
    "東京",
    "Limited <Edition>",
    "50% Linen",
)

VENDORS = (
    "Northwind Works",
    "Atelier Müller",
    "Levain & Fils",
    "O'Hara Bros.",
    "和紙堂",
    "Łódź Supply",
    "Own brand",
    'Bar "Quote" Co.',
)

PRODUCT_TAGS = (
    "new",
    "sale",
    "bestseller",
    "bio",
    "vegan",
    "handmade",
    "gift idea",
    "Größe wählbar",
    "winter 2025",
    "clearance",
    "été",
)

ORIGINS = ("PT", "DE", "JP", "IN", "US", "VN", "IT", None)

DESCRIPTIONS = (
    "<p>Made to last, and easy to <strong>mend</strong>.</p>",
    "<h3>Details</h3><ul><li>Wash at 30&nbsp;°C</li><li>Do not tumble dry</li></ul>",
    '<p>Für drinnen &amp; draußen — <em>seit 1904</em>.</p>\n<p>Zweite Zeile, mit "Anführungszeichen".</p>',
    "",
    "<p>毎日使える器です。</p>",
    "<p>Line<br>break</p><table><tr><td>Height</td><td>9&quot;</td></tr></table>",
    "<p>" + "A long story about a small thing. " * 60 + "</p>",
)

GIANT_OPTIONS = (
    ("Width", tuple(f"{width} cm" for width in range(40, 120, 5))),
    ("Height", tuple(f"{height} cm" for height in range(60, 220, 10))),
    ("Fabric", ("Linen", "Cotton", "Wool", "Velvet", "Hemp", "Silk", "Denim", "Felt")),
)
"""16 x 16 x 8 = 2,048: as many variants as Shopify allows a product."""

"""Shopify's CSV exports become a shop; what is wrong in them is named cell by cell, and then nothing is loaded."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from mooring_sandbox.shopify import csv_import
from mooring_sandbox.shopify.catalogue import shop_doc
from mooring_sandbox.shopify.catalogue.laws import broken
from mooring_sandbox.shopify.csv_import import CsvRefused, Loaded, load
from mooring_sandbox.shopify.state import State

SAMPLES = Path(csv_import.__file__).parents[1] / "samples"
REAL = Path(__file__).parents[3] / "shared" / "data"
PRODUCTS, CUSTOMERS, ORDERS = (SAMPLES / f"{kind}.csv" for kind in ("products", "customers", "orders"))


@pytest.fixture
def state() -> State:
    state = State()
    state.add_shop(1, "harbour", shop_doc("harbour", 1, shop_id=1, as_of="2026-10-01T00:00:00Z"))
    return state


def written(header: str, *rows: dict[str, str], **options: Any) -> bytes:
    """A CSV file with these columns; each row names the cells it fills."""
    out = io.StringIO()
    writer = csv.DictWriter(out, header.split(","), restval="", **options)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def errors(state: State, **files: Any) -> list[str]:
    with pytest.raises(CsvRefused) as refused:
        load(state, 1, **files)
    for type_ in ("Product", "ProductVariant", "InventoryItem", "Customer", "Order", "Location"):
        assert state.count(1, type_) == 0, "with errors nothing is written"
    return [str(error) for error in refused.value.errors]


# -- what good files make -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "products", "variants"),
    [("products-apparel", 20, 22), ("products-home-and-garden", 20, 21)],
)
def test_real_exports_load_completely(state: State, name: str, products: int, variants: int) -> None:
    if not (path := REAL / f"{name}.csv").exists():
        pytest.skip("../shared/data is not here")
    assert load(state, 1, products=path) == Loaded(products=products, variants=variants)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [p["handle"] for p in state.scan(1, "Product")] == list(dict.fromkeys(row["Handle"] for row in rows))
    told = [(row["Variant Price"], row["Option1 Value"]) for row in rows]
    made = [(v["price"], v["selectedOptions"][0]["value"]) for v in state.scan(1, "ProductVariant")]
    assert [(float(price), value) for price, value in made] == [(float(price), value) for price, value in told]


def test_our_own_samples_load(state: State) -> None:
    loaded = load(state, 1, products=PRODUCTS, customers=CUSTOMERS, orders=ORDERS)
    assert loaded == Loaded(products=6, variants=10, customers=6, orders=6)
    assert state.count(1, "InventoryItem") == 10 and state.count(1, "Location") == 2


def test_the_same_files_make_the_same_shop(state: State) -> None:
    other = State()
    other.add_shop(1, "harbour", shop_doc("harbour", 1, shop_id=1, as_of="2026-10-01T00:00:00Z"))
    for each in (state, other):
        load(each, 1, products=PRODUCTS, customers=CUSTOMERS, orders=ORDERS)
    ids = "SELECT type, id FROM record ORDER BY type, id"
    assert state.db.execute(ids).fetchall() == other.db.execute(ids).fetchall()


def test_product_columns_arrive(state: State) -> None:
    load(state, 1, products=PRODUCTS)
    tee, coffee, bowl, card, stool, poster = state.scan(1, "Product")
    assert tee["descriptionHtml"] == "<p>Heavy cotton, cut straight.\nWash at 30 °C.</p>"
    assert (tee["tags"], tee["vendor"], tee["productType"]) == (["bestseller", "bio"], "Northwind Works", "T-Shirts")
    assert [(o["name"], o["values"]) for o in tee["options"]] == [("Size", ["S", "M"]), ("Color", ["Navy", "White"])]
    assert [m["image"]["url"][-8:] for m in tee["media"]] == ["navy.jpg", "hite.jpg", "back.jpg"]
    assert [p["status"] for p in (tee, stool, poster)] == ["ACTIVE", "DRAFT", "ARCHIVED"]
    assert card["isGiftCard"] and not tee["isGiftCard"] and bowl["title"] == "茶碗"
    first, _, third = state.scan(1, "ProductVariant", parent=tee["id"])
    assert (first["title"], first["sku"], first["barcode"], first["price"]) == (
        "S / Navy",
        "TEE-S-NVY",
        "4006381333931",
        "29.90",
    )
    assert (third["compareAtPrice"], third["inventoryPolicy"], third["inventoryQuantity"]) == ("39.90", "CONTINUE", 0)
    items = {item["variantId"]: item for item in state.scan(1, "InventoryItem")}
    assert items[first["id"]]["unitCost"] == {"amount": "9.8", "currencyCode": "EUR"} and items[first["id"]]["tracked"]
    assert items[first["id"]]["measurement"]["weight"] == {"value": 180.0, "unit": "GRAMS"}
    (kilo,) = [v for v in state.scan(1, "ProductVariant", parent=coffee["id"]) if v["title"] == "1 kg"]
    assert items[kilo["id"]]["measurement"]["weight"] == {"value": 1.0, "unit": "KILOGRAMS"}
    (old,) = state.scan(1, "ProductVariant", parent=poster["id"])
    assert old["sku"] == "00042", "the apostrophe is Shopify's guard against spreadsheets, not part of the SKU"


def test_customer_columns_arrive(state: State) -> None:
    load(state, 1, customers=CUSTOMERS)
    kaethe, liam, _, bare, francois, zoe = state.scan(1, "Customer")
    assert kaethe["id"] == "gid://shopify/Customer/7105550000101"
    assert kaethe["addressesV2"][0]["zip"] == "02826" and kaethe["addressesV2"][0]["country"] == "Germany"
    assert kaethe["defaultEmailAddress"]["marketingState"] == "SUBSCRIBED" and kaethe["tags"] == ["VIP", "newsletter"]
    assert kaethe["amountSpent"] == {"amount": "96.3", "currencyCode": "EUR"} and kaethe["numberOfOrders"] == "1"
    assert liam["email"] == "liam.obrien@example.org" and liam["taxExempt"]
    assert liam["note"] == 'Wholesale since 2019.\nTerms: "net 30"'
    assert bare["addressesV2"] == [] and bare["defaultAddressId"] is None and bare["firstName"] is None
    assert francois["defaultEmailAddress"] is None and francois["defaultPhoneNumber"]["marketingState"] == "SUBSCRIBED"
    assert zoe["lastName"] == "'t Hooft" and zoe["note"] == "🌷"


def test_the_older_customer_format_is_read(state: State) -> None:
    columns = (
        "First Name,Last Name,Email,Company,Address1,Address2,City,Province,Province Code,Country,Country Code,Zip,"
        "Phone,Accepts Marketing,Total Spent,Total Orders,Tags,Note,Tax Exempt"
    )
    row = {"First Name": "Ann", "Email": "ann@example.com", "City": "Austin", "Province": "Texas",
           "Province Code": "TX", "Country": "United States", "Country Code": "US",
           "Accepts Marketing": "yes"}  # fmt: skip
    load(state, 1, customers=written(columns, row))
    (ann,) = state.scan(1, "Customer")
    assert ann["addressesV2"][0]["province"] == "Texas" and ann["addressesV2"][0]["countryCodeV2"] == "US"
    assert ann["defaultEmailAddress"]["marketingState"] == "SUBSCRIBED"


def test_orders_add_up_to_what_the_export_says(state: State) -> None:
    load(state, 1, products=PRODUCTS, customers=CUSTOMERS, orders=ORDERS)
    orders = {order["name"]: order for order in state.scan(1, "Order")}
    assert [law for order in orders.values() for law in broken(order)] == []
    told = {row["Name"]: row for row in csv.DictReader(io.StringIO(ORDERS.read_text("utf-8"))) if row["Total"]}
    for name, row in told.items():
        for column, total in (("Subtotal", "subtotalPrice"), ("Taxes", "totalTax"), ("Total", "totalPrice")):
            assert float(orders[name][f"{total}Set"]["shopMoney"]["amount"]) == float(row[column]), (name, column)
    statuses = {name: order["displayFinancialStatus"].lower() for name, order in orders.items()}
    assert statuses == {name: row["Financial Status"] for name, row in told.items()}
    assert orders["#1001"]["taxesIncluded"] and orders["#1001"]["discountCode"] == "SOMMER-2026"
    assert orders["#1001"]["customAttributes"] == [
        {"key": "delivery_date", "value": "2026-08-16"},
        {"key": "gift", "value": "yes"},
    ]
    assert orders["#1001"]["createdAt"] == "2026-08-14T08:01:58Z" and orders["#1001"]["tags"] == ["VIP", "express"]
    assert orders["#1002"]["totalRefundedSet"]["shopMoney"]["amount"] == "12.0"
    assert orders["#1005"]["cancelledAt"] == "2026-09-21T15:00:00Z"
    assert orders["#1006"]["totalTipReceivedSet"]["shopMoney"]["amount"] == "3.0"


def test_orders_find_their_customers_and_products(state: State) -> None:
    load(state, 1, products=PRODUCTS, customers=CUSTOMERS, orders=ORDERS)
    orders = {order["name"]: order for order in state.scan(1, "Order")}
    customers = {customer["email"]: customer for customer in state.scan(1, "Customer")}
    variants = {variant["id"]: variant for variant in state.scan(1, "ProductVariant")}
    assert orders["#1001"]["customerId"] == customers["kaethe.schaefer@example.com"]["id"]
    assert orders["#1003"]["customerId"] is None
    assert [
        variants[line["variantId"]]["sku"] if line["variantId"] else None for line in orders["#1001"]["lineItems"]
    ] == ["TEE-S-NVY", "TEE-M-WHT", None]
    by_name = orders["#1005"]["lineItems"][0]
    assert by_name["variantId"] and by_name["sku"] is None, "without a SKU the name decides"
    assert orders["#1006"]["lineItems"][0]["isGiftCard"]
    assert customers["kaethe.schaefer@example.com"]["amountSpent"]["amount"] == "93.7", "the orders loaded count"
    assert customers["kaethe.schaefer@example.com"]["lastOrderId"] == orders["#1001"]["id"]


def test_a_shared_sku_links_nothing_but_the_name_may(state: State) -> None:
    header = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price"
    products = written(
        header, {"Handle": "a", "Title": "A", "Variant SKU": "X"}, {"Handle": "b", "Title": "B", "Variant SKU": "X"}
    )
    row = {"Name": "#1", "Currency": "EUR", "Total": "2", "Created at": "2026-01-01 00:00:00 +0000",
           "Lineitem quantity": "1", "Lineitem price": "1", "Lineitem sku": "X"}  # fmt: skip
    header = "Name,Currency,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku"
    load(
        state,
        1,
        products=products,
        orders=written(header, {**row, "Lineitem name": "B"}, {**row, "Total": "", "Lineitem name": "C"}),
    )
    (order,) = state.scan(1, "Order")
    titles = {p["id"]: p["title"] for p in state.scan(1, "Product")}
    assert [titles.get(line["productId"]) for line in order["lineItems"]] == ["B", None]


# -- how files are written ------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_usual_encodings_delimiters_and_line_ends(state: State, encoding: str, delimiter: str, ending: str) -> None:
    row = {"Handle": "grun", "Title": 'Grün, "süß"; weiß', "Body (HTML)": f"one{ending}two", "Variant Price": "1.50"}
    raw = written("Handle,Title,Body (HTML),Variant Price", row, delimiter=delimiter, lineterminator=ending)
    load(state, 1, products=raw.decode().encode(encoding))
    (product,) = state.scan(1, "Product")
    assert (product["title"], product["descriptionHtml"]) == ('Grün, "süß"; weiß', f"one{ending}two")


def test_huge_cells_and_blank_rows(state: State) -> None:
    story = "x" * 3_000_000
    raw = written("Title,Handle,Unheard Of,Body (HTML)", {"Handle": "a", "Title": "A", "Body (HTML)": story}, {})
    load(state, 1, products=raw)
    (product,) = state.scan(1, "Product")
    assert product["descriptionHtml"] == story


def test_a_header_alone_is_an_empty_shop(state: State) -> None:
    assert load(state, 1, products=b"Handle,Title\n") == Loaded()


# -- what is wrong ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "raw", "told"),
    [
        ("products", b"", ": expected a header row with the columns Handle, Title; the file is empty"),
        ("products", b"Handle,Vendor\na,b\n", ", row 1, column 'Title': expected this column, it is required"),
        ("customers", b"Name\na\n", ", row 1, column 'Email': expected this column, it is required"),
        ("products", b'Handle,Title\na,"b\n', ", row 2: expected cells in matching quotes (unexpected end of data)"),
        ("products", b"Handle,Title\na,b,c\n", ", row 2: expected no more cells than the header has (2), found '3'"),
    ],
)
def test_bad_files_are_named(state: State, kind: str, raw: bytes, told: str) -> None:
    assert errors(state, **{kind: raw}) == [f"{kind}.csv{told}"]


def test_a_file_that_is_not_there(state: State, tmp_path: Path) -> None:
    assert errors(state, products=tmp_path / "none.csv") == [
        "none.csv: expected a readable file (No such file or directory)"
    ]


PRODUCT = {"Handle": "a", "Title": "A", "Option1 Name": "Size", "Option1 Value": "S", "Variant Price": "1.00"}


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("Variant Price", "1,50", "expected an amount such as 12.50, at most 2 decimals, found '1,50'"),
        ("Variant Price", "1.505", "expected an amount such as 12.50, at most 2 decimals, found '1.505'"),
        ("Variant Price", "-1", "expected an amount such as 12.50, at most 2 decimals, found '-1'"),
        ("Cost per item", "cheap", "expected an amount such as 12.50, at most 2 decimals, found 'cheap'"),
        ("Variant Inventory Qty", "1.5", "expected a whole number, found '1.5'"),
        ("Variant Grams", "-3", "expected a whole number of at least 0, found '-3'"),
        ("Variant Inventory Policy", "maybe", "expected one of deny, continue, found 'maybe'"),
        ("Variant Taxable", "ja", "expected yes or no (true or false), found 'ja'"),
        ("Variant Weight Unit", "stone", "expected one of kg, g, lb, oz, found 'stone'"),
        ("Status", "live", "expected one of active, draft, archived, unlisted, found 'live'"),
        ("Handle", "", "expected the handle of a product"),
        ("Title", "", "expected a title on the first row of a product"),
        ("Option1 Value", "", "expected a value for the option 'Size'"),
    ],
)  # fmt: skip
def test_bad_product_cells_are_named(state: State, column: str, cell: str, expected: str) -> None:
    more = "Variant Inventory Qty,Variant Grams,Variant Taxable,Cost per item,Variant Inventory Policy"
    header = f"{','.join(PRODUCT)},{more},Variant Weight Unit,Status"
    (told,) = errors(state, products=written(header, {**PRODUCT, column: cell}))
    assert told.startswith(f"products.csv, row 2, column {column!r}: {expected}")


def test_every_error_of_every_file_is_told_at_once(state: State) -> None:
    products = written(
        "Handle,Title,Variant Price",
        {"Handle": "a", "Title": "A", "Variant Price": "x"},
        {"Handle": "b", "Title": "B", "Variant Price": "y"},
    )
    customers = written("Email,Total Orders", {"Email": "nobody"}, {"Email": "a@example.com", "Total Orders": "many"})
    told = errors(state, products=products, customers=customers)
    assert [line.split(":")[0] for line in told] == [
        "products.csv, row 2, column 'Variant Price'", "products.csv, row 3, column 'Variant Price'",
        "customers.csv, row 2, column 'Email'", "customers.csv, row 3, column 'Total Orders'",
    ]  # fmt: skip


def test_handles_and_options_are_used_once(state: State) -> None:
    other = {**PRODUCT, "Handle": "b", "Title": "B"}
    told = errors(
        state,
        products=written(
            ",".join(PRODUCT),
            PRODUCT,
            {**PRODUCT, "Title": ""},
            other,
            PRODUCT,
            {**other, "Handle": "c", "Title": "C"},
            {**other, "Handle": "c"},
        ),
    )
    assert [line.split(": expected ")[1] for line in told] == [
        "a variant unlike the one in row 2, found 'S'",
        "a handle not used before; 'a' began in row 2, its rows must stand together, found 'a'",
        "the title of 'c' as in row 6, or nothing: one handle, one product, found 'B'",
        "a variant unlike the one in row 6, found 'S'",
    ]


def test_more_variants_than_shopify_allows(state: State) -> None:
    rows = [{**PRODUCT, "Title": "A" if at == 0 else "", "Option1 Value": str(at)} for at in range(2049)]
    assert errors(state, products=written(",".join(PRODUCT), *rows)) == [
        "products.csv, row 2050, column 'Handle': expected at most 2048 variants of one product, found 'a'"
    ]


STATUSES = "paid, pending, authorized, partially_paid, partially_refunded, refunded, voided, expired, unpaid"
ORDER = {"Name": "#1", "Currency": "EUR", "Subtotal": "10.00", "Shipping": "0", "Taxes": "0", "Total": "10.00",
         "Created at": "2026-01-01 00:00:00 +0000", "Lineitem quantity": "1", "Lineitem name": "A",
         "Lineitem price": "10.00",
         "Financial Status": "paid", "Refunded Amount": "", "Billing Country": "DE", "Phone": "",
         "Cancelled at": ""}  # fmt: skip


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("Created at", "yesterday", "expected a date such as 2026-05-01 10:30:00 +0200, found 'yesterday'"),
        ("Cancelled at", "soon", "expected a date such as 2026-05-01 10:30:00 +0200, found 'soon'"),
        ("Created at", "", "expected a date such as 2026-05-01 10:30:00 +0200, found nothing"),
        ("Currency", "Euro", "expected a currency code such as EUR, found 'Euro'"),
        ("Lineitem quantity", "0", "expected a whole number of at least 1, found '0'"),
        ("Lineitem price", "", "expected an amount such as 12.50, found nothing"),
        ("Lineitem name", "", "expected at least one line item, found nothing"),
        ("Subtotal", "11.00", "expected no more than the order's lines cost, found '11.00'"),
        ("Total", "9.00", "expected at least Subtotal + Shipping + Duties, found '9.00'"),
        ("Refunded Amount", "10.01", "expected no more than was paid (10.00), found '10.01'"),
        ("Financial Status", "free", f"expected one of {STATUSES}, found 'free'"),
        ("Billing Country", "Germany", "expected a country code of two letters, such as DE, found 'Germany'"),
        ("Phone", "call me", "expected a telephone number such as +4930123456, found 'call me'"),
    ],
)  # fmt: skip
def test_bad_order_cells_are_named(state: State, column: str, cell: str, expected: str) -> None:
    told = errors(state, orders=written(",".join(ORDER), {**ORDER, column: cell}))
    assert told == [f"orders.csv, row 2, column {column!r}: {expected}"]


@pytest.mark.parametrize(
    ("taxes", "named", "taxed"),
    [
        ("1.90", {"Tax 1 Name": "VAT 19%", "Tax 1 Value": "1.90"}, [["1.26"], ["0.64"], []]),
        ("2.85", {"Tax 1 Name": "VAT 19%", "Tax 1 Value": "2.85"}, [["1.26"], ["0.64"], ["0.95"]]),
        ("1.91", {"Tax 1 Name": "VAT 19%", "Tax 1 Value": "1.91"}, [["1.27"], ["0.64"], []]),
        ("1.50", {"Tax 1 Name": "VAT 19%", "Tax 1 Value": "1.27", "Tax 2 Name": "VAT 7%", "Tax 2 Value": "0.23"},
         [["1.27"], ["0.23"], []]),
        ("0.99", {"Tax 1 Name": "Tax", "Tax 1 Value": "0.99"}, [["0.44"], ["0.22"], ["0.33"]]),
    ],
)  # fmt: skip
def test_taxes_stand_on_the_lines_that_their_rate_fits(state: State, taxes: str, named: dict[str, str], taxed) -> None:
    """Goods of 6.67 and 3.33, shipping of 5.00, taxes on top."""
    sums = {"Shipping": "5.00", "Taxes": taxes, "Total": f"{15 + float(taxes):.2f}"}
    told = dict.fromkeys(("Tax 1 Name", "Tax 1 Value", "Tax 2 Name", "Tax 2 Value"), "") | named
    first = {**ORDER, **sums, **told, "Lineitem price": "6.67"}
    second = {"Name": "#1", "Lineitem quantity": "1", "Lineitem name": "B", "Lineitem price": "3.33"}
    load(state, 1, orders=written(",".join(first), first, {**dict.fromkeys(first, ""), **second}))
    (order,) = state.scan(1, "Order")
    lines = [*order["lineItems"], *order["shippingLines"]]
    amounts = [[f"{float(tax['priceSet']['shopMoney']['amount']):.2f}" for tax in line["taxLines"]] for line in lines]
    assert amounts == taxed
    assert not order["taxesIncluded"] and broken(order) == []


@pytest.mark.parametrize(
    ("own", "offs", "code"),
    [("0", [["2.00"], ["1.00"]], "TEN"), ("1.50", [["1.17"], ["1.50", "0.33"]], "TEN"), ("3.00", [[], ["3.00"]], None),
     ("3.01", [["2.00"], ["1.00"]], "TEN"), ("3.34", [["2.00"], ["1.00"]], "TEN")],
)  # fmt: skip
def test_a_discount_of_a_line_stays_on_it(state: State, own: str, offs: list[list[str]], code: str | None) -> None:
    """Goods of 6.67 and 3.33 for 7.00; a line that tells more than was taken off in all, or than it costs, is not
    believed."""
    first = {**ORDER, "Lineitem price": "6.67", "Subtotal": "7.00", "Total": "7.00", "Discount Code": "TEN",
             "Lineitem discount": "0"}  # fmt: skip
    second = {"Name": "#1", "Lineitem quantity": "1", "Lineitem name": "B", "Lineitem price": "3.33",
              "Lineitem discount": own}  # fmt: skip
    load(state, 1, orders=written(",".join(first), first, {**dict.fromkeys(first, ""), **second}))
    (order,) = state.scan(1, "Order")
    found = [[f"{float(one['allocatedAmountSet']['shopMoney']['amount']):.2f}" for one in line["discountAllocations"]]
             for line in order["lineItems"]]  # fmt: skip
    assert (found, order["discountCode"], broken(order)) == (offs, code, [])


def test_what_the_shop_already_has_is_not_loaded_twice(state: State) -> None:
    load(state, 1, products=PRODUCTS, customers=CUSTOMERS, orders=ORDERS)
    before = state.db.execute("SELECT count(*), max(id) FROM record").fetchone()
    with pytest.raises(CsvRefused) as refused:
        load(state, 1, products=PRODUCTS, customers=CUSTOMERS, orders=ORDERS)
    assert len(refused.value.errors) == 18
    assert "column 'Handle'" in str(refused.value)
    assert state.db.execute("SELECT count(*), max(id) FROM record").fetchone() == before


def test_only_the_first_errors_are_spelled_out(state: State) -> None:
    rows = [{"Handle": f"p{at}", "Title": "P", "Variant Price": "x"} for at in range(50)]
    with pytest.raises(CsvRefused, match="and 30 more") as refused:
        load(state, 1, products=written("Handle,Title,Variant Price", *rows))
    assert len(refused.value.errors) == 50

"""The ceiling: the same JSONL into the same tables, with nothing that makes an import safe. One process, one pass."""

# ruff: noqa: E501, E731
# pyright: basic, reportAttributeAccessIssue=false, reportCallIssue=false, reportArgumentType=false
import sqlite3
import sys
import time
from hashlib import blake2b
from itertools import islice

import msgspec
import psycopg

# fmt: off
PRAGMAS = ["journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", "temp_store=MEMORY", "cache_size=-65536"]
shape = lambda names, **parts: msgspec.defstruct("Shape", [*names.split(), *((name, part | None, None) for name, part in parts.items())], gc=False, rename={"parentId": "__parentId"})
number = lambda gid: int(gid.rpartition("/")[2].partition("?")[0])
low = lambda *parts: " ".join([part for part in parts if part]).casefold()
def put(db, table, columns, rows):
    if isinstance(db, sqlite3.Connection):
        db.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})", rows)
    elif rows:
        with db.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
            any(map(copy.write_row, rows))
bag = shape("", shopMoney=(money := shape("amount currencyCode")), presentmentMoney=money)
email, ref, count, phone = shape("emailAddress marketingState"), shape("id"), shape("count"), shape("phoneNumber", smsMarketingConsent=shape("state"))
none, root, named, STAMP, END = email(None, None), "id createdAt updatedAt tags", shape("firstName lastName"), "created_at updated_at historic search", "fetched_at content_hash body"
bags = {f"{name}Set": bag for name in ("totalPrice", "currentTotalPrice", "subtotalPrice", "totalTax", "totalDiscounts", "totalShippingPrice", "totalRefunded")}
KINDS = {  # gid type: table, columns, what is decoded, what is stored
    "Customer": ("customers", f"first_name last_name email phone email_key phone_key email_state sms_state orders_count amount_spent currency tags {STAMP}", shape(f"{root} firstName lastName numberOfOrders", amountSpent=money, defaultEmailAddress=email, defaultPhoneNumber=phone), lambda c: (c.firstName, c.lastName, (e := c.defaultEmailAddress or none).emailAddress, (p := c.defaultPhoneNumber or phone(None)).phoneNumber, (e.emailAddress or "").lower() or None, p.phoneNumber, e.marketingState, p.smsMarketingConsent and p.smsMarketingConsent.state, int(c.numberOfOrders), c.amountSpent.amount, c.amountSpent.currencyCode, (t := ", ".join(c.tags)), c.createdAt, c.updatedAt, True, low(c.firstName, c.lastName, e.emailAddress, p.phoneNumber, t))),
    "MailingAddress": ("addresses", "customer_id country_code", shape("id parentId countryCodeV2"), lambda a: (number(a.parentId), a.countryCodeV2)),
    "Order": ("orders", f"name customer_id email phone financial_status fulfillment_status currency presentment_currency total current_total presentment_total subtotal total_tax total_discounts total_shipping total_refunded taxes_included test source_name tags processed_at cancelled_at closed_at detail_due {STAMP}", shape(f"{root} name email phone displayFinancialStatus displayFulfillmentStatus currencyCode presentmentCurrencyCode taxesIncluded test sourceName processedAt cancelledAt closedAt refunds", customer=ref, billingAddress=named, shippingAddress=named, **bags), lambda o: (o.name, o.customer and number(o.customer.id), o.email, o.phone, o.displayFinancialStatus, o.displayFulfillmentStatus, o.currencyCode, o.presentmentCurrencyCode, o.totalPriceSet.shopMoney.amount, o.currentTotalPriceSet.shopMoney.amount, o.totalPriceSet.presentmentMoney.amount, *(b and b.shopMoney.amount for b in (o.subtotalPriceSet, o.totalTaxSet, o.totalDiscountsSet, o.totalShippingPriceSet, o.totalRefundedSet)), o.taxesIncluded, o.test, o.sourceName, (t := ", ".join(o.tags)), o.processedAt, o.cancelledAt, o.closedAt, bool(o.refunds), o.createdAt, o.updatedAt, True, low(o.name, o.email, o.phone, *((o.shippingAddress.firstName, o.shippingAddress.lastName) if o.shippingAddress else ()), t))),
    "LineItem": ("order_lines", "order_id product_id variant_id sku title quantity current_quantity unit_price currency", shape("id parentId sku title quantity currentQuantity", product=ref, variant=ref, originalUnitPriceSet=bag), lambda n: (number(n.parentId), n.product and number(n.product.id), n.variant and number(n.variant.id), n.sku, n.title, n.quantity, n.currentQuantity, n.originalUnitPriceSet.shopMoney.amount, n.originalUnitPriceSet.shopMoney.currencyCode)),
    "Product": ("products", f"title handle vendor product_type status variants_count total_inventory tags {STAMP}", shape(f"{root} title handle vendor productType status totalInventory", variantsCount=count), lambda p: (p.title, p.handle, p.vendor, p.productType, p.status, p.variantsCount.count, p.totalInventory, (t := ", ".join(p.tags)), p.createdAt, p.updatedAt, True, low(p.title, p.handle, p.vendor, p.productType, t))),
    "ProductVariant": ("variants", "product_id title sku barcode price compare_at_price inventory_quantity inventory_item_id position updated_at", shape("id parentId title sku barcode price compareAtPrice inventoryQuantity position updatedAt", inventoryItem=ref), lambda v: (number(v.parentId), v.title, v.sku, v.barcode, v.price, v.compareAtPrice, v.inventoryQuantity, v.inventoryItem and number(v.inventoryItem.id), v.position, v.updatedAt)),
    "Collection": ("collections", f"title handle smart products_count {STAMP}", shape("id updatedAt title handle", productsCount=count), lambda c: (c.title, c.handle, False, c.productsCount.count, None, c.updatedAt, True, low(c.title, c.handle))),
}
def main(database, store, fetched, *files):
    lite, lines, began = not database.startswith("postgres"), 0, time.perf_counter()
    db = sqlite3.connect(database, isolation_level=None) if lite else psycopg.connect(database, autocommit=True)
    any(not db.execute(f"PRAGMA {pragma}") for pragma in (PRAGMAS if lite else ()))
    readers, members = {kind: msgspec.json.Decoder(made[2]).decode for kind, made in KINDS.items()}, msgspec.json.decode
    for file in map(open, files, ["rb"] * len(files)):
        while chunk := list(islice(file, 4000)):
            rows, pairs = {kind: [] for kind in KINDS}, []
            for line in chunk:
                kind = line[24 : line.index(b"\\", 24)].decode()
                if kind == "Product" and "collections" in file.name:
                    pairs.append((store, *map(number, members(line).values())))
                else:
                    node = readers[kind](line)
                    rows[kind].append((store, number(node.id), *KINDS[kind][3](node), fetched, blake2b(line, digest_size=16).digest(), line.decode()))
            db.execute("BEGIN")
            for kind, made in rows.items():
                put(db, KINDS[kind][0], ["store_id", "shopify_id", *KINDS[kind][1].split(), *END.split()], made)
            put(db, "collection_products", ["store_id", "product_id", "collection_id"], pairs)
            db.execute("COMMIT")
            lines += len(chunk)
    print(f'{{"lines": {lines}, "seconds": {time.perf_counter() - began}}}')
main(*sys.argv[1:])

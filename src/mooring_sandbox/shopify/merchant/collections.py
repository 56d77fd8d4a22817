"""What a merchant does with collections; smart ones follow their rules whenever a product changes."""

from __future__ import annotations

from collections.abc import Iterable

from mooring_sandbox.shopify.catalogue.collections import rule_set
from mooring_sandbox.shopify.merchant.desk import Desk, Doc, Ref, act, full_id

_COLUMNS = {"TYPE": "productType", "VENDOR": "vendor", "TAG": "tags", "TITLE": "title"}


@act
def create_collection(
    desk: Desk, title: str, products: Iterable[Ref] = (), column: str | None = None, condition: str | None = None
) -> Doc:
    """Manual with these products, or smart: all whose `column` (TYPE, VENDOR, TAG, TITLE) equals `condition`."""
    if column is not None and (column not in _COLUMNS or condition is None):
        raise ValueError(f"a rule has a column ({', '.join(_COLUMNS)}) and a condition")
    id_ = desk.mint("Collection")
    doc: Doc = {
        "id": id_, "title": title, "handle": f"collection-{id_.rsplit('/', 1)[1]}", "descriptionHtml": "",
        "updatedAt": desk.now, "sortOrder": "BEST_SELLING" if column else "MANUAL", "templateSuffix": None,
        "seo": {"title": None, "description": None}, "ruleSet": rule_set(column, condition or "") if column else None,
        "productIds": [],
    }  # fmt: skip
    known = desk.state.scan(desk.shop_id, "Product") if column else (desk.find("Product", ref) for ref in products)
    doc["productIds"] = [product["id"] for product in known if not column or _holds(doc, product)]
    return desk.keep("Collection", doc, "COLLECTIONS_CREATE")


@act
def edit_collection(
    desk: Desk, id: Ref, title: str | None = None, add: Iterable[Ref] = (), remove: Iterable[Ref] = ()
) -> Doc:
    doc = desk.find("Collection", id)
    adding, removing = [desk.find("Product", ref)["id"] for ref in add], {full_id("Product", ref) for ref in remove}
    if doc["ruleSet"] and (adding or removing):
        raise ValueError("a smart collection holds what its rules say")
    doc["productIds"] = [p for p in dict.fromkeys([*doc["productIds"], *adding]) if p not in removing]
    doc["title"] = title or doc["title"]
    return desk.keep("Collection", doc, "COLLECTIONS_UPDATE")


@act
def delete_collection(desk: Desk, id: Ref) -> Doc:
    return desk.drop("Collection", desk.find("Collection", id), "COLLECTIONS_DELETE")


def refile(desk: Desk, product: Doc) -> None:
    """Put a new or changed product into the smart collections it belongs to, and out of the others."""
    for each in list(desk.state.scan(desk.shop_id, "Collection")):
        if each["ruleSet"] and _holds(each, product) != (product["id"] in each["productIds"]):
            kept = [id_ for id_ in each["productIds"] if id_ != product["id"]]
            each["productIds"] = [*kept, product["id"]] if _holds(each, product) else kept
            desk.keep("Collection", each, "COLLECTIONS_UPDATE")


def unfile(desk: Desk, product_id: str) -> None:
    for each in list(desk.state.scan(desk.shop_id, "Collection")):
        if product_id in each["productIds"]:
            each["productIds"].remove(product_id)
            desk.keep("Collection", each, "COLLECTIONS_UPDATE")


def _holds(collection: Doc, product: Doc) -> bool:
    return all(_rule_holds(rule, product) for rule in collection["ruleSet"]["rules"])


def _rule_holds(rule: Doc, product: Doc) -> bool:
    told = product[_COLUMNS[rule["column"]]]
    return rule["condition"] in told if isinstance(told, list) else rule["condition"] == told

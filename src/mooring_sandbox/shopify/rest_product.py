"""Products, collections and stock in webhooks."""

from __future__ import annotations

from mooring_sandbox.shopify.rest_values import Json, head, joined, lower, number
from mooring_sandbox.shopify.state import Doc, State


def product(state: State, shop_id: int, doc: Doc) -> Json:
    variants = sorted(state.scan(shop_id, "ProductVariant", parent=doc["id"]), key=lambda v: v.get("position", 0))
    images = [_image(doc, at, image) for at, image in enumerate(doc.get("media") or [], 1)]
    return head(doc) | {
        "title": doc.get("title"),
        "body_html": doc.get("descriptionHtml"),
        "vendor": doc.get("vendor"),
        "product_type": doc.get("productType"),
        "handle": doc.get("handle"),
        "created_at": doc.get("createdAt"),
        "updated_at": doc.get("updatedAt"),
        "published_at": doc.get("publishedAt"),
        "published_scope": "global",
        "template_suffix": doc.get("templateSuffix"),
        "tags": joined(doc.get("tags")),
        "status": lower(doc.get("status")),
        "category": doc.get("category"),
        "has_variants_that_requires_components": bool(doc.get("hasVariantsThatRequiresComponents")),
        "options": [_option(doc, one) for one in doc.get("options") or []],
        "images": images,
        "image": images[0] if images else None,
        "media": images,
        "variants": [_variant(state, shop_id, doc, one) for one in variants],
        "variant_gids": [
            {"admin_graphql_api_id": one["id"], "updated_at": one.get("updatedAt")} for one in variants
        ],
    }  # fmt: skip


def _option(doc: Doc, option: Doc) -> Json:
    values = option.get("values") or [value.get("name") for value in option.get("optionValues") or []]
    return {
        "id": number(option.get("id")), "product_id": number(doc["id"]), "name": option.get("name"),
        "position": option.get("position"), "values": values,
    }  # fmt: skip


def _image(doc: Doc, position: int, media: Doc) -> Json:
    image = media.get("image") or media
    return {
        "id": number(media.get("id")), "product_id": number(doc["id"]), "position": position,
        "alt": media.get("alt") or image.get("altText"), "width": image.get("width"), "height": image.get("height"),
        "src": image.get("url"), "admin_graphql_api_id": media.get("id"),
    }  # fmt: skip


def _variant(state: State, shop_id: int, doc: Doc, variant: Doc) -> Json:
    chosen = [option.get("value") for option in variant.get("selectedOptions") or []]
    item = number(variant.get("inventoryItemId"))
    stocked = (state.get(shop_id, "InventoryItem", item) if item else None) or {}
    return head(variant) | {
        "product_id": number(doc["id"]),
        "title": variant.get("title"),
        "price": variant.get("price"),
        "compare_at_price": variant.get("compareAtPrice"),
        "position": variant.get("position"),
        "inventory_policy": lower(variant.get("inventoryPolicy")),
        "option1": chosen[0] if chosen else None,
        "option2": chosen[1] if len(chosen) > 1 else None,
        "option3": chosen[2] if len(chosen) > 2 else None,
        "created_at": variant.get("createdAt"),
        "updated_at": variant.get("updatedAt"),
        "taxable": bool(variant.get("taxable", True)),
        "barcode": variant.get("barcode"),
        "sku": variant.get("sku") or stocked.get("sku"),
        "inventory_item_id": item,
        "inventory_quantity": variant.get("inventoryQuantity", 0),
        "old_inventory_quantity": variant.get("inventoryQuantity", 0),
        "image_id": None,
    }


def collection(doc: Doc) -> Json:
    return head(doc) | {
        "handle": doc.get("handle"),
        "title": doc.get("title"),
        "updated_at": doc.get("updatedAt"),
        "body_html": doc.get("descriptionHtml"),
        "published_at": doc.get("publishedAt") or doc.get("updatedAt"),
        "sort_order": (doc.get("sortOrder") or "MANUAL").lower().replace("_", "-"),
        "template_suffix": doc.get("templateSuffix"),
        "published_scope": "global",
    }


def inventory_level(doc: Doc) -> Json:
    """No variant is named: whoever wants it looks the inventory item up."""
    quantities = {one["name"]: one["quantity"] for one in doc.get("quantities") or []}
    item = doc.get("inventoryItemId") or (doc.get("item") or {}).get("id")
    location = doc.get("locationId") or (doc.get("location") or {}).get("id")
    return {
        "inventory_item_id": number(item),
        "location_id": number(location),
        "available": quantities.get("available"),
        "updated_at": doc.get("updatedAt"),
        "admin_graphql_api_id": doc["id"],
    }


def inventory_item(doc: Doc) -> Json:
    cost = doc.get("unitCost") or {}
    return head(doc) | {
        "sku": doc.get("sku"),
        "created_at": doc.get("createdAt"),
        "updated_at": doc.get("updatedAt"),
        "requires_shipping": bool(doc.get("requiresShipping", True)),
        "cost": cost.get("amount"),
        "country_code_of_origin": doc.get("countryCodeOfOrigin"),
        "province_code_of_origin": doc.get("provinceCodeOfOrigin"),
        "harmonized_system_code": doc.get("harmonizedSystemCode"),
        "tracked": bool(doc.get("tracked")),
        "country_harmonized_system_codes": [],
    }


def location(doc: Doc) -> Json:
    where = doc.get("address") or {}
    return head(doc) | {
        "name": doc.get("name"),
        "address1": where.get("address1"),
        "address2": where.get("address2"),
        "city": where.get("city"),
        "zip": where.get("zip"),
        "province": where.get("province"),
        "country": where.get("countryCode"),
        "phone": where.get("phone"),
        "created_at": doc.get("createdAt"),
        "updated_at": doc.get("updatedAt"),
        "country_code": where.get("countryCode"),
        "country_name": where.get("country"),
        "province_code": where.get("provinceCode"),
        "legacy": False,
        "active": bool(doc.get("isActive", True)),
    }

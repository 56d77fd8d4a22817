"""The shop as the REST API words it: `shop.json` and the body of `app/uninstalled` and `shop/update`."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.shopify.state import Doc


def rest_shop(shop_id: int, domain: str, doc: Doc) -> dict[str, Any]:
    address = doc.get("billingAddress") or doc.get("shopAddress") or {}
    plan = doc.get("plan") or {}
    formats = doc.get("currencyFormats") or {}
    return {
        "id": shop_id,
        "name": doc.get("name"),
        "email": doc.get("email"),
        "customer_email": doc.get("contactEmail"),
        "domain": (doc.get("primaryDomain") or {}).get("host") or domain,
        "myshopify_domain": domain,
        "province": address.get("province"),
        "province_code": address.get("provinceCode"),
        "country": address.get("countryCodeV2"),
        "country_code": address.get("countryCodeV2"),
        "country_name": address.get("country"),
        "address1": address.get("address1"),
        "address2": address.get("address2"),
        "zip": address.get("zip"),
        "city": address.get("city"),
        "phone": address.get("phone"),
        "latitude": address.get("latitude"),
        "longitude": address.get("longitude"),
        "primary_locale": doc.get("$locale", "en"),
        "created_at": doc.get("createdAt"),
        "updated_at": doc.get("updatedAt") or doc.get("createdAt"),
        "currency": doc.get("currencyCode"),
        "enabled_presentment_currencies": doc.get("enabledPresentmentCurrencies") or [doc.get("currencyCode")],
        "timezone": f"(GMT{doc.get('timezoneOffset', '+0000')}) {doc.get('ianaTimezone', 'Etc/UTC')}",
        "iana_timezone": doc.get("ianaTimezone"),
        "shop_owner": doc.get("shopOwnerName"),
        "money_format": formats.get("moneyFormat"),
        "money_with_currency_format": formats.get("moneyWithCurrencyFormat"),
        "weight_unit": {"GRAMS": "g", "KILOGRAMS": "kg", "OUNCES": "oz", "POUNDS": "lb"}.get(
            doc.get("weightUnit", "KILOGRAMS"), "kg"
        ),
        "taxes_included": bool(doc.get("taxesIncluded")),
        "tax_shipping": bool(doc.get("taxShipping")),
        "county_taxes": True,
        "plan_display_name": plan.get("publicDisplayName") or plan.get("displayName"),
        "plan_name": (plan.get("displayName") or "basic").lower().replace(" ", "_"),
        "has_discounts": True,
        "has_gift_cards": True,
        "has_storefront": True,
        "setup_required": bool(doc.get("setupRequired")),
        "eligible_for_payments": True,
        "password_enabled": False,
        "marketing_sms_consent_enabled_at_checkout": bool(doc.get("marketingSmsConsentEnabledAtCheckout")),
        "transactional_sms_disabled": bool(doc.get("transactionalSmsDisabled")),
    }

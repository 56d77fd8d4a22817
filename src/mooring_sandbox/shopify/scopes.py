"""Access scopes: which exist, what implies what. Names as the 2026-07 and 2026-10 access lists word them."""

from __future__ import annotations

from collections.abc import Iterable

_KINDS = """
analytics_annotations apps assigned_fulfillment_orders capital cart_transforms cash_tracking
checkout_and_accounts_configurations checkout_settings checkouts companies content customer_data_erasure
customer_events customer_merge customer_payment_methods customers delivery_customizations delivery_promises discounts
draft_orders files financial_kyc_information fulfillment_constraint_rules fulfillments gift_card_transactions
gift_cards images inventory inventory_purchase_orders inventory_shipments inventory_shipments_received_items
inventory_transfers legal_policies locales locations marketing_events marketplace_fulfillment_orders
marketplace_orders marketplace_returns markets markets_home merchant_approval_signals
merchant_managed_fulfillment_orders metaobject_definitions metaobjects mobile_platform_applications
online_store_navigation online_store_pages order_edits orders own_subscription_contracts packing_slip_templates
payment_customizations payment_mandate payment_terms pixels point_of_sale_devices
pos_staff_member_event_attribution_overrides price_rules privacy_settings product_listings products publications
purchase_options quick_sale reports resource_feedbacks returns script_tags shipping shop_promise_program
shopify_payments shopify_payments_accounts shopify_payments_accounts_sensitive shopify_payments_bank_accounts
shopify_payments_dispute_evidences shopify_payments_disputes shopify_payments_legal_entities shopify_payments_payouts
shopify_payments_tooling store_credit_account_transactions store_credit_accounts taxes themes
third_party_fulfillment_orders translations users validations
"""

KNOWN = frozenset(f"{verb}_{kind}" for kind in _KINDS.split() for verb in ("read", "write")) | {"read_all_orders"}


def split(text: str) -> list[str]:
    """`"read_orders, write_orders"` as sent in a URL or a form: commas or blanks between, doubles dropped."""
    return list(dict.fromkeys(text.replace(",", " ").split()))


def unknown(scopes: Iterable[str]) -> list[str]:
    return [scope for scope in scopes if scope not in KNOWN]


def implied(scopes: Iterable[str]) -> frozenset[str]:
    """All that is allowed: writing implies reading."""
    named = frozenset(scopes)
    return named | {f"read_{scope[6:]}" for scope in named if scope.startswith("write_")}


def written(scopes: Iterable[str]) -> str:
    """As the token endpoint answers: sorted, without the reads that a write already implies."""
    named = frozenset(scopes)
    return ",".join(sorted(s for s in named if not (s.startswith("read_") and f"write_{s[5:]}" in named)))

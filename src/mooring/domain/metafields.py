"""The metafields Mooring writes at Shopify: every address in one place.

They are app-owned (`$app:…`: no other app sees or changes them; staff may look), their definitions are made by API
before the first value, and imports never ask for them, so that our own writing cannot make a record look changed.
"""

from __future__ import annotations

from dataclasses import dataclass

NAMESPACE = "$app:mooring"


@dataclass(frozen=True, slots=True)
class Definition:
    owner: str
    key: str
    type: str
    name: str
    description: str


ENGAGEMENT: dict[str, Definition] = {
    one.key: one
    for one in (
        Definition("CUSTOMER", "last_open_at", "date_time", "Last open", "When a message was last opened."),
        Definition("CUSTOMER", "last_click_at", "date_time", "Last click", "When an e-mail's link was last clicked."),
        Definition(
            "CUSTOMER", "last_sms_click_at", "date_time", "Last SMS click", "When an SMS's link was last clicked."
        ),
        Definition("CUSTOMER", "total_messages", "number_integer", "Total messages", "How many messages were sent."),
        Definition("CUSTOMER", "rfm", "single_line_text_field", "RFM group", "Recency, frequency, money."),
    )
}
"""By the name of the hub edit whose value it carries."""

ALL: tuple[Definition, ...] = tuple(ENGAGEMENT.values())
AT_ONCE = 25
"""Shopify takes so many values in one call, all or none."""

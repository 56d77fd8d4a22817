"""Pictures of products."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.shopify.catalogue import ids
from mooring_sandbox.shopify.catalogue.dice import Dice, stamp
from mooring_sandbox.shopify.state import gid, parse_gid

Doc = dict[str, Any]


def media(dice: Dice, shop_id: int, index: int, title: str, handle: str, created: int) -> list[Doc]:
    return [
        image(
            ids.numbered("MediaImage", shop_id, index * 8 + at),
            f"https://cdn.example.com/s/files/{shop_id}/products/{handle}-{at}.jpg",
            f"{title}, view {at + 1}" if dice.random() < 0.6 else None,
            stamp(created + at),
        )
        for at in range(dice.one((0, 1, 1, 1, 2, 3, 5)))
    ]


def image(id_: str, url: str, alt: str | None, created: str, size: tuple[int, int] = (1200, 1600)) -> Doc:
    """A picture as `Product.media` holds it."""
    parsed = parse_gid(id_)
    return {
        "__typename": "MediaImage", "id": id_, "alt": alt, "mediaContentType": "IMAGE", "status": "READY",
        "fileStatus": "READY", "mimeType": "image/jpeg", "createdAt": created, "updatedAt": created,
        "image": {"id": gid("ImageSource", parsed[1] if parsed else 0), "url": url, "altText": alt,
                  "width": size[0], "height": size[1]},
    }  # fmt: skip

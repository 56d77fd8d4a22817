"""Where webhooks may go: HTTPS, Pub/Sub, EventBridge. All that is wrong with an address, as recorded on 2026-04."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

_SHOPIFY = ("myshopify.com", "shopify.com", "shopifycloud.com", "myshopify.io", "shop.dev")
_MAX_BYTES = 65_535
_PUBSUB, _ARN = "pubsub://", "arn:aws:events:"
_PROJECT = re.compile(r"(\d+|[a-z][a-z0-9-]{4,28}[a-z0-9])\Z")
_TOPIC = re.compile(r"(?!goog)[A-Za-z][A-Za-z0-9._~+%-]{2,254}\Z")
_EVENT_SOURCE = re.compile(r"arn:aws:events:[\w-]+::event-source/aws\.partner/shopify\.com(?:\.\w+)?/(\d+)/\S+\Z")
_INVALID = "Address is invalid"


def is_cloud(uri: str) -> bool:
    return uri.startswith((_PUBSUB, _ARN))


def address_problems(uri: str, *, app_id: int, local: bool) -> list[str]:
    """`local` lets a rehearsal on one machine receive its webhooks there, over plain HTTP too."""
    if not uri:
        return ["Address can't be blank"]
    if uri.startswith(_PUBSUB):
        return _pubsub_problems(uri.removeprefix(_PUBSUB))
    if uri.startswith(_ARN):
        return _arn_problems(uri, app_id)
    problem = _web_problem(uri, local)
    problems = [problem] if problem else []
    if uri.startswith("kafka://"):
        problems.append("Address is not a valid kafka topic")
    if len(uri.encode()) > _MAX_BYTES:
        problems.append("Address is too big (maximum is 64 KB)")
    return problems


def _pubsub_problems(place: str) -> list[str]:
    project, _, topic = place.partition(":")
    if not project or not topic:
        wanted = "Address is not a valid GCP pub/sub format. Format should be pubsub://project:topic"
        return ["Address protocol pubsub:// is not supported", wanted]
    if not _PROJECT.match(project):
        return [_INVALID, "Address is not a valid GCP project id."]
    return [] if _TOPIC.match(topic) else [_INVALID, "Address is not a valid GCP topic id."]


def _arn_problems(uri: str, app_id: int) -> list[str]:
    found = _EVENT_SOURCE.match(uri)
    if found is None:
        return [_INVALID, "Address is not a valid AWS ARN"]
    if int(found[1]) == app_id:
        return []
    return [_INVALID, f"Address is an AWS ARN and includes api_client_id '{found[1]}' instead of '{app_id}'"]


def _web_problem(uri: str, local: bool) -> str | None:
    try:
        parts = urlsplit(uri)
    except ValueError:  # brackets that hold no IPv6 address
        return _INVALID
    if local and parts.hostname and is_internal(parts.hostname):
        return None
    if parts.scheme != "https" or not parts.hostname:
        return f"Address protocol {parts.scheme}:// is not supported" if parts.scheme not in ("", "https") else _INVALID
    if is_internal(parts.hostname) or any(parts.hostname == d or parts.hostname.endswith(f".{d}") for d in _SHOPIFY):
        return "Address cannot be a Shopify or an internal domain"
    return None


def is_internal(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal")) or "." not in host

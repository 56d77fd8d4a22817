"""Shop domains as people and machines write them; signatures that must not be forged."""

import base64
import hmac
from hashlib import sha256
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.domain.signing import (
    callback_is_genuine,
    is_shop_domain,
    parse_shop_domain,
    timestamp_is_fresh,
    webhook_is_genuine,
)
from mooring.errors import InvalidInput

SECRET = "shpss-not-a-real-one"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Store domain is required"),
        ("   ", "Store domain is required"),
        ("https://", "Store domain is required"),
        ("my store", "Invalid store domain format"),
        ("shop.example.com", "Invalid store domain format"),
        ("a.myshopify.com.evil.com", "Invalid store domain format"),
        ("a.myshopify.com@evil.com", "Invalid store domain format"),
        ("münchen", "Invalid store domain format"),
        ("shöp.myshopify.com", "Invalid store domain format"),
        (".myshopify.com", "Invalid store domain format"),
        ("mystore.myshopify.com\nevil", "Invalid store domain format"),
        ("abc", "Store name must be at least 4 characters"),
        ("abc.myshopify.com", "Store name must be at least 4 characters"),
        ("x" * 61, "Store name cannot exceed 60 characters"),
        ("-store", "Store name cannot start or end with a hyphen"),
        ("store-.myshopify.com", "Store name cannot start or end with a hyphen"),
        ("---", "Store name must be at least 4 characters"),
    ],
)
def test_a_bad_domain_is_refused_word_for_word(typed: str, sentence: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_shop_domain(typed)
    assert refused.value.sentence == sentence
    assert refused.value.field == "shop_domain"


@pytest.mark.parametrize(
    "typed", ["mystore", "MyStore", " mystore.myshopify.com ", "https://mystore.myshopify.com/", "http://MYSTORE"]
)
def test_a_good_domain_is_brought_to_one_form(typed: str) -> None:
    assert parse_shop_domain(typed) == "mystore.myshopify.com"


@given(st.text(max_size=80))
def test_whatever_is_typed_ends_in_a_shop_domain_or_a_sentence(typed: str) -> None:
    try:
        domain = parse_shop_domain(typed)
    except InvalidInput:
        return
    assert is_shop_domain(domain)


def test_machines_get_no_leeway() -> None:
    assert not is_shop_domain("mystore.myshopify.com\n")
    assert not is_shop_domain("https://mystore.myshopify.com")
    assert not is_shop_domain("MyStore.myshopify.com")


def signed(secret: str = SECRET, **query: str) -> dict[str, str]:
    message = urlencode(sorted(query.items())).encode()
    return query | {"hmac": hmac.new(secret.encode(), message, sha256).hexdigest()}


QUERY = {"code": "c1", "shop": "mystore.myshopify.com", "state": "n", "timestamp": "1", "host": "YQ"}


def test_a_callback_is_genuine_under_the_old_and_the_new_secret() -> None:
    assert callback_is_genuine(signed(**QUERY), [SECRET])
    assert callback_is_genuine(signed("old", **QUERY), [SECRET, "old"])
    assert not callback_is_genuine(signed("old", **QUERY), [SECRET, ""])


@given(st.sampled_from(sorted(QUERY)), st.text(max_size=40))
def test_no_parameter_of_a_callback_can_be_changed(name: str, value: str) -> None:
    query = signed(**QUERY)
    if query[name] != value:
        assert not callback_is_genuine(query | {name: value}, [SECRET])


def test_parameters_cannot_be_added_or_taken_away() -> None:
    query = signed(**QUERY)
    assert not callback_is_genuine(query | {"extra": "1"}, [SECRET])
    assert not callback_is_genuine({k: v for k, v in query.items() if k != "host"}, [SECRET])


def test_an_empty_secret_verifies_nothing() -> None:
    assert not callback_is_genuine(signed("", **QUERY), ["", ""])
    body_hash = base64.b64encode(hmac.new(b"", b"{}", sha256).digest()).decode()
    assert not webhook_is_genuine(b"{}", body_hash, [""])


@pytest.mark.parametrize("claimed", ["", "zz", "é", "0" * 63, "0" * 64])
def test_a_garbled_signature_is_no_signature(claimed: str) -> None:
    assert not callback_is_genuine(QUERY | {"hmac": claimed}, [SECRET])
    assert not webhook_is_genuine(b"body", claimed, [SECRET])


def test_a_webhook_is_signed_over_its_raw_bytes() -> None:
    body = b'{"id": 5,  "a": "\\/"}'
    signature = base64.b64encode(hmac.new(SECRET.encode(), body, sha256).digest()).decode()
    assert webhook_is_genuine(body, signature, [SECRET])
    assert not webhook_is_genuine(body.replace(b"  ", b" "), signature, [SECRET])


def test_a_timestamp_is_fresh_for_ten_minutes() -> None:
    assert timestamp_is_fresh("1000", 1600)
    assert not timestamp_is_fresh("1000", 1601)
    for garbled in ("", "x", "-5", "1e3", "٣"):
        assert not timestamp_is_fresh(garbled, 1000)

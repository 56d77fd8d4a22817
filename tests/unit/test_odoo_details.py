"""What people type to connect an Odoo, and how it is told whether a fingerprint means a database."""

from __future__ import annotations

import pytest

from mooring.domain.odoo_details import Company, Details, parse_address, parse_database, parse_key, parse_login
from mooring.domain.odoo_identity import fingerprint, is_meant_by
from mooring.errors import InvalidInput


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("https://odoo.example.com", "https://odoo.example.com"),
        (" https://Odoo.Example.com/ ", "https://odoo.example.com"),
        ("odoo.example.com", "https://odoo.example.com"),
        ("HTTP://192.168.1.5:8069/web#action=menu&cids=1", "http://192.168.1.5:8069"),
        ("https://my.odoo.com/odoo/discuss?debug=1", "https://my.odoo.com"),
        ("https://odoo.example.com:443", "https://odoo.example.com"),
        ("http://erp_1:80", "http://erp_1"),
        ("http://[::1]:8069/", "http://[::1]:8069"),
        ("erp.lan:8069", "https://erp.lan:8069"),
    ],
)
def test_an_address_is_scheme_host_and_port(typed: str, address: str) -> None:
    assert parse_address(typed) == address


@pytest.mark.parametrize(
    "typed",
    ["", "  ", "ftp://odoo.example.com", "https://", "https://a b", "https://u:p@odoo.example.com", "https://x:99999",
     "https://x:0", "javascript:alert(1)", "https://exämple.com", "https://x\n.com"],
)  # fmt: skip
def test_what_is_no_address_is_refused_by_field(typed: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_address(typed)
    assert refused.value.field == "url"


@pytest.mark.parametrize(
    ("parse", "typed", "field"),
    [
        (parse_database, "", "database"), (parse_database, "a b", "database"), (parse_database, "-x", "database"),
        (parse_database, "x" * 201, "database"), (parse_login, "  ", "login"), (parse_key, "", "key"),
        (parse_key, "two words", "key"), (parse_key, "ключ", "key"), (parse_key, "a\r\nX-Evil: 1", "key"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_before_anybody_is_asked(parse, typed: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse(typed)
    assert refused.value.field == field
    assert not typed.strip() or typed.strip() not in refused.value.sentence


URL, NAME = "https://odoo.example.com", "shop"


@pytest.mark.parametrize(
    ("known_uuid", "uuid", "company", "same"),
    [
        ("u-1", "u-1", 1, True),
        ("u-1", "u-2", 1, False),
        ("u-1", "u-1", 2, False),
        ("u-1", None, 1, False),
        (None, "u-1", 1, True),
        (None, None, 1, True),
    ],
)
def test_a_fingerprint_means_a_database_and_a_company(
    known_uuid: str | None, uuid: str | None, company: int, same: bool
) -> None:
    known = fingerprint(URL, NAME, Details(uuid=known_uuid, company=Company(1, "One")))
    assert is_meant_by(known, url=URL, database=NAME, uuid=uuid, company_id=company) is same

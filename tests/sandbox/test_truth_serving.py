"""How clients and receivers that other people run reach the sandbox and are reached by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mooring_sandbox.clock import Clock
from mooring_sandbox.shopify import server
from mooring_sandbox.shopify.state import State
from tests.sandbox.certificates import self_signed
from tests.sandbox.receiver import receiving
from tests.sandbox.serving import DOMAIN, SHOP_ID, Serving, shop_doc

SUBSCRIPTION = {
    "id": "gid://shopify/WebhookSubscription/1", "topic": "CUSTOMERS_UPDATE", "apiVersion": {"handle": "2026-10"},
}  # fmt: skip


def test_a_shop_named_by_host_and_path_is_one_shop(serving: Serving):
    token = serving.connect()["access_token"]
    headers = {"X-Shopify-Access-Token": token, "Host": DOMAIN}
    found = serving.http.get(f"{serving.shop_url}/admin/shop.json", headers=headers)
    assert found.json()["shop"]["id"] == SHOP_ID
    other = serving.http.get(f"{serving.url}/other.myshopify.com/admin/shop.json", headers=headers)
    assert other.status_code == 404


def test_a_receiver_with_a_certificate_of_its_own_is_trusted_on_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    chain, key = self_signed(tmp_path, "localhost")
    with receiving(chain, key) as hooks:
        assert deliver(tmp_path / "strict", hooks.url) == "ConnectError"
        monkeypatch.setenv("SSL_CERT_FILE", str(chain))
        assert deliver(tmp_path / "trusting", hooks.url) == 200
    assert len(hooks.taken) == 1


def deliver(data: Path, url: str) -> int | str:
    """Sends one webhook there; what became of the attempt."""
    data.mkdir()
    state, clock = State(), Clock()
    state.add_shop(SHOP_ID, "harbour", shop_doc())
    asgi = server.create(state, clock, data=data)
    sandbox = asgi.sandbox
    sandbox.settings.change({"webhooks_paused": True})
    app = sandbox.apps.create({})
    sandbox.installations.install(SHOP_ID, app.id, ["read_customers"])
    state.put(SHOP_ID, "WebhookSubscription", SUBSCRIPTION | {"uri": url, "$app": app.id})
    state.emit(SHOP_ID, "CUSTOMERS_UPDATE", "gid://shopify/Customer/5", {"id": "gid://shopify/Customer/5"})
    assert sandbox.webhooks.sender.round() == 1
    (sent,) = sandbox.webhooks.outbox.all()
    asgi.close()
    return sent.log[-1]["answer"]

"""Settings: from the environment or from files, refused by name when bad, never printed when secret."""

import pytest

from mooring.errors import Misconfigured
from mooring.settings import load


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)


def test_defaults_are_one_process_with_sqlite() -> None:
    settings = load()
    assert settings.url.startswith("sqlite:///")
    assert settings.url.endswith("/data/hub.db")
    assert settings.listens_at == "http://127.0.0.1:8321"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("MOORING_PORT", "99999", "MOORING_PORT"),
        ("MOORING_PORT", "eight", "MOORING_PORT"),
        ("MOORING_PUBLIC_URL", "hub.example.com", "MOORING_PUBLIC_URL: must begin with https://"),
        ("MOORING_SHOPIFY_URL", "ftp://x", "MOORING_SHOPIFY_URL"),
        ("MOORING_SHOPIFY_API_VERSION", "latest", "MOORING_SHOPIFY_API_VERSION"),
        ("MOORING_LOG_LEVEL", "loud", "MOORING_LOG_LEVEL"),
        ("MOORING_SHOPIFY_CLIENT_ID", "only-the-id", "MOORING_SHOPIFY_CLIENT_SECRET"),
    ],
)
def test_a_bad_value_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(Misconfigured) as refused:
        load()
    assert says in refused.value.sentence


def test_a_value_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    (tmp_path / "secret").write_text("from-a-file\n")
    monkeypatch.setenv("MOORING_SHOPIFY_CLIENT_ID", "id")
    monkeypatch.setenv("MOORING_SHOPIFY_CLIENT_SECRET_FILE", str(tmp_path / "secret"))
    settings = load()
    assert settings.shopify_client_secret.get_secret_value() == "from-a-file"
    assert "from-a-file" not in repr(settings) + str(settings.model_dump())


def test_a_file_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("MOORING_SHOPIFY_CLIENT_SECRET_FILE", str(tmp_path / "missing"))
    with pytest.raises(Misconfigured, match="MOORING_SHOPIFY_CLIENT_SECRET_FILE"):
        load()


def test_lists_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOORING_DOWNLOAD_HOSTS", "a.example.com, b.example.com,")
    assert load().download_hosts == ("a.example.com", "b.example.com")


def test_a_bad_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOORING_SHOPIFY_CLIENT_SECRET", "shpss_do_not_print")
    with pytest.raises(Misconfigured) as refused:
        load()
    assert "shpss_do_not_print" not in refused.value.sentence

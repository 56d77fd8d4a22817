"""Settings come from the environment (`MOORING_…`, or `MOORING_…_FILE` naming a file that holds the value) and `.env`.

Mooring refuses to start on a bad value and names it. Secrets are `SecretStr`: printing settings shows none of them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from mooring.errors import Misconfigured

PREFIX = "MOORING_"
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


class Settings(BaseSettings):
    """Frozen. The description of each field is its documentation."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True
    )

    data_dir: Annotated[Path, Field(description="Where the database, the key ring and the engine's file live.")] = Path(
        "data"
    )
    database_url: Annotated[
        str, Field(description="`sqlite:///…` or `postgresql://…`; by default `hub.db` in the data directory.")
    ] = ""
    host: Annotated[str, Field(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="Port to listen on; 0 takes a free one.")] = 8321
    public_url: Annotated[
        str, Field(description="How browsers and Shopify reach Mooring, as in `https://hub.example.com`.")
    ] = ""
    shopify_url: Annotated[str, Field(description="Address of the Admin API; `{shop}` stands for the shop domain.")] = (
        "https://{shop}"
    )
    shopify_api_version: Annotated[
        str, Field(pattern=r"^(\d{4}-\d{2}|unstable)$", description="Admin API version.")
    ] = "2026-10"
    shopify_client_id: Annotated[str, Field(description="Client id of the first Shopify app.")] = ""
    shopify_client_secret: Annotated[SecretStr, Field(description="Its client secret.")] = SecretStr("")
    shopify_previous_secret: Annotated[
        SecretStr, Field(description="Its previous client secret, while a rotation is under way.")
    ] = SecretStr("")
    shopify_optional_scopes: Annotated[
        tuple[str, ...],
        NoDecode,
        Field(description="Scopes to ask for besides the base ones, comma-separated, as in `read_all_orders`."),
    ] = ()
    download_hosts: Annotated[
        tuple[str, ...],
        NoDecode,
        Field(description="Further hosts bulk files may be downloaded from, or sent to, comma-separated."),
    ] = ("storage.googleapis.com", "shopify-staged-uploads.storage.googleapis.com")
    extra_ca: Annotated[
        str,
        Field(description="PEM file of certificate authorities to trust besides the system's, as for a stand-in."),
    ] = ""
    keys: Annotated[
        SecretStr,
        Field(description="Key ring, `id:base64` pairs, comma-separated, newest first; by default a file is made."),
    ] = SecretStr("")
    smtp_host: Annotated[str, Field(description="Mail server for notices; without one no e-mail is sent.")] = ""
    smtp_port: Annotated[int, Field(ge=1, le=65535, description="Its port.")] = 587
    smtp_tls: Annotated[
        Literal["starttls", "tls", "none"], Field(description="How the connection to it is protected.")
    ] = "starttls"
    smtp_user: Annotated[str, Field(description="User name to sign in there; without one nobody signs in.")] = ""
    smtp_password: Annotated[SecretStr, Field(description="Its password.")] = SecretStr("")
    smtp_from: Annotated[str, Field(description="Sender of notices, as in `Mooring <hub@example.com>`.")] = ""
    notice_hosts: Annotated[
        tuple[str, ...],
        NoDecode,
        Field(description="Hosts in private networks that notices may be posted to, comma-separated."),
    ] = ()
    support: Annotated[str, Field(description="Where people find help: an e-mail address or a link.")] = ""
    redact_days: Annotated[
        int,
        Field(
            ge=0,
            le=28,
            description="Days between a shop's request for erasure (`shop/redact`) and the deletion of its store. "
            "Shopify allows 30 in all; two weeks leave time to reconnect, and two weeks to spare.",
        ),
    ] = 14
    log_level: Annotated[str, Field(pattern=r"^(debug|info|warning|error)$", description="How much is logged.")] = (
        "info"
    )
    workers: Annotated[int, Field(ge=1, le=64, description="Operations carried at the same time by this process.")] = 4

    @field_validator("shopify_optional_scopes", "download_hosts", "notice_hosts", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("public_url")
    @classmethod
    def _public_url(cls, value: str) -> str:
        if value and urlsplit(value).scheme not in ("http", "https"):
            raise ValueError("must begin with https:// (or http:// on this machine)")
        return value.rstrip("/")

    @field_validator("shopify_url")
    @classmethod
    def _shopify_url(cls, value: str) -> str:
        if urlsplit(value).scheme not in ("http", "https"):
            raise ValueError("must begin with https:// or http://")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _app_is_whole(self) -> Settings:
        if bool(self.shopify_client_id) != bool(self.shopify_client_secret.get_secret_value()):
            raise ValueError(
                "MOORING_SHOPIFY_CLIENT_ID and MOORING_SHOPIFY_CLIENT_SECRET go together; set both or none"
            )
        return self

    @model_validator(mode="after")
    def _mail_is_whole(self) -> Settings:
        if self.smtp_host and "@" not in self.smtp_from:
            raise ValueError("MOORING_SMTP_HOST needs MOORING_SMTP_FROM, the address notices come from")
        if bool(self.smtp_user) != bool(self.smtp_password.get_secret_value()):
            raise ValueError("MOORING_SMTP_USER and MOORING_SMTP_PASSWORD go together; set both or none")
        if self.smtp_user and self.smtp_tls == "none" and self.smtp_host not in _THIS_MACHINE:
            raise ValueError("MOORING_SMTP_TLS=none would send MOORING_SMTP_PASSWORD readably over the network")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, _FromFiles(settings_cls), env_settings, dotenv_settings

    @property
    def url(self) -> str:
        """The database's address, the default filled in."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'hub.db'}"

    @property
    def listens_at(self) -> str:
        """Where a browser finds Mooring."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104 -- an address, not a bind
        return self.public_url or f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


class _FromFiles(PydanticBaseSettingsSource):
    """`MOORING_X_FILE=/path` gives `x`, without the newline at its end."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        return dict(_file_values(os.environ, self.settings_cls.model_fields))


def _file_values(environ: Mapping[str, str], fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name in fields:
        variable = f"{PREFIX}{name.upper()}_FILE"
        if environ.get(variable):
            try:
                found.append((name, Path(environ[variable]).read_text().rstrip("\n")))
            except (OSError, UnicodeDecodeError) as error:
                raise Misconfigured(
                    f"{variable} names a file that cannot be read: {error.__class__.__name__}."
                ) from None
    return found


def load(**overrides: Any) -> Settings:
    """Settings of this process. Raises `Misconfigured` with every bad setting by name; values are never repeated."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise Misconfigured(" ".join(_sentence(e) for e in error.errors(include_input=False))) from None


def _sentence(error: Any) -> str:
    name = PREFIX + str(error["loc"][0]).upper() if error["loc"] else "Settings"
    return f"{name}: {error['msg'].removeprefix('Value error, ')}."

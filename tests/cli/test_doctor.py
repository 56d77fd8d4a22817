"""`mooring doctor` and the ways notices go out."""

from __future__ import annotations

import json
from pathlib import Path

import httpx2

from mooring.cli import demo_walk
from mooring.cli.browser import Browser
from tests.cli.commands import mooring, serving
from tests.support.smtp import mail_server


def mail_check(data_dir: Path) -> dict[str, str]:
    said = json.loads(mooring("doctor", "--json", data_dir=data_dir).stdout)
    return next(check for check in said["checks"] if check["name"] == "mail server")


def test_the_mail_server_is_tried_without_a_letter(data_dir: Path) -> None:
    with mail_server(login=("mooring", "right")) as server:
        settings = {
            "MOORING_SMTP_HOST": "127.0.0.1",
            "MOORING_SMTP_PORT": str(server.port),
            "MOORING_SMTP_TLS": "none",
            "MOORING_SMTP_FROM": "hub@example.com",
            "MOORING_SMTP_USER": "mooring",
            "MOORING_SMTP_PASSWORD": "right",
        }
        with serving(data_dir, **settings) as running:
            with httpx2.Client(timeout=30, trust_env=False) as client:
                demo_walk.set_up(Browser(client), running.said["setup_link"])
            assert mail_check(data_dir)["status"] == "ok"
            server.login = ("mooring", "another")
            refused = mail_check(data_dir)
    assert refused["status"] == "failed"
    assert "user name or the password" in refused["sentence"]
    assert server.letters == []

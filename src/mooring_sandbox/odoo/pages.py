"""Answers that are not JSON."""

from __future__ import annotations

from starlette.responses import Response

_HTML = "text/html; charset=utf-8"

_NO_DATABASE = """<!DOCTYPE html>
<title>404 Not Found</title>
<h1>Not Found</h1>
<p>No database is selected and the requested URL was not found in the server-wide controllers.</p>
<p>Please verify the hostname, <a href=/web/login>login</a> and try again.</p>

<!-- Alternatively, use the X-Odoo-Database header. -->
"""

_WRONG_TYPE = """<!doctype html>
<html lang=en>
<title>415 Unsupported Media Type</title>
<h1>Unsupported Media Type</h1>
<p>Request inferred type is compatible with [&#39;http&#39;] but &#39;{route}&#39; is type=&#39;{type}&#39;.<br><br>\
Please verify the Content-Type request header and try again.</p>
"""

_NO_PAGE = """<!DOCTYPE html>
<html>
<head><title>404: Not Found</title></head>
<body><h1>404: Page not found!</h1></body>
</html>
"""


def page(text: str, status: int, media_type: str = _HTML) -> Response:
    return Response(text, status, headers={"content-type": media_type})


def no_database() -> Response:
    return page(_NO_DATABASE, 404)


def wrong_type(route: str, kind: str) -> Response:
    return page(_WRONG_TYPE.format(route=route, type=kind), 415)


def no_page() -> Response:
    """Odoo's own page for what no route serves; its content type comes without a space."""
    return page(_NO_PAGE, 404, "text/html;charset=utf-8")


def bad_json() -> Response:
    return page("Invalid JSON data", 400)

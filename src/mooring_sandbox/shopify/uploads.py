"""Staged uploads: targets handed out signed, files taken from them by POST form or PUT, and found by their key."""

from __future__ import annotations

import base64
import hashlib
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote, unquote, urlencode

import msgspec

from mooring_sandbox.clock import iso
from mooring_sandbox.shopify.bulk_files import ResultFiles
from mooring_sandbox.shopify.server_graphql import ORIGIN
from mooring_sandbox.shopify.state import Doc

STAGED = "/_storage/staged/"
MAX_BYTES = 100 * 1024 * 1024
_FOLDERS = {"BULK_MUTATION_VARIABLES": "bulk", "IMAGE": "products", "PRODUCT_IMAGE": "products", "VIDEO": "video"}
_NEED_SIZE = {"VIDEO": "video", "MODEL_3D": "3D model"}
_IMAGES = frozenset({"png", "jpeg", "jpg", "gif", "webp", "svg+xml", "heic", "heif", "avif", "tiff", "bmp"})
_NO_FILE = (
    "The JSONL file could not be found. Try uploading the file again, and check that you've entered the URL correctly "
    "for the stagedUploadPath mutation argument."
)


_EMPTY = "The input file is empty."
_TOO_LARGE = "The input file size exceeds the maximum allowed size of 100 MB."


def plain(key: str) -> str:
    """A target for PUT names no key: clients take it from the path of its address, which here has a beginning more."""
    return unquote(key).removeprefix("/").removeprefix(STAGED.removeprefix("/"))


class Staged:
    def __init__(self, files: ResultFiles, folder: Path) -> None:
        self._files, self._folder = files, folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, key: str) -> Path:
        """Keys hold slashes and names of people's files: on disk they are only a digest."""
        return self._folder / hashlib.sha256(plain(key).encode()).hexdigest()

    def create(self, shop_id: int, wanted: list[Doc], now: datetime) -> Doc:
        targets, errors = [], []
        for index, one in enumerate(wanted):
            problem = _problem(one)
            if problem:
                errors.append({"field": ["input", str(index), problem[0]], "message": problem[1]})
            targets.append(_NOTHING if problem else self._target(shop_id, one, now))
        return {"stagedTargets": targets, "userErrors": errors}

    def problem(self, key: str, shop_id: int) -> Doc | None:
        """Why a bulk mutation cannot read the file of this key."""
        path = self.path(key)
        if not path.is_file() or not plain(key).startswith(f"tmp/{shop_id}/bulk/"):
            return {"field": None, "message": _NO_FILE, "code": "NO_SUCH_FILE"}
        size = path.stat().st_size
        if 0 < size <= MAX_BYTES:
            return None
        return {"field": None, "message": _TOO_LARGE if size else _EMPTY, "code": "INVALID_STAGED_UPLOAD_FILE"}

    def allows_form(self, fields: dict[str, str], now: datetime) -> bool:
        """Whether a form's policy is ours, names its key and is not over."""
        policy = fields.get("policy", "")
        if not self._files.is_signature(f"policy:{policy}", fields.get("x-goog-signature", "")):
            return False
        said = msgspec.json.decode(base64.b64decode(policy))
        return said["key"] == fields.get("key") and said["expiration"] > iso(now)

    def allows_put(self, key: str, expires: str, signature: str, now: datetime) -> bool:
        signed = self._files.is_signature(f"put:{key}:{expires}", signature)
        return signed and float(expires) > now.timestamp()

    def _target(self, shop_id: int, wanted: Doc, now: datetime) -> Doc:
        folder = _FOLDERS.get(wanted["resource"], "files")
        key = f"tmp/{shop_id}/{folder}/{uuid.uuid4()}/{wanted['filename']}"
        return self._form(key, wanted, now) if wanted.get("httpMethod") == "POST" else self._put(key, wanted, now)

    def _form(self, key: str, wanted: Doc, now: datetime) -> Doc:
        expiration = iso(now + timedelta(hours=24))
        policy = base64.b64encode(msgspec.json.encode({"key": key, "expiration": expiration})).decode()
        parameters = {
            "Content-Type": wanted["mimeType"],
            "success_action_status": "201",
            "acl": "private",
            "key": key,
            "x-goog-date": now.strftime("%Y%m%dT%H%M%SZ"),
            "x-goog-credential": f"sandbox/{now:%Y%m%d}/auto/storage/goog4_request",
            "x-goog-algorithm": "GOOG4-RSA-SHA256",
            "x-goog-signature": self._files.sign(f"policy:{policy}"),
            "policy": policy,
        }
        address = f"https://{ORIGIN}{STAGED}"
        resource = address if wanted["resource"] == "BULK_MUTATION_VARIABLES" else f"{address}{quote(key)}"
        return {"url": address, "resourceUrl": resource, "parameters": _named(parameters)}

    def _put(self, key: str, wanted: Doc, now: datetime) -> Doc:
        expires = str(int((now + timedelta(hours=24)).timestamp()))
        resource = f"https://{ORIGIN}{STAGED}{quote(key)}"
        query = {"Expires": expires, "Signature": self._files.sign(f"put:{key}:{expires}")}
        address = f"{resource}?{urlencode(query)}"
        parameters = {"content_type": wanted["mimeType"], "acl": "private"}
        return {"url": address, "resourceUrl": address, "parameters": _named(parameters)}


_NOTHING: Doc = {"url": None, "resourceUrl": None, "parameters": []}


def _problem(wanted: Doc) -> tuple[str, str] | None:
    kind, mime = wanted["resource"], wanted["mimeType"]
    if kind in _NEED_SIZE and not wanted.get("fileSize"):
        return "fileSize", f"file size is required for {_NEED_SIZE[kind]} resources"
    major, _, minor = mime.lower().partition("/")
    if kind.endswith("IMAGE") and (major != "image" or minor not in _IMAGES):
        return "mimeType", f"{wanted['filename']}: ({mime}) is not a recognized format"
    return None


def _named(parameters: dict[str, str]) -> list[Doc]:
    return [{"name": name, "value": value} for name, value in parameters.items()]

"""The Hugging Face Hub on loopback, as far as a pull asks it: a repository's listing, the redirect to a file, ranges of its bytes."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

COMMIT = "5" * 40
_LARGE = (".gguf", ".safetensors", ".bin", ".onnx")
_PIECE = 1 << 15


class HubServer(ThreadingHTTPServer):
    """repositories: the files of each. The other attributes are switches, and what was asked and sent.

    left: the bytes of large files that are sent before every connection is cut, None for all. lie: other bytes of the same
    length are sent. announced: a size that the listing says in place of the true one. refusal: a status and an error code
    for the listing. pause: seconds before each piece of 32 kB. ranges: whether Range is honoured. on_piece: called after
    each piece with the bytes sent so far; on_cut: before a connection is cut. page: a text that everything is answered with.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repositories: dict[str, dict[str, bytes]] = {}
        self.left: int | None = None
        self.lie = False
        self.announced: int | None = None
        self.refusal: tuple[int, str] | None = None
        self.pause = 0.0
        self.ranges = True
        self.on_piece: Callable[[int], None] = lambda sent: None
        self.on_cut: Callable[[], None] = lambda: None
        self.page = ""
        self.sent = 0
        self.asked: list[tuple[str, dict[str, str]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def serve_folder(self, repository: str, folder: Path) -> None:
        """Has the hub hold a copy of a folder's files."""
        files = (path for path in folder.rglob("*") if path.is_file())
        self.repositories[repository] = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}

    def is_asked_here(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Has this process ask it: what HF_ENDPOINT does, which huggingface_hub reads when it is imported."""
        from huggingface_hub import constants

        monkeypatch.setattr(constants, "ENDPOINT", self.url)
        template = f"{self.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)

    def __enter__(self) -> HubServer:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: HubServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None: ...

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        hub, path = self.server, self.path.partition("?")[0]
        hub.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        if hub.page:
            self._answer(200, hub.page.encode(), {"Content-Type": "text/html"})
        elif found := re.fullmatch(r"/api/models/([^/]+/[^/]+)", path):
            self._listing(found[1])
        elif found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            self._file(*found.groups())
        elif found := re.fullmatch(r"/cdn/([^/]+/[^/]+)/(.+)", path):
            self._bytes(hub.repositories[found[1]][found[2]])
        else:
            self._answer(404, b"")

    def _listing(self, repository: str) -> None:
        hub = self.server
        if hub.refusal:
            status, code = hub.refusal
            self._answer(status, b'{"error": "refused"}', {"X-Error-Code": code} if code else {})
            return
        if repository not in hub.repositories:  # so the hub answers for what is not there, or may not be seen
            self._answer(401, b'{"error": "Invalid username or password."}', {"X-Error-Code": "RepoNotFound"})
            return
        siblings: list[dict[str, object]] = []
        for path, data in hub.repositories[repository].items():
            sibling: dict[str, object] = {"rfilename": path}
            if "blobs=" in self.path:
                size = hub.announced or len(data)
                sibling |= {"size": size, "blobId": _blob(data)}
                if path.endswith(_LARGE):
                    sibling["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": size, "pointerSize": 130}
            siblings.append(sibling)
        said = {"id": repository, "sha": COMMIT, "siblings": siblings, "cardData": {"license": "mit"}, "tags": []}
        self._answer(200, json.dumps(said).encode(), {"Content-Type": "application/json"})

    def _file(self, repository: str, revision: str, path: str) -> None:
        data = self.server.repositories.get(repository, {}).get(path)
        if data is None or revision not in ("main", COMMIT):
            self._answer(404, b"", {"X-Error-Code": "EntryNotFound"})
        elif path.endswith(_LARGE):
            sha256 = hashlib.sha256(data).hexdigest()
            headers = {"X-Linked-Size": str(len(data)), "X-Linked-Etag": f'"{sha256}"', "X-Repo-Commit": COMMIT}
            elsewhere = f"http://localhost:{self.server.server_port}/cdn/{repository}/{path}"
            self._answer(302, b"", {"Location": elsewhere, **headers})
        else:
            self._answer(200, data, {"ETag": f'"{_blob(data)}"', "X-Repo-Commit": COMMIT})

    def _bytes(self, data: bytes) -> None:
        hub = self.server
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "")) if hub.ranges else None
        start, size = int(asked[1]) if asked else 0, len(data)
        if start >= size:
            self._answer(416, b"")
            return
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(size - start))
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        self.end_headers()
        if self.command == "HEAD":
            return
        said = bytes(255 - byte for byte in data) if hub.lie else data
        for i in range(start, size, _PIECE):
            piece = said[i : i + _PIECE]
            if hub.left is not None:
                piece = piece[: hub.left]
                hub.left -= len(piece)
            time.sleep(hub.pause)
            self.wfile.write(piece)
            hub.sent += len(piece)
            hub.on_piece(hub.sent)
            if hub.left == 0:
                hub.on_cut()
                self.close_connection = True
                return

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _blob(data: bytes) -> str:
    """Git's name for these bytes."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()

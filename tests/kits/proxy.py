"""What stands before an API: it keeps what passes, and can answer in the place of the API."""

from __future__ import annotations

import base64
import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Iterator, List, NamedTuple, Optional, Tuple

import requests
from typing_extensions import Self

Answer = Callable[[], Optional[bytes]]


class Passed(NamedTuple):
    """A request as it passed."""

    headers: str
    body: bytes

    def texts(self) -> Iterator[str]:
        """Yield all that its body says, unpacked."""
        if self.body:
            yield from _texts(json.loads(self.body))


class Proxy:
    """Pass requests on to an API and keep them; ``answer`` may answer in its place."""

    def __init__(self, target: str, port: int = 0):
        self.passed: List[Passed] = []
        self.answer: Answer = lambda: None
        self.closed = threading.Event()
        self._target = target
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy of the environment stands between
        # A connection that is kept may be closed by the API just when it is used again.
        self._session.headers["Connection"] = "close"
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        # The interval is how long it takes to notice a shutdown.
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.closed.set()
        self._server.shutdown()
        self._server.server_close()
        self._session.close()

    def never(self) -> Optional[bytes]:
        """Answer nothing for as long as the proxy is there."""
        self.closed.wait()
        return None

    def slowly(self) -> Optional[bytes]:
        """Let an answer take a while."""
        self.closed.wait(0.5)
        return None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                proxy.passed.append(Passed(str(self.headers), body))
                self._respond(body)

            def do_GET(self) -> None:
                self._respond(b"")

            def _respond(self, body: bytes) -> None:
                for part in proxy.respond(self, body):
                    try:
                        self.wfile.write(part)
                    except OSError:  # the client has given up; a server goes on
                        self.close_connection = True

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        return Handler

    def respond(self, request: BaseHTTPRequestHandler, body: bytes) -> Iterator[bytes]:
        """Yield what is written to the client; each part is sent at once."""
        yield self.answer() or self.pass_on(request, body)

    def pass_on(self, request: BaseHTTPRequestHandler, body: bytes) -> bytes:
        """Return the whole answer of the API."""
        return http(*self.forward(request, body))

    def forward(self, request: BaseHTTPRequestHandler, body: bytes) -> Tuple[int, bytes]:
        """Send a request to the API, and return the status and the content of its answer."""
        own = ("host", "content-length", "connection", "accept-encoding")
        kept = {name: value for name, value in request.headers.items() if name.lower() not in own}
        url = self._target + request.path
        answer = self._session.request(request.command, url, data=body, headers=kept, timeout=60)
        return answer.status_code, answer.content


def http(code: int, content: bytes, content_type: str = "application/json") -> bytes:
    """Return an answer as it goes over the wire."""
    head = f"HTTP/1.0 {code} -\r\nContent-Type: {content_type}\r\n"
    return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, str):
        yield value
        yield from _unpacked(value)


def _unpacked(text: str) -> Iterator[str]:
    """Yield what is in a text that is JSON, or a flow that the client has compressed."""
    if text.startswith(("{", "[", '"')):
        try:
            yield from _texts(json.loads(text))
        except ValueError:
            return
    elif text.startswith("H4sI"):
        yield from _texts(json.loads(gzip.decompress(base64.b64decode(text))))

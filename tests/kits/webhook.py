"""A webhook, as the web server of a chat would offer it."""

from __future__ import annotations

import json
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread
from time import sleep
from typing import Any, List


class Webhook:
    """A web server that keeps the documents it gets, and answers with the given status codes."""

    def __init__(self) -> None:
        self.documents: Queue[Any] = Queue()
        self.codes: List[int] = []
        self.delay_seconds = 0.0
        self.content_seconds = 0
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                code = webhook.codes.pop(0) if webhook.codes else 200
                if code == 200:
                    webhook.documents.put(json.loads(body))
                sleep(webhook.delay_seconds)
                self.send_response(code)
                self.send_header("Location", webhook.url)
                self.end_headers()
                with suppress(OSError):  # the client has gone
                    for _ in range(webhook.content_seconds):
                        self.wfile.write(b".")
                        sleep(1)

            def log_message(self, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def next(self) -> Any:
        """Return the next document, waiting for it."""
        return self.documents.get(timeout=20)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

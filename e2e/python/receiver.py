"""A webhook receiver on a loopback port, for stories that look at what arrives."""

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATIENCE_SECONDS = 30


@dataclass
class Request:
    """What arrived: header names in lower case, the body exact."""

    path: str
    headers: dict
    body: bytes


class Receiver:
    """Answers 200 "ok" unless told otherwise, and remembers every request."""

    def __init__(self):
        self._changed = threading.Condition()
        self._requests = []
        self._statuses = {}
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status = receiver._record(Request(self.path, headers, body))
                answer = b"ok" if status == 200 else f"answer {status}".encode()
                self.send_response(status)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def url(self, path):
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def answer(self, path, *statuses):
        """From now on `path` answers these statuses in turn, and then the last one for ever."""
        with self._changed:
            self._statuses[path] = list(statuses)

    def requests(self, path):
        with self._changed:
            return [one for one in self._requests if one.path == path]

    def wait_for(self, path, count):
        """Waits until `count` requests to `path` have arrived and returns all of them."""

        def arrived():
            return len([one for one in self._requests if one.path == path]) >= count

        with self._changed:
            came = self._changed.wait_for(arrived, PATIENCE_SECONDS)
            seen = [(one.path, one.body) for one in self._requests]
        assert came, f"waited in vain for {count} requests to {path}; arrived: {seen}"
        return self.requests(path)

    def _record(self, request):
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()
            statuses = self._statuses.get(request.path, [200])
            return statuses.pop(0) if len(statuses) > 1 else statuses[0]

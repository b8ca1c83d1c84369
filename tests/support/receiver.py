"""Somebody's server that webhooks are sent to: HTTPS on loopback, what it was sent, and what it answers."""

import base64
import hashlib
import hmac
import http.server
import json
import ssl
import threading

from .kezek import eventually


class Message:
    """One POST as it came in."""

    def __init__(self, path, headers, body):
        self.path, self.headers, self.body = path, headers, body
        self.id, self.timestamp = headers["webhook-id"], headers["webhook-timestamp"]

    event = property(lambda self: json.loads(self.body))

    def signers(self, *secrets):
        """Which of the secrets have signed it; a signature of none of them is an error."""
        def signature(secret):
            key = base64.b64decode(secret.removeprefix("whsec_"))
            text = f"{self.id}.{self.timestamp}.".encode() + self.body
            return "v1," + base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()

        by = {signature(secret): secret for secret in secrets}
        return [by[one] for one in self.headers["webhook-signature"].split(" ")]


class Receiver:
    """
    `answer(message)`: a status, (status, body), or None for hanging up; it may take its time. The default is 204.
    pki None: without TLS.
    """

    def __init__(self, pki, answer=None):
        self.messages, self.answer = [], answer or (lambda message: 204)
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                message = Message(self.path, self.headers, body)
                receiver.messages.append(message)
                said = receiver.answer(message)
                if said is None:
                    self.close_connection = True
                    return
                status, body = said if isinstance(said, tuple) else (said, b"")
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", receiver.url + "/elsewhere")
                if status != 204:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):  # whom it hangs up on, and who hangs up on it
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        scheme = "http"
        if pki:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pki.certificate("server"), pki.key("server"))
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
            scheme = "https"
        self.url = f"{scheme}://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def wait(self, count, timeout=15):
        """The messages, once there are so many."""
        eventually(lambda: len(self.messages) >= count, timeout)
        return list(self.messages)

    def of(self, request):
        return [m for m in list(self.messages) if m.event.get("subject") == request["id"]]

"""A scripted HTTPS server: each entry of `answers` is one answer; None breaks the connection."""

import http.server
import socket
import ssl
import threading


class Script:
    """Until the test ends. An answer is (status, headers, text), or a function of (method, path, body)."""

    def __init__(self, test, pki):
        self.answers, self.seen = [], []
        script = self

        class Answering(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                script.seen.append((self.command, self.path, self.headers, body, self.client_address))
                entry = script.answers.pop(0)
                if entry is None:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                status, headers, text = entry(self.command, self.path, body) if callable(entry) else entry
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_POST = do_PUT = do_DELETE = answer

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pki.path("server.crt"), pki.path("server.key"))
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        test.addCleanup(thread.join)
        test.addCleanup(server.server_close)
        test.addCleanup(server.shutdown)
        self.url = f"https://127.0.0.1:{server.server_address[1]}"

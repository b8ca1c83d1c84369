"""A client over http.client: keep-alive, one connection, one principal."""

import http.client
import json
import socket
import ssl
import uuid

from . import contract

AUTO = object()


class Reply:
    """What came back. reply["id"] is a member of the JSON body; reply.header("ETag") a field."""

    def __init__(self, method, path, response, body):
        self.method = method
        self.path = path
        self.status = response.status
        self.headers = response.headers
        self.body = body

    def header(self, name):
        return self.headers.get(name)

    @property
    def text(self):
        return self.body.decode("utf-8")

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """The problem's code, or None where the reply is no problem."""
        if not (self.header("Content-Type") or "").startswith("application/problem+json"):
            return None
        return self.json["code"]

    def __getitem__(self, name):
        return self.json[name]

    def __repr__(self):
        return f"{self.method} {self.path} → {self.status} {self.body[:2000].decode('utf-8', 'replace')}"

    def must(self, status):
        """Itself, where the status is that one; else the failure says the whole reply."""
        if self.status != status:
            raise AssertionError(f"expected {status}: {self!r}")
        return self


class Client:
    """
    `name`: the certificate shown (None: none). `token`: a bearer token. `actor`: Kezek-Actor.
    One connection, opened at the first call and again after the daemon closed it.
    """

    def __init__(self, pki, port, name=None, token=None, actor=None, language=None,
                 host="127.0.0.1", timeout=30):
        self.pki, self.port, self.host, self.timeout = pki, port, host, timeout
        self.name, self.token, self.actor, self.language = name, token, actor, language
        self._connection = None
        self._served = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self._connection:
            self._connection.close()
        self._connection = None

    def connect(self):
        """Opens the connection (TLS included) and returns it; http.client's own object."""
        self.close()
        self._connection = http.client.HTTPSConnection(
            self.host, self.port, timeout=self.timeout, context=self.pki.context(self.name))
        self._connection.connect()
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._served = 0
        return self._connection

    def headers(self, extra=None, key=None, match=None, body_type=None):
        out = {}
        if self.token:
            out["Authorization"] = f"Bearer {self.token}"
        if self.actor:
            out["Kezek-Actor"] = self.actor
        if self.language:
            out["Accept-Language"] = self.language
        if key:
            out["Idempotency-Key"] = key
        if match is not None:
            version = match if isinstance(match, (int, str)) else match["version"]
            out["If-Match"] = f'"{version}"'
        if body_type:
            out["Content-Type"] = body_type
        out.update(extra or {})
        return out

    def call(self, method, path, body=None, headers=None, key=None, match=None):
        """
        body: bytes go as they are (give Content-Type), anything else as JSON. match: a version, or a
        request (its `version` is taken). A kept connection that the daemon closed meanwhile is opened anew.
        """
        kind = None
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body, ensure_ascii=False).encode("utf-8")
            kind = "application/json"
        whole = self.headers(headers, key, match, kind)
        for last_try in (False, True):
            if not self._connection or not self._connection.sock:
                self.connect()
            try:
                self._connection.request(method, path, body, whole)
                response = self._connection.getresponse()
                reply = Reply(method, path, response, response.read())
                self._served += 1
                break
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError, ssl.SSLEOFError):
                was_kept = self._served > 0
                self.close()
                if last_try or not was_kept:
                    raise
            except Exception:
                self.close()
                raise
        contract.check(reply)
        return reply

    def get(self, path, **more):
        return self.call("GET", path, **more)

    def post(self, path, body=None, key=AUTO, **more):
        """An Idempotency-Key is made unless one is given; key=None sends none."""
        return self.call("POST", path, {} if body is None else body,
                         key=str(uuid.uuid4()) if key is AUTO else key, **more)

    def put(self, path, body=None, **more):
        return self.call("PUT", path, body, **more)

    def delete(self, path, **more):
        return self.call("DELETE", path, **more)

    def act(self, request, act, body=None, **more):
        """An act on a request, with If-Match from the request as it was last seen."""
        return self.post(f"/v1/requests/{request['id']}/{act}", body or {}, match=request, **more)

    def events(self, path="/v1/stream", headers=None, timeout=10):
        """
        Server-sent events as dictionaries {id, event, data} until the timeout (TimeoutError) or the end;
        one without data, a heartbeat, is none. The connection is used up.
        """
        connection = self.connect()
        connection.sock.settimeout(timeout)
        connection.request("GET", path, headers=self.headers(headers))
        response = connection.getresponse()
        if response.status != 200:
            raise AssertionError(f"GET {path} → {response.status} {response.read()!r}")
        event = {}
        while line := response.readline():
            line = line.decode("utf-8").rstrip("\r\n")
            if line == "":
                if "data" in event:
                    yield event
                event = {}
            elif not line.startswith(":"):
                field, _, value = line.partition(":")
                value = value[1:] if value.startswith(" ") else value
                event[field] = event[field] + "\n" + value if field in event else value

    def raw(self, data, timeout=5, half_close=False):
        """Sends bytes as they are on a connection of their own; what came until the end or the timeout."""
        plain = socket.create_connection((self.host, self.port), timeout=timeout)
        with self.pki.context(self.name).wrap_socket(plain, server_hostname=self.host) as tls:
            tls.sendall(data)
            if half_close:
                tls.unwrap()
            got = b""
            try:
                while part := tls.recv(65536):
                    got += part
            except (TimeoutError, OSError):
                pass
            return got

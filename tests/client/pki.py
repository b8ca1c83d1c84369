"""Certificates good and bad, made with openssl(1), and `openssl s_server` to meet them."""

import os
import socket
import subprocess

CONFIG = """
[req]
distinguished_name=subject
[subject]
[ca]
database=index
new_certs_dir=.
serial=serial
default_md=sha256
policy=any
crlnumber=crlnumber
default_crl_days=30
[any]
commonName=supplied
[v3_ca]
basicConstraints=critical,CA:true
keyUsage=critical,keyCertSign,cRLSign
[server]
subjectAltName=IP:127.0.0.1,DNS:localhost
[elsewhere]
subjectAltName=DNS:elsewhere.example
[client]
extendedKeyUsage=clientAuth
"""


class Pki:
    """A CA, servers and clients, good and bad, made with openssl(1)."""

    def __init__(self, directory):
        self.dir = directory
        for name, text in (("cnf", CONFIG), ("index", ""), ("serial", "10\n"), ("crlnumber", "01\n")):
            self.write(name, text)
        self.root("ca")
        self.root("foreign")
        self.leaf("server", "server")
        self.leaf("elsewhere", "elsewhere")
        self.leaf("old-server", "server", start="20200101000000Z", end="20210101000000Z")
        for name in ("good", "revoked"):
            self.leaf(name, "client")
        self.leaf("expired", "client", start="20200101000000Z", end="20210101000000Z")
        self.leaf("stranger", "client", ca="foreign")
        self.leaf("revoked-server", "server")
        for name in ("revoked", "revoked-server"):
            self.openssl(f"ca -config cnf -name ca -cert ca.crt -keyfile ca.key -revoke {name}.crt")
        self.openssl("ca -config cnf -name ca -cert ca.crt -keyfile ca.key -gencrl -out ca.crl")

    def write(self, name, text):
        with open(os.path.join(self.dir, name), "w", encoding="utf-8") as f:
            f.write(text)

    def path(self, name):
        return os.path.join(self.dir, name)

    def openssl(self, line):
        subprocess.run(["openssl", *line.split()], cwd=self.dir, check=True, capture_output=True)

    def root(self, name):
        self.openssl(f"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 "
                     f"-keyout {name}.key -out {name}.crt -subj /CN={name} -config cnf "
                     f"-extensions v3_ca")

    def leaf(self, name, extensions, ca="ca", start=None, end=None):
        self.openssl(f"req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key "
                     f"-out {name}.csr -subj /CN={name} -config cnf")
        dates = f"-startdate {start} -enddate {end}" if start else "-days 20"
        self.openssl(f"ca -batch -notext -config cnf -name ca -cert {ca}.crt -keyfile {ca}.key "
                     f"-in {name}.csr -out {name}.crt -extensions {extensions} {dates}")

    def serve(self, test, server="server", *more):
        """openssl s_server, until the test ends; its URL."""
        port = free_port()
        process = subprocess.Popen(
            ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", f"{server}.crt", "-key",
             f"{server}.key", "-www", "-naccept", "20", *more], cwd=self.dir,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        test.addCleanup(process.stdout.close)
        test.addCleanup(process.wait)
        test.addCleanup(process.kill)
        while b"ACCEPT" not in process.stdout.readline():
            pass
        return f"https://127.0.0.1:{port}"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]

"""Certificates for tests, made with config/pki."""

import hashlib
import pathlib
import ssl

from .house import ROOT, run

PKI = ROOT / "config" / "pki"


class Pki:
    """A CA of its own in `directory`, with a server certificate for localhost and an empty CRL."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        run(PKI, self.directory)

    @property
    def ca(self):
        return self.directory / "ca.crt"

    @property
    def crl(self):
        return self.directory / "ca.crl"

    def certificate(self, name):
        return self.directory / f"{name}.crt"

    def key(self, name):
        return self.directory / f"{name}.key"

    def client(self, *names, san=None, since=None, until=None):
        """
        Makes client certificates. `san` replaces the one URI urn:kezek:principal:<name>; `since` and
        `until` (YYYYMMDDHHMMSSZ) make one that is expired or not valid yet.
        """
        options = []
        for option, value in (("--san", san), ("--from", since), ("--until", until)):
            if value:
                options += [option, value]
        run(PKI, self.directory, *options, *names)

    def expired(self, name):
        self.client(name, since="20200101000000Z", until="20210101000000Z")

    def revoke(self, *names):
        """A fresh CRL that holds them; the daemon reads it at SIGHUP."""
        run(PKI, self.directory, "--revoke", *names)

    def fresh_crl(self, until=None):
        """`until` in the past (YYYYMMDDHHMMSSZ): a CRL that has expired."""
        run(PKI, self.directory, "--crl", *(["--until", until] if until else []))

    def sha256(self, name):
        """The fingerprint of the certificate as the API takes it: lower-case hexadecimal."""
        pem = self.certificate(name).read_text(encoding="ascii")
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()

    def context(self, name=None):
        """A client's TLS context that trusts this CA and, with a name, shows that certificate."""
        context = ssl.create_default_context(cafile=str(self.ca))
        if name:
            context.load_cert_chain(self.certificate(name), self.key(name))
        return context

"""config/cluster, config/pki and config/install: each finds its work done, and says what is wrong."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from support.house import ROOT, run
from support.kezek import Cluster, Pki, main

CLUSTER = ROOT / "config" / "cluster"


class Directory(unittest.TestCase):
    def setUp(self):
        # Under a directory that anybody may enter, so that PostgreSQL's user can.
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="kezek-tools-", dir="/tmp"))
        self.directory.chmod(0o755)
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)


class PrivateCluster(Directory):
    def cluster(self, home):
        cluster = Cluster(home)
        self.addCleanup(cluster.stop, "immediate")
        return cluster

    def test_start_again_finds_it_running(self):
        cluster = self.cluster(self.directory / "pg")
        first = cluster.sql("SELECT pg_postmaster_start_time()")
        cluster.start()
        self.assertEqual(cluster.sql("SELECT pg_postmaster_start_time()"), first)

    def test_never_runs_as_root_and_listens_on_its_socket_alone(self):
        cluster = self.cluster(self.directory / "pg")
        postmaster = int((cluster.home / "data" / "postmaster.pid").read_text().split()[0])
        self.assertNotEqual(os.stat(f"/proc/{postmaster}").st_uid, 0)
        self.assertEqual(cluster.sql("SHOW listen_addresses"), [])
        self.assertEqual(cluster.socket.stat().st_mode & 0o777, 0o700)
        self.assertEqual(cluster.sql("SHOW fsync"), [["on"]])
        self.assertEqual(cluster.sql("SHOW log_parameter_max_length"), [["0"]])

    def test_moves_where_its_user_cannot_go(self):
        closed = self.directory / "with a blank"
        closed.mkdir(mode=0o700)
        cluster = self.cluster(closed / "pg")
        self.addCleanup(shutil.rmtree, cluster.home, ignore_errors=True)
        self.assertEqual(cluster.home.parent, pathlib.Path("/var/tmp"))
        self.assertEqual((closed / "pg").resolve(), cluster.home)
        cluster.stop()
        # The link leads there again, and the data with it.
        self.assertEqual(run(CLUSTER, "start", closed / "pg").stdout.strip(), str(cluster.home))

    def test_moves_where_a_socket_name_would_be_too_long(self):
        deep = self.directory / ("d" * 60) / ("e" * 60)
        deep.mkdir(parents=True)
        cluster = self.cluster(deep / "pg")
        self.addCleanup(shutil.rmtree, cluster.home, ignore_errors=True)
        self.assertEqual(cluster.sql("SELECT 1"), [["1"]])

    def test_a_half_made_one_is_made_anew(self):
        home = self.directory / "pg"
        (home / "data.new").mkdir(parents=True)
        (home / "data").mkdir()
        (home / "data.new" / "PG_VERSION").write_text("15\n")
        self.assertEqual(self.cluster(home).sql("SELECT 1"), [["1"]])

    def test_survives_its_own_death(self):
        cluster = self.cluster(self.directory / "pg")
        cluster.sql("CREATE TABLE t AS SELECT 1 AS n")
        cluster.kill()
        self.assertEqual(run(CLUSTER, "status", cluster.home, check=False).returncode, 3)
        cluster.start()
        self.assertEqual(cluster.sql("SELECT n FROM t"), [["1"]])

    def test_stop_of_what_does_not_run_is_no_fault(self):
        cluster = self.cluster(self.directory / "pg")
        cluster.stop()
        cluster.stop()

    def test_says_what_is_missing(self):
        done = subprocess.run([CLUSTER, "start", str(self.directory / "pg")], text=True, capture_output=True,
                              env={**os.environ, "KEZEK_PG_BIN": "/nowhere"}, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nowhere/postgres is missing", done.stderr)


class Certificates(Directory):
    def verify(self, pki, name, purpose="sslclient"):
        done = run("openssl", "verify", "-CAfile", pki.ca, "-CRLfile", pki.crl, "-crl_check", "-purpose", purpose,
                   pki.certificate(name), check=False)
        return (done.stdout + done.stderr).replace("\n", " ")

    def test_client_and_server_certificates_fit_their_purpose_only(self):
        pki = Pki(self.directory / "pki")
        pki.client("clerk")
        self.assertRegex(self.verify(pki, "clerk"), "OK")
        self.assertRegex(self.verify(pki, "server", "sslserver"), "OK")
        self.assertRegex(self.verify(pki, "clerk", "sslserver"), "unsuitable certificate purpose")
        self.assertRegex(self.verify(pki, "server"), "unsuitable certificate purpose")

    def test_names(self):
        pki = Pki(self.directory / "pki")
        pki.client("officer-kyzmat")

        def names(name):
            return run("openssl", "x509", "-in", pki.certificate(name), "-noout", "-ext", "subjectAltName").stdout

        self.assertIn("URI:urn:kezek:principal:officer-kyzmat", names("officer-kyzmat"))
        self.assertRegex(names("server"), r"DNS:localhost, IP Address:127\.0\.0\.1, IP Address:0:0:0:0:0:0:0:1")

    def test_again_changes_nothing_but_the_crl(self):
        pki = Pki(self.directory / "pki")
        pki.client("clerk")
        before = {path.name: path.read_bytes() for path in pki.directory.glob("*.*")}
        pki.client("clerk")
        after = {path.name: path.read_bytes() for path in pki.directory.glob("*.*")}
        self.assertNotEqual(before.pop("ca.crl"), after.pop("ca.crl"))
        self.assertEqual(before, after)

    def test_an_expired_one_is_renewed_with_its_key(self):
        pki = Pki(self.directory / "pki")
        pki.expired("clerk")
        key = pki.key("clerk").read_bytes()
        self.assertRegex(self.verify(pki, "clerk"), "expired")
        pki.client("clerk")
        self.assertRegex(self.verify(pki, "clerk"), "OK")
        self.assertEqual(pki.key("clerk").read_bytes(), key)

    def test_revoked(self):
        pki = Pki(self.directory / "pki")
        pki.client("clerk", "other")
        pki.revoke("clerk")
        self.assertRegex(self.verify(pki, "clerk"), "revoked")
        self.assertRegex(self.verify(pki, "other"), "OK")
        # A fresh CRL keeps what was revoked.
        pki.fresh_crl()
        self.assertRegex(self.verify(pki, "clerk"), "revoked")

    def test_keys_are_for_their_owner(self):
        pki = Pki(self.directory / "pki")
        pki.client("clerk")
        for path in pki.directory.glob("*.key"):
            self.assertEqual(path.stat().st_mode & 0o77, 0, path)

    def test_a_lost_authority_takes_everything_with_it(self):
        pki = Pki(self.directory / "pki")
        pki.client("clerk")
        pki.ca.unlink()
        pki.client("clerk")
        self.assertRegex(self.verify(pki, "clerk"), "OK")


class Packages(Directory):
    def test_nothing_is_missing_where_the_tests_run(self):
        self.assertEqual(run(ROOT / "config" / "install", "--list", "run", "build", "test").stdout, "")

    def test_says_what_to_install_where_it_may_not(self):
        copy = self.directory / "config"
        copy.mkdir()
        shutil.copy(ROOT / "config" / "install", copy)
        (copy / "packages").write_text("[run]\nkezek-no-such-package  # reason\n[test]\nother  # reason\n")
        # A host without sudo, also where this one has it.
        tools = self.directory / "tools"
        tools.mkdir()
        for tool in pathlib.Path("/usr/bin").iterdir():
            if tool.name != "sudo":
                (tools / tool.name).symlink_to(tool)
        command = ["bash", str(copy / "install"), "run"]
        if os.getuid() == 0:
            command = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command]
        done = subprocess.run(command, text=True, capture_output=True, stdin=subprocess.DEVNULL, check=False,
                              env={**os.environ, "PATH": str(tools)})
        self.assertEqual(done.returncode, 1)
        self.assertIn("apt-get install --no-install-recommends kezek-no-such-package\n", done.stderr)


if __name__ == "__main__":
    main()

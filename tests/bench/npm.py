"""The peers that run on Node: fetched from npm by the bench alone, into its build, and spoken to line by line."""

import json
import pathlib
import shutil
import subprocess

from support.house import BUILD, ROOT

SOURCES = pathlib.Path(__file__).resolve().parent / "peers"
HOME = BUILD / "peers"


class Missing(Exception):
    """Why there is no such peer here."""


def fetch(bench):
    """The peers' packages, exactly those of the lock; returns the Node among them."""
    if not shutil.which("npm"):
        bench.say("installing npm")
        subprocess.run([ROOT / "config" / "install", "peers"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)
    if not shutil.which("npm"):
        raise Missing("there is no npm on this machine (config/install peers)")
    HOME.mkdir(exist_ok=True)
    lock, fetched = SOURCES / "package-lock.json", HOME / "package-lock.json"
    is_fresh = fetched.exists() and fetched.read_bytes() == lock.read_bytes() and (HOME / "fetched").exists()
    for source in SOURCES.iterdir():
        shutil.copy(source, HOME)
    if not is_fresh:
        bench.say("fetching the peers from npm")
        (HOME / "fetched").unlink(missing_ok=True)
        done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=HOME,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False)
        if done.returncode:
            raise Missing("npm ci failed: " + " ".join(line for line in done.stdout.splitlines() if "error" in line)[:200])
        (HOME / "fetched").touch()
    found = list(HOME.glob("node_modules/node-linux-*/bin/node"))
    if not found:
        raise Missing("npm has no Node for this machine")
    return found[0]


class NodePeer:
    """One script in a database of its own in the world's cluster; as many processes as a setting asks for."""

    def __init__(self, bench, script):
        self.node = fetch(bench)
        self.script, self.database = script, f"bench_{script}"
        self.cluster, self.pki = bench.world.cluster, bench.world.pki
        self.body = bench.world.directory / "body.json"
        self.log = open(bench.world.directory / f"{script}.log", "ab")  # closed with the peer
        self.cluster.sql(f"CREATE DATABASE {self.database}")
        self.processes = []
        self.version = self.start(1)[0]["version"]

    def start(self, count):
        """As many processes; what each says of itself."""
        self.end()
        settings = {"host": str(self.cluster.socket), "database": self.database, "user": "postgres",
                    "body": str(self.body), "certificate": str(self.pki.certificate("server")),
                    "key": str(self.pki.key("server"))}
        for _ in range(count):
            self.processes.append(subprocess.Popen(
                [self.node, HOME / f"{self.script}.mjs", json.dumps(settings)], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=self.log, text=True, env={"NODE_ENV": "production", "PATH": "/usr/bin:/bin"}))
        return self._ask("version", {})

    def _ask(self, verb, options, among=None):
        processes = self.processes[:among]
        for process in processes:
            process.stdin.write(json.dumps({"do": verb, **options}) + "\n")
            process.stdin.flush()
        answers = [process.stdout.readline() for process in processes]
        if not all(answers):
            self.log.flush()
            text = pathlib.Path(self.log.name).read_text(encoding="utf-8", errors="replace")
            raise RuntimeError(f"{self.script}.mjs: {verb}:\n{text[-2000:]}")
        return [json.loads(answer) for answer in answers]

    def ask(self, verb, *, processes=None, **options):
        """A command to every process; `processes`: so many from now on, over which `lanes` are spread."""
        if processes and processes != len(self.processes):
            self.start(processes)
        if "lanes" in options:
            options["lanes"] = max(1, options["lanes"] // len(self.processes))
        return self._ask(verb, options)

    def fill(self, count):
        """As many items wait, and nothing else is there."""
        self._ask("fill", {"count": count}, among=1)
        self.cluster.sql("VACUUM ANALYZE", self.database, timeout=1800)

    def measure(self, **options):
        """Items a second, and whether they ran dry."""
        said = self._ask("measure", options)
        return sum(one["per_second"] for one in said), any(one["dry"] for one in said)

    def end(self):
        for process in self.processes:
            process.stdin.close()
            process.stdout.read()
            process.wait()
            process.stdout.close()
        self.processes = []

    def close(self):
        self.end()
        self.log.close()


def peer(bench, script):
    """Made once."""
    def make():
        made = NodePeer(bench, script)
        bench.helpers.append(made)
        return made

    return bench.once(f"npm {script}", make)

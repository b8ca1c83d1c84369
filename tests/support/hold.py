"""A transaction that stays open beside what is tested."""

import subprocess

from .kezek import eventually


class Hold:
    """A transaction of the test's own that keeps rows locked until it is told to end."""

    def __init__(self, world, text):
        self.world = world
        self.psql = subprocess.Popen(
            ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", world.cluster.socket,
             "-U", "postgres", "-d", world.database, "-f", "-"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.psql.stdin.write(f"BEGIN;\n{text};\n\\echo held\n")
        self.psql.stdin.flush()
        line = self.psql.stdout.readline()
        while line and line.strip() != "held":
            line = self.psql.stdout.readline()
        assert line, "psql ended"

    def end(self, text="SELECT 1", how="COMMIT"):
        self.psql.stdin.write(f"{text};\n{how};\n")
        self.psql.stdin.close()
        self.psql.stdout.read()
        assert self.psql.wait(20) == 0
        self.psql.stdout.close()

    def lose(self):
        """PostgreSQL was killed under it."""
        self.psql.stdin.close()
        self.psql.stdout.close()
        self.psql.wait(20)

    def await_waiter(self):
        """Until somebody in the world's database waits for a lock."""
        eventually(lambda: self.world.sql("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                                          "AND datname = current_database()"))

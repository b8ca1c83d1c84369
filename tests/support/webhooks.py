"""What the suites of webhooks share: hooks and receivers that end with their test, and waiting for what comes of them."""

from .casework import CaseTest
from .kezek import eventually
from .receiver import Receiver


class Webhooks(CaseTest):
    world_options = {"webhook_timeout": "3"}
    admin = property(lambda self: self.world.client("admin"))

    def receiver(self, answer=None, pki=True):
        made = Receiver(self.world.pki if pki is True else pki, answer)
        self.addCleanup(made.close)
        return made

    def hook(self, url, principal="officer-probe", name="probe", **more):
        made = self.admin.post("/v1/webhooks", {"name": name, "principal": principal, "url": url, **more}).must(201).json
        self.addCleanup(self.admin.delete, f"/v1/webhooks/{name}")
        return made

    def look(self, name="probe"):
        return self.admin.get(f"/v1/webhooks/{name}").must(200).json

    def deliveries(self, name="probe", query=""):
        return self.admin.get(f"/v1/webhooks/{name}/deliveries{query}").must(200)["items"]

    def attempted(self, times, name="probe"):
        """The first delivery, once that many attempts are over; what is under way is not."""
        def one():
            rows = self.world.sql(f"SELECT attempts, flying FROM kezek.delivery WHERE webhook = '{name}' ORDER BY position LIMIT 1")
            return rows == [[str(times), "f"]] and self.deliveries(name)[0]

        return eventually(one, 15)

    def quiet(self, name="probe"):
        """Nothing is left to deliver."""
        def is_quiet():
            hook, head = self.look(name), self.world.sql("SELECT position FROM kezek.feed_head")[0][0]
            return hook["pending"] == 0 and hook["position"] == int(head)

        eventually(is_quiet, 20)

    def restart(self):
        self.world.forget_clients()
        self.world.daemon.start()

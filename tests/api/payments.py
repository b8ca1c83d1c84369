"""The fee before the work: when it is owed, and that it is owed once."""

from support.kezek import ApiTest, main

START = "2026-04-16T10:00:00+06:00"  # a Thursday, working time
PAPERS = [{"kind": "title_deed", "original": True}, {"kind": "site_plan"}]


class Prepaid(ApiTest):
    """22-1 of the demo: registered and paused without its documents, and paid before the work."""

    def setUp(self):
        self.world.set_clock(START)

    def submit(self, documents):
        return self.clerk.post("/v1/requests", {
            "service": "22-1", "territory": "KG-GB", "applicant": {"kind": "company", "name": "Ала-Тоо"},
            "form": {"cadastral_number": "1-02-03", "storeys": 2}, "documents": documents}).must(201).json

    def states(self, request):
        return [(d["kind"], d["state"], d["due_on"]) for d in request["deadlines"]]

    def test_nobody_is_late_to_pay_who_cannot_pay_yet(self):
        request = self.submit(PAPERS[:1])
        self.assertEqual((request["state"], self.states(request)[1:]), ("paused", [("cure", "running", "2026-05-18")]))
        # Ten working days later its fee would have been late.
        self.world.set_clock("2026-05-14T10:00:00+06:00")
        request = self.clerk.act(request, "complete", {"documents": PAPERS[1:]}).must(200).json
        self.assertEqual((request["state"], self.states(request)[1:]),
                         ("awaiting_payment", [("cure", "met", "2026-05-18"), ("pay", "running", "2026-05-29")]))
        request = self.clerk.act(request, "pay", {"amount_tyiyn": 250000}).must(200).json
        self.assertEqual((request["state"], self.states(request)[2:]),
                         ("queued", [("pay", "met", "2026-05-29"), ("decide", "running", "2026-06-15")]))

    def test_the_fee_is_asked_once(self):
        officer = self.officer("bishkek-architecture")
        request = self.submit(PAPERS)
        request = self.clerk.act(request, "pay", {"amount_tyiyn": 250000}).must(200).json
        claim, = officer.post("/v1/queues/bishkek-architecture/claims", {"request": request["id"]}).must(200)["claims"]
        request = officer.post(f"/v1/requests/{request['id']}/pause", {
            "claim": claim["claim"], "fence": claim["fence"], "ground": "documents_missing", "cure_by": "2026-05-18",
            "documents_wanted": ["site_plan"]}).must(200).json
        # Given to nobody's hands meanwhile.
        request = self.supervisor.act(request, "reassign", {"to_agency": "bishkek-architecture"}).must(200).json
        request = self.clerk.act(request, "complete", {"documents": PAPERS[1:]}).must(200).json
        self.assertEqual((request["state"], request["deadlines"][-2]["state"]), ("queued", "running"))


if __name__ == "__main__":
    main()

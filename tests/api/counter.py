"""`kezek submit` as a clerk meets it: the manual's own example, questions at a terminal, faults and files."""

import json
import os
import pathlib
import re
import subprocess
import tempfile

from support.kezek import CLERK_OFFICE, KEZEK, ROOT, ApiTest, main
from support.terminal import dialogue

NUMBER = re.compile(rf"\b{CLERK_OFFICE}-\d+/\d\d\b")


def example(heading):
    """The commands of the manual's example below that sentence, as a shell reads them."""
    page = (ROOT / "daemon" / "cli" / "kezek.1").read_text(encoding="utf-8")
    block = page[page.index(heading):].partition(".Bd -literal -offset indent\n")[2].partition(".Ed\n")[0]
    return re.sub(r"^\$ ", "", block.replace("\\e", "\\"), flags=re.M)


class Counter(ApiTest):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def environment(self, who="clerk"):
        return {**self.world.environment(who), "XDG_STATE_HOME": str(self.folder)}

    def ask(self, *words, answers, status=0, who="clerk", lang="en"):
        done, said = dialogue([KEZEK, "--lang", lang, "submit", *words], self.environment(who), answers)
        self.assertEqual(done, status, said)
        return said

    def request(self, said):
        """The request whose number was printed."""
        return json.loads(self.world.kezek("clerk", "show", NUMBER.findall(said)[0], "--json").stdout)

    def kezek(self, *words, status=0, **more):
        done = self.world.kezek("clerk", "--lang", "en", *words, check=False, **more)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done


class Manual(Counter):
    def test_the_first_example_works_as_it_stands(self):
        script = example("A clerk's first application")
        self.assertTrue(script.endswith("\nkezek submit\n"), script)  # the questions are another test's
        (self.folder / "var").mkdir()
        exports = "".join(f"export {name}='{value}'\n" for name, value in self.environment().items())
        (self.folder / "var" / "env").write_text(exports)
        done = subprocess.run(["bash", "-eu", "-c", script.removesuffix("kezek submit\n")], cwd=self.folder, text=True,
                              capture_output=True, check=False,
                              env={"PATH": f"{KEZEK.parent}:{os.environ['PATH']}", "LANG": "en_GB.UTF-8", "HOME": str(self.folder)})
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        numbers = list(dict.fromkeys(NUMBER.findall(done.stdout)))
        self.assertEqual(len(numbers), 2, done.stdout)
        first, second = (json.loads(self.world.kezek("clerk", "show", n, "--json").stdout) for n in numbers)
        self.assertEqual((first["state"], first["variant"], first["applicant"]["name"]), ("queued", "4-days", "Asanova Nurzhan"))
        self.assertEqual((second["state"], second["variant"], second["language"]), ("queued", "standard", "ru"))


class Questions(Counter):
    def test_from_the_service_to_the_receipt(self):
        said = self.ask(answers=[
            ("Service code", "passport"), ("Service code", "6-49"),
            ("Variant", "5-days"), ("Variant", "4-days"),
            ("PIN", "123"), ("looks wrong", "21509199012345"),
            ("full name", "Асанова Нуржан"), ("Telephone", "+996700112233"), ("Address", ""),
            ("photo_taken", "perhaps"), ("photo_taken", "yes"), ("Previous passport", "yes")])
        request = self.request(said)
        self.assertEqual((request["state"], request["variant"]), ("queued", "4-days"))
        self.assertEqual(request["applicant"], {"kind": "person", "pin": "21509199012345", "name": "Асанова Нуржан",
                                                "phone": "+996700112233"})
        self.assertEqual(request["form"], {"photo_taken": True})
        self.assertEqual(request["documents"], [{"kind": "previous_passport", "original": True}])

    def test_a_form_is_held_against_its_schema_in_the_users_language(self):
        said = self.ask("--service", "21-2", "--variant", "standard", "--name", "A", "--pin", "21509199012345", lang="ru", answers=[
            ("Телефон", ""), ("Адрес", ""),
            ("child_pin", "12"), ("child_pin", "11509202012345"),
            ("born_on", "15.09.2020"), ("born_on", "2020-09-15"),
            ("wishes", "by the park, with a garden"),
            ("оригинал", "да"), ("оригинал", "д"), ("Код территории", "KG-GB")])
        self.assertRegex(said, r"\n  [А-Я][^\n]*\n")
        self.assertEqual(self.request(said)["form"], {"child_pin": "11509202012345", "born_on": "2020-09-15",
                                                      "wishes": ["by the park", "with a garden"]})

    def test_what_the_server_refuses_is_asked_for_anew(self):
        said = self.ask("--service", "1-1", "--name", "A", "--phone", "1", "--address", "x", answers=[
            ("Who applies", "nobody"), ("Who applies", "person"), ("PIN", ""), *self.form_of("1-1"),
            ("Territory code", "KG-NOWHERE"), ("Territory code", "KG-GB")])
        request = self.request(said)
        self.assertEqual((request["territory"], request["agency"]), ("KG-GB", "bishkek-hall"))

    def form_of(self, code):
        """An answer for each member of that service's form, and for each of its documents."""
        standard = self.clerk.get(f"/v1/services/{code}").must(200).json
        form, values = standard.get("form", {}), {"boolean": "yes", "integer": "1", "number": "1"}
        properties = form.get("properties", {})
        names = sorted(properties, key=lambda n: n not in form.get("required", []))
        asked = [(n, (properties[n].get("enum") or [values.get(properties[n]["type"], "text")])[0]) for n in names]
        return asked + [("document here", "no") for _ in standard["documents"]]

    def test_only_what_is_offered_here(self):
        self.world.principal("clerk-elsewhere", "clerk", office=self.elsewhere())
        said = self.ask("--service", "6-49", who="clerk-elsewhere", status=1,
                        answers=[("Variant", "3-hours"), ("Variant", None)])
        self.assertNotIn("  3-hours", said)
        self.assertIn("nothing was sent", said)

    def elsewhere(self):
        offices = json.loads((ROOT / "config" / "catalogue" / "bodies.json").read_text(encoding="utf-8"))["offices"]
        return next(o["code"] for o in offices if o["code"] != CLERK_OFFICE)


class Answers(Counter):
    words = ("--service", "6-49", "--variant", "standard", "--name", "Асанов Үсөн", "--form", "photo_taken=true")

    def test_warnings_stand_behind_the_receipt(self):
        done = self.kezek("submit", *self.words, "--pin", "99999999999999")
        self.assertTrue(NUMBER.search(done.stdout))
        self.assertIn("Please note", done.stderr)
        self.assertIn("/applicant/pin", done.stderr)
        told = json.loads(self.kezek("submit", *self.words, "--pin", "99999999999999", "--json").stdout)["warnings"]
        self.assertIn(told[0]["detail"], done.stderr)
        self.assertEqual(self.kezek("submit", *self.words).stderr, "")

    def test_who_is_refused_gets_the_slip_of_the_refusal(self):
        done = self.kezek("refuse", *self.words, "--language", "ru", "--ground", "identity_not_confirmed")
        number = NUMBER.search(done.stdout)[0]
        slip = self.kezek("receipt", number).stdout
        self.assertIn(slip.strip(), done.stdout)
        self.assertIn("в административный суд", done.stdout)

    def test_files_go_along(self):
        photo, paper = self.folder / "photo.jpg", self.folder / "paper.pdf"
        photo.write_bytes(b"\xff\xd8\xff" + bytes(200))
        paper.write_bytes(b"%PDF-1.4\n")
        done = self.kezek("submit", *self.words, "--attach", f"previous_passport={paper}", "--attach", f"other={photo}")
        number = NUMBER.search(done.stdout)[0]
        self.assertEqual((done.stdout.count("sha256"), done.stderr), (2, ""))
        listed = json.loads(self.kezek("document", number, "--json").stdout)["items"]
        self.assertEqual([(d["name"], d["kind"]) for d in listed], [("paper.pdf", "previous_passport"), ("photo.jpg", "other")])

    def test_a_file_that_is_not_there_keeps_all_from_being_sent(self):
        before = len(json.loads(self.kezek("list", "--all", "--json").stdout)["items"])
        for given in ("other=/nonexistent", "other", "=x", f"other={self.folder}"):
            self.kezek("submit", *self.words, "--attach", given, status=2)
        self.assertEqual(len(json.loads(self.kezek("list", "--all", "--json").stdout)["items"]), before)

    def test_a_file_that_the_server_refuses_leaves_the_application(self):
        """And it is not taken for a refusal of the application, which would be asked for anew and doubled."""
        file = self.folder / "paper.exe"
        file.write_bytes(b"MZ")
        code, said = dialogue([KEZEK, "--lang", "en", "submit", *self.words, "--pin", "21509199012345", "--phone", "1",
                               "--address", "x", "--document", "previous_passport", "--attach", f"other={file}"],
                              self.environment(), [])
        self.assertEqual(code, 1, said)
        self.assertIn("is not attached", said)
        self.assertEqual(len(set(NUMBER.findall(said))), 1)


if __name__ == "__main__":
    main()

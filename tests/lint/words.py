"""Every word for people is there in Kyrgyz, Russian and English, and each takes the same details."""

import re

from support.lint import LintTest, files, main, text_of

ROW = re.compile(r'X\((\w+),\s*((?:"(?:[^"\\]|\\.)*"\s*)+),\s*((?:"(?:[^"\\]|\\.)*"\s*)+),\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\)')
CYRILLIC = re.compile(r"[а-яёңөүА-ЯЁҢӨҮ]")


def lists():
    """The lists of words: what a daemon says, and what the command says."""
    said_by_the_command = [f"daemon/cli/{name}.def" for name in ("words", "help", "failure")]
    return [name for name in files(".def") if name.startswith("lib/words/") or name in said_by_the_command]


def rows():
    for name in lists():
        text = re.sub(r"/\*.*?\*/", "", text_of(name), flags=re.S)
        for row in ROW.finditer(text):
            texts = ["".join(re.findall(r'"((?:[^"\\]|\\.)*)"', row[i])) for i in (2, 3, 4)]
            yield name, row[1], texts


class Words(LintTest):
    def test_no_row_escapes_this_lint(self):
        counted = {name: len(re.findall(r"^X\(", text_of(name), re.M))
                   for name in lists()}
        parsed = dict.fromkeys(counted, 0)
        for name, _, _ in rows():
            parsed[name] += 1
        self.assertEqual(parsed, counted)
        self.assertGreater(sum(parsed.values()), 30)

    def test_every_word_has_three_languages(self):
        self.assert_none(f"{name}: {word} lacks a language" for name, word, texts in rows()
                         if not all(text.strip() for text in texts))

    def test_kyrgyz_and_russian_are_written_in_cyrillic_and_english_is_not(self):
        def is_wrong(ky, ru, en):
            # Words without a letter, and mere abbreviations, are the same everywhere.
            if not re.search(r"[a-z]{2}", re.sub(r"\{\d\}", "", en)):
                return False
            return not (CYRILLIC.search(ky) and CYRILLIC.search(ru)) or CYRILLIC.search(en)

        self.assert_none(f"{name}: {word}: {texts}" for name, word, texts in rows() if is_wrong(*texts))

    def test_each_language_takes_the_same_details(self):
        def details(text):
            return set(re.findall(r"\{\d\}", text))

        self.assert_none(f"{name}: {word}: {texts}" for name, word, texts in rows()
                         if len({frozenset(details(text)) for text in texts}) != 1)

    def test_no_word_stands_twice(self):
        seen, offences = {}, []
        for name, word, _ in rows():
            if word in seen:
                offences.append(f"{name}: {word} stands in {seen[word]} too")
            seen[word] = name
        self.assert_none(offences)


if __name__ == "__main__":
    main()

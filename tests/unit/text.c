/* text, uuid, words, fault: the small ground. */
#include "lib/fault.h"
#include "lib/fold.h"
#include "lib/uuid.h"
#include "tests/unit/tap.h"

static void test_text(void)
{
	_text_ t = TEXT_INIT;

	text_add_json(&t, "a\"\\\n\x01я");
	check(strcmp(t.data, "\"a\\\"\\\\\\n\\u0001я\"") == 0, "JSON string is escaped");
	text_reset(&t);
	text_addf(&t, "%d-%s", 7, "x");
	text_add_hex(&t, "\xff\x00", 2);
	check(strcmp(t.data, "7-xff00") == 0, "formatted and hex additions");
}

static void test_uuid(void)
{
	static const uint8_t random[10] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct uuid u = uuid_make_v7(1645557742000000, random), v;
	char s[UUID_TEXT_SIZE];

	uuid_format(&u, s);
	/* The example of RFC 9562 appendix A.6, with all random bits set. */
	check(strcmp(s, "017f22e2-79b0-7fff-bfff-ffffffffffff") == 0, "version 7 layout");
	check(uuid_parse(span_of(s), &v) && uuid_compare(&u, &v) == 0, "parse gives it back");
	check(uuid_at(&v) == 1645557742000000, "carries its moment");
	check(!uuid_parse(SPAN("017f22e279b07fffbfffffffffffffff"), &v), "no other form");
}

static void test_words(void)
{
	bool same = true;

	for (int w = 0; w < WORD_COUNT; w++) {
		for (char digit = '0'; digit <= '9'; digit++) {
			char place[4] = {'{', digit, '}', '\0'};
			int has = 0;

			for (int l = 0; l < LANG_COUNT; l++)
				has += strstr(word_text((enum word)w, (enum lang)l), place) != NULL;
			same = same && (has == 0 || has == LANG_COUNT);
		}
	}
	check(same, "every word has the same placeholders in every language");
	check(lang_negotiate(SPAN("de, ru;q=0.5, ky;q=0.9"), LANG_EN) == LANG_KY,
		"best quality wins");
	check(lang_negotiate(SPAN("fr"), LANG_EN) == LANG_EN, "nothing known: the default");
	check(lang_negotiate(SPAN("ru-RU,ru;q=0.9,en;q=0.8"), LANG_KY) == LANG_RU,
		"region is ignored");
}

static void test_faults(void)
{
	_faults_ f = {0};
	_text_ t = TEXT_INIT;
	_free_ char *p = pointer_join("/a", "b/c~d");

	faults_add(&f, p, WORD_reason_wrong_type, "string", NULL);
	text_add_fault(&t, &f.items[0], LANG_EN);
	check(strcmp(p, "/a/b~1c~0d") == 0, "pointers are escaped");
	check(strcmp(reason_code(f.items[0].reason), "wrong_type") == 0, "reason code");
	check(strcmp(t.data, "wrong type, expected string") == 0, "reason text");
}

static void test_fold(void)
{
	_text_ t = TEXT_INIT;

	text_add_folded(&t, SPAN("Ёлка ҢӨҮ Паспорт ID-6 ҐЏ"));
	check(strcmp(t.data, "елка ноу паспорт id-6 ґџ") == 0, "folded: %s", t.data);
	text_reset(&t);
	/* Latin with its marks, in pairs that begin with even and with odd ones. */
	text_add_folded(&t, SPAN("MÜLLER ÉÐ×÷ßÿŸ ĀāĶķ ŁłŽž ŠşĞŴ İIıi"));
	check(strcmp(t.data, "müller éð×÷ßÿÿ āāķķ łłžž šşğŵ iiii") == 0, "latin: %s", t.data);
	text_reset(&t);
	/* й and ё in two signs, a stress; a mark over a Latin letter and over nothing stays. */
	text_add_folded(&t, SPAN("И\u0306и\u0306 Е\u0308 о\u0301 e\u0301 \u0306"));
	check(strcmp(t.data, "йй е о e\u0301 \u0306") == 0, "marks: %s", t.data);
	text_reset(&t);
	text_adds(&t, "и");
	text_add_folded(&t, SPAN("\u0306й"));
	check(strcmp(t.data, "и\u0306й") == 0, "what stood there is not touched: %s", t.data);
}

static void test_words_of_a_name(void)
{
	struct span rest = span_of(" асанов-уулу  «усен» o’brien oʻzbek 3"), word;
	_text_ t = TEXT_INIT;

	while (fold_next_word(&rest, &word)) {
		text_add_span(&t, word);
		text_add_char(&t, '|');
	}
	check(strcmp(t.data, "асанов|уулу|усен|o|brien|o|zbek|3|") == 0, "words: %s", t.data);
	rest = span_of("\xe2");
	check(!fold_next_word(&rest, &word), "half a sign is no word");
	rest = span_of("\xca");
	check(fold_next_word(&rest, &word) && word.len == 1, "half a letter stays what it is");
}

int main(void)
{
	test_text();
	test_uuid();
	test_words();
	test_faults();
	test_fold();
	test_words_of_a_name();
	return tap_end();
}

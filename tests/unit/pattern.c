/* pattern: ECMA-262's regular part, and the bounds. */
#include "lib/pattern.h"
#include "tests/unit/tap.h"

static int matches(const char *pattern, const char *s)
{
	struct pattern *p;
	int found;

	if (pattern_read(span_of(pattern), &p) != 0)
		return -1;
	found = pattern_matches(p, span_of(s));
	pattern_free(p);
	return found;
}

static void test_matches(void)
{
	static const struct {
		const char *pattern, *text;
		int expected;
	} cases[] = {
		{"", "", 1},
		{"", "x", 1},
		{"a", "xay", 1},
		{"^a", "ba", 0},
		{"a$", "ab", 0},
		{"^a$", "a", 1},
		{"^$", "", 1},
		{"^$", "a", 0},
		{"a*", "", 1},
		{"^a+$", "aaa", 1},
		{"^a+$", "", 0},
		{"^ab?c$", "ac", 1},
		{"^(ab)*$", "ababab", 1},
		{"^(ab)*$", "aba", 0},
		{"^(a|b|cd)$", "cd", 1},
		{"^(a|b|cd)$", "c", 0},
		{"^(?:a|)$", "", 1},
		{"^a{3}$", "aaa", 1},
		{"^a{3}$", "aa", 0},
		{"^a{2,}$", "aaaa", 1},
		{"^a{2,}$", "a", 0},
		{"^a{1,3}$", "aaaa", 0},
		{"^a{0}$", "", 1},
		{"^(a{2}){2}$", "aaaa", 1},
		{"^[0-9]{14}$", "21509199012345", 1},
		{"^\\d{2}-\\d{2}$", "12-34", 1},
		{"^\\D$", "1", 0},
		{"^[^0-9]$", "x", 1},
		{"^[^\\d]$", "7", 0},
		{"^[\\w.-]+@[\\w.-]+$", "a.b-c@d.e", 1},
		{"^\\S+\\s\\S+$", "a b", 1},
		{"^[А-Я][а-яё]+$", "Бишкек", 1},
		{"^.$", "ү", 1},
		{"^..$", "ү", 0},
		{"^.$", "\n", 0},
		{"^\\u0410$", "А", 1},
		{"^[\\-\\]]+$", "-]", 1},
		{"^[a-]$", "-", 1},
		{"^a\\.b$", "a.b", 1},
		{"^a\\.b$", "axb", 0},
		{"^(a*)*$", "aaaa", 1},
		{"^(a*)*b$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaac", 0},
		{"^(a|a)*$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaab", 0},
		{"a|^b", "xb", 0},
		{"^a|b$", "xb", 1},
		{"^a+?$", "aa", 1},
		{"^[]$", "a", 0},
		{"^[^]$", "a", 1},
		{"^KG-[A-Z]{2}(-\\d{2})?$", "KG-GB-01", 1},
		{"^(\\+996|0)\\d{9}$", "+996555123456", 1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		check(matches(cases[i].pattern, cases[i].text) == cases[i].expected, "%s on %s",
			cases[i].pattern, cases[i].text);
	}
}

static void test_refused(void)
{
	static const char *const bad[] = {"(", ")", "a)", "[", "[a", "*", "a**", "+", "{2}", "a{2",
		"a{3,2}", "a{", "^*", "$+", "\\", "\\b", "\\p{L}", "\\1", "(?=a)", "(?!a)",
		"(?<=a)", "\\q", "\\u12", "\\ud800", "[b-a]", "a{2000}", "((a{100}){100}){100}",
		"]", "}", "[\\q]"};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check(matches(bad[i], "a") == -1, "refused: %s", bad[i]);
}

static void test_bounds(void)
{
	char *text = malloc(PATTERN_TEXT_MAX + 2), *deep = malloc(100000);
	struct pattern *p;

	memset(text, 'a', PATTERN_TEXT_MAX + 1);
	text[PATTERN_TEXT_MAX + 1] = '\0';
	check(matches("^a*$", text) == 0, "a longer text matches nothing");
	text[PATTERN_TEXT_MAX] = '\0';
	check(matches("^a*$", text) == 1, "one at the limit does");
	check(matches("(a*)*(a*)*(a*)*b", text) == 0, "and time stays linear");
	memset(deep, '(', 99999);
	deep[99999] = '\0';
	check(pattern_read(span_of(deep), &p) > 0, "groups are not nested for ever");
	memset(deep, '|', 99999);
	check(pattern_read(span_of(deep), &p) > 0, "nor choices strung together");
	free(text);
	free(deep);
}

int main(void)
{
	test_matches();
	test_refused();
	test_bounds();
	return tap_end();
}

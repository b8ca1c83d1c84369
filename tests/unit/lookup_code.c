/* lookup_code: what is printed on a receipt is found again however it is typed. */
#include "lib/lookup_code.h"
#include "tests/unit/tap.h"

static bool parses(const char *typed, const char *as)
{
	char code[LOOKUP_CODE_SIZE] = "untouched";

	return lookup_code_parse(span_of(typed), code) ? as && strcmp(code, as) == 0
						       : !as && strcmp(code, "untouched") == 0;
}

static void test_make(void)
{
	static const uint8_t low[LOOKUP_CODE_CHANCE] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
	static const uint8_t high[LOOKUP_CODE_CHANCE] = {
		255, 254, 253, 252, 251, 250, 249, 248, 247, 32};
	char code[LOOKUP_CODE_SIZE];

	lookup_code_make(low, code);
	check(strcmp(code, "01234-56789") == 0, "of small bytes");
	lookup_code_make(high, code);
	check(strcmp(code, "ZYXWV-TSRQ0") == 0, "of large bytes, each taken modulo 32");
	check(parses(code, code), "what is made is read as it is");
}

static void test_typed(void)
{
	check(parses("7k3qm9xtrb", "7K3QM-9XTRB"), "small letters without the dash");
	check(parses(" 7K3 QM--9XTRB ", "7K3QM-9XTRB"), "blanks and dashes anywhere");
	check(parses("OoIiLlOoII", "00111-10011"), "O is nought, I and L are one");
	check(parses("авсен-кмртх", "ABCEH-KMPTX"), "typed on a Cyrillic keyboard");
	check(parses("АВСЕО-ЗМРТХ", "ABCE0-3MPTX"), "and in Cyrillic capitals");
}

static void test_refused(void)
{
	check(parses("", NULL), "nothing");
	check(parses("7K3QM-9XTR", NULL), "one too few");
	check(parses("7K3QM-9XTRBB", NULL), "one too many");
	check(parses("7K3QM-9XTRU", NULL), "a letter that no code has");
	check(parses("7K3QM/9XTRB", NULL), "a slash");
	check(parses("Асанов Үсөн", NULL), "a name");
	check(!lookup_code_parse((struct span){"7K3QM\0"
					       "9XTRB",
					 11},
		      (char[LOOKUP_CODE_SIZE]){0}),
		"a NUL byte");
}

int main(void)
{
	test_make();
	test_typed();
	test_refused();
	return tap_end();
}

/* The look-up code: ten characters that are not mistaken for each other, in two groups. */
#include "lib/lookup_code.h"

#define GROUP 5

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* What is typed for what was printed; the right side stands in the alphabet. */
static const struct {
	const char *typed;
	char meant;
} alike[] = {
	{"O", '0'},
	{"o", '0'},
	{"I", '1'},
	{"i", '1'},
	{"L", '1'},
	{"l", '1'},
	{"А", 'A'},
	{"а", 'A'},
	{"В", 'B'},
	{"в", 'B'},
	{"С", 'C'},
	{"с", 'C'},
	{"Е", 'E'},
	{"е", 'E'},
	{"Н", 'H'},
	{"н", 'H'},
	{"К", 'K'},
	{"к", 'K'},
	{"М", 'M'},
	{"м", 'M'},
	{"Р", 'P'},
	{"р", 'P'},
	{"Т", 'T'},
	{"т", 'T'},
	{"Х", 'X'},
	{"х", 'X'},
	{"О", '0'},
	{"о", '0'},
	{"З", '3'},
	{"з", '3'},
};

/* The character that begins `s`, which loses it; '\0': none that may stand in a code. */
static char take_character(struct span *s)
{
	char c = *s->at;

	for (size_t i = 0; i < ARRAY_SIZE(alike); i++) {
		size_t len = strlen(alike[i].typed);

		if (s->len >= len && memcmp(s->at, alike[i].typed, len) == 0) {
			*s = (struct span){s->at + len, s->len - len};
			return alike[i].meant;
		}
	}
	*s = (struct span){s->at + 1, s->len - 1};
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	return c && strchr(alphabet, c) ? c : '\0';
}

/* Where the n-th character stands: behind the dash, or before it. */
static size_t place(size_t n)
{
	return n < GROUP ? n : n + 1;
}

void lookup_code_make(const uint8_t chance[LOOKUP_CODE_CHANCE], char ret_code[LOOKUP_CODE_SIZE])
{
	for (size_t i = 0; i < LOOKUP_CODE_CHANCE; i++)
		ret_code[place(i)] = alphabet[chance[i] % 32];
	ret_code[GROUP] = '-';
	ret_code[LOOKUP_CODE_SIZE - 1] = '\0';
}

bool lookup_code_parse(struct span typed, char ret_code[LOOKUP_CODE_SIZE])
{
	char code[LOOKUP_CODE_SIZE];
	size_t n = 0;

	while (typed.len) {
		char c;

		if (*typed.at == '-' || *typed.at == ' ') {
			typed = (struct span){typed.at + 1, typed.len - 1};
			continue;
		}
		c = take_character(&typed);
		if (!c || n == LOOKUP_CODE_CHANCE)
			return false;
		code[place(n++)] = c;
	}
	if (n < LOOKUP_CODE_CHANCE)
		return false;
	code[GROUP] = '-';
	code[LOOKUP_CODE_SIZE - 1] = '\0';
	memcpy(ret_code, code, sizeof(code));
	return true;
}

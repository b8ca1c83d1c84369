/* Every sentence that people read: the table, its look-up, and the choice of a language. */
#include <strings.h>

#include "lib/words.h"

static const char *const words[WORD_COUNT][LANG_COUNT] = {
#define X(name, ky, ru, en) [WORD_##name] = {ky, ru, en},
#include "lib/words/problem.def"
#include "lib/words/reason.def"
#include "lib/words/term.def"
#include "lib/words/receipt.def"
#include "lib/words/warning.def"
#undef X
};

static const char *const lang_codes[LANG_COUNT] = {"ky", "ru", "en"};

const char *word_text(enum word word, enum lang lang)
{
	return words[word][lang];
}

void text_add_word(
	struct text *t, enum word word, enum lang lang, const char *const args[], size_t nargs)
{
	const char *s = words[word][lang];

	while (*s) {
		if (s[0] == '{' && s[1] >= '0' && s[1] <= '9' && s[2] == '}') {
			size_t i = (size_t)(s[1] - '0');

			if (i < nargs && args[i])
				text_adds(t, args[i]);
			s += 3;
			continue;
		}
		text_add_char(t, *s++);
	}
}

bool lang_parse(struct span s, enum lang *ret)
{
	for (int i = 0; i < LANG_COUNT; i++) {
		if (span_is(s, lang_codes[i])) {
			*ret = (enum lang)i;
			return true;
		}
	}
	return false;
}

const char *lang_code(enum lang lang)
{
	return lang_codes[lang];
}

/* A qvalue of RFC 9110 section 12.4.2 in thousandths; 1000 when absent or malformed. */
static int quality(struct span parameters)
{
	static const int weight[] = {1000, 100, 10, 1};
	int q = 0, digits = 0;

	for (size_t i = 0; i + 2 < parameters.len; i++) {
		if ((parameters.at[i] | 32) != 'q' || parameters.at[i + 1] != '=')
			continue;
		for (size_t j = i + 2; j < parameters.len && digits < 4; j++) {
			char c = parameters.at[j];

			if (c == '.')
				continue;
			if (c < '0' || c > '9')
				break;
			q += (c - '0') * weight[digits++];
		}
		return digits ? q : 1000;
	}
	return 1000;
}

enum lang lang_negotiate(struct span accept_language, enum lang otherwise)
{
	enum lang best = otherwise;
	int best_quality = 0;
	size_t at = 0;

	while (at < accept_language.len) {
		const char *item = accept_language.at + at;
		const char *comma = memchr(item, ',', accept_language.len - at);
		size_t len = comma ? (size_t)(comma - item) : accept_language.len - at;

		at += len + 1;
		while (len && (*item == ' ' || *item == '\t')) {
			item++;
			len--;
		}
		for (int i = 0; i < LANG_COUNT; i++) {
			int q;

			if (len < 2 || strncasecmp(item, lang_codes[i], 2) != 0 ||
				(len > 2 && !strchr("-; \t", item[2])))
				continue;
			q = quality((struct span){item + 2, len - 2});
			if (q > best_quality) {
				best_quality = q;
				best = (enum lang)i;
			}
		}
	}
	return best;
}

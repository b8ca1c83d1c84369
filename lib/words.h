/* Every sentence that people read, in Kyrgyz, Russian and English: one row each, none without the
 * others. */
#pragma once

#include "lib/text.h"

enum lang {
	LANG_KY,
	LANG_RU,
	LANG_EN,
	LANG_COUNT,
};

/*
 * X(name, ky, ru, en). Placeholders are {0}…{9}; all three texts of a row use the same ones (a test
 * holds that). One file per area under lib/words/.
 */
enum word {
#define X(name, ky, ru, en) WORD_##name,
#include "lib/words/problem.def"
#include "lib/words/reason.def"
#include "lib/words/term.def"
#include "lib/words/receipt.def"
#include "lib/words/warning.def"
#undef X
	WORD_COUNT,
};

const char *word_text(enum word word, enum lang lang);
/* The word with {0}… replaced by `args`; a missing argument leaves nothing. Never a format string.
 */
void text_add_word(
	struct text *t, enum word word, enum lang lang, const char *const args[], size_t nargs);
/* "ky", "ru", "en". False: another. */
bool lang_parse(struct span s, enum lang *ret);
const char *lang_code(enum lang lang);
/* The best of the three by RFC 9110 section 12.5.4 (q-values; a tag's first part decides); else
 * `otherwise`. */
enum lang lang_negotiate(struct span accept_language, enum lang otherwise);

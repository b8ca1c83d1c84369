/* The command's sentences: the table, and the language of the environment. */
#include "daemon/cli/words.h"

static const char *const sentences[SAY_COUNT][LANG_COUNT] = {
#define X(name, ky, ru, en) [SAY_##name] = {ky, ru, en},
#include "daemon/cli/words.def"
#include "daemon/cli/help.def"
#include "daemon/cli/failure.def"
#undef X
};

const char *say(enum say what, enum lang lang)
{
	return sentences[what][lang];
}

char *say_with(enum say what, enum lang lang, const char *detail)
{
	struct text t = TEXT_INIT;
	const char *s = sentences[what][lang], *place = strstr(s, "{0}");

	if (place) {
		text_add(&t, s, (size_t)(place - s));
		text_adds(&t, detail ? detail : "");
		text_adds(&t, place + 3);
	} else {
		text_adds(&t, s);
	}
	return text_steal(&t);
}

enum lang say_language(void)
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = getenv(names[i]);
		enum lang lang;

		if (!value || !*value)
			continue;
		return strlen(value) >= 2 && lang_parse((struct span){value, 2}, &lang) ? lang
											: LANG_EN;
	}
	return LANG_EN;
}

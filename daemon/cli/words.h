/* Every sentence of the command in Kyrgyz, Russian and English. */
#pragma once

#include "lib/words.h"

enum say {
#define X(name, ky, ru, en) SAY_##name,
#include "daemon/cli/words.def"
#include "daemon/cli/help.def"
#include "daemon/cli/failure.def"
#undef X
	SAY_COUNT,
};

const char *say(enum say what, enum lang lang);
/* With {0} replaced by `detail`. free() it. */
char *say_with(enum say what, enum lang lang, const char *detail);
/* The language of the environment: LC_ALL, LC_MESSAGES, LANG; English where it names another. */
enum lang say_language(void);

/* Where and who: territories, agencies and offices, as the catalogue names them. */
#pragma once

#include "lib/words.h"

/* All read-only, living as long as their catalogue. */

/* A text in three languages, never NULL: what the file does not give is one of the others. */
struct names {
	const char *text[LANG_COUNT];
};

enum level {
	LEVEL_STATE,
	LEVEL_MUNICIPAL,
};

struct territory {
	const char *code;
	const struct territory *parent; /* NULL: a root */
	unsigned depth;                 /* 0: a root */
	struct names name;
};

struct agency {
	const char *code;
	enum level level;
	const struct agency *parent; /* or NULL */
	const char *calendar;
	const char *head; /* the principal who answers when nobody holds a request */
	struct names name;
};

struct office {
	const char *code;
	const struct agency *agency;
	const struct territory *territory;
	const char *calendar; /* its own, else its agency's */
	struct names name;
};

/* Is `inner` `outer`, or inside it? */
bool territory_is_within(const struct territory *inner, const struct territory *outer);

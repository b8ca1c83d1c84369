/* Rows of kezek.link: requests that came of others. */
#pragma once

#include "lib/text.h"
#include "lib/uuid.h"

/* A request that came of another, as the other sees it: kezek.link. */
struct link_row {
	int no;
	const char *kind; /* consult, part */
	struct uuid child;
	const char *agency, *number;
	int asked;                   /* the same for those that were asked together */
	const char *join;            /* all, any; NULL of a part */
	int64_t answer_by;           /* of a new one; MOMENT_NONE: by the standard's term */
	struct text about;           /* of a new one, sealed */
	bool is_told;                /* what became of it is known to the parent */
	const char *state, *outcome; /* the child's */
	int64_t due_at;
};

#define LINKS_MAX       32 /* of one request */
#define LINKS_ASKED_MAX 16 /* by one act */

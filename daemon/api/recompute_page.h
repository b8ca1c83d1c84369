/* One page of a recomputation: requests read, looked at in turns, and what is to be written of
 * them. */
#pragma once

#include "daemon/api/recompute_figures.h"
#include "daemon/db/request_row.h"
#include "daemon/db/recompute.h"

struct recompute_page {
	struct pool *pool; /* of the rows' strings */
	struct request_row *rows;
	int count, at; /* rows before `at` have been looked at */
	struct recompute_block block;
	struct figures figures; /* of the job, this page included */
	int64_t next_fire_at;   /* the earliest of those that moved */
};

/* The rows of recompute_page; the job's figures before it. */
void recompute_page_init(struct recompute_page *p, const struct unit *u, int statement,
	const struct figures *before);
void recompute_page_done(struct recompute_page *p);
/*
 * Looks at rows for a turn. `code`: the calendar that changes. `dry`: nothing is to be written.
 * True: that was the last one.
 */
bool recompute_page_look(
	struct recompute_page *p, struct api *a, struct book *b, const char *code, bool dry);

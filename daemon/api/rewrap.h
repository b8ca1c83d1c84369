/* What a rotation of keys computes of a page, between reading and writing it. */
#pragma once

#include "daemon/db/pg.h"
#include "daemon/seal.h"

/* Requests that no key of ours opens: named on standard error, and asked for no more. */
#define REWRAP_SKIPPED_MAX 100
struct rewrap_skipped {
	struct uuid requests[REWRAP_SKIPPED_MAX];
	int count;
};

/* Rows of rewrap_page to columns (request, wrapped as read, wrapped anew). False: too many skipped,
 * nothing is left in the columns. */
bool rewrap_keys(struct seal *s, const struct unit *u, int master, struct rewrap_skipped *skipped,
	struct columns *ret);
/* Rows of relook_page to columns (request, version) and (request, kind, hash). */
bool rewrap_lookups(struct seal *s, const struct unit *u, struct rewrap_skipped *skipped,
	struct columns *ret_requests, struct columns *ret_lookups);

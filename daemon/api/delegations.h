/* Delegations: the rows of the cache and of the resource. */
#pragma once

#include "daemon/api/call.h"
#include "lib/delegation.h"
#include "lib/pool.h"

struct deputies *deputies_new(void);
void deputies_free(struct deputies *s);
/* The rows of SQL_DELEGATIONS; strings and rows are the pool's. */
size_t delegations_read(
	struct pool *pool, const struct unit *u, int statement, struct delegation **ret);
/* Answers with one, from the first row of a statement with the columns of SQL_DELEGATION_LIST. */
void delegation_reply(struct call *c, int status, int statement);

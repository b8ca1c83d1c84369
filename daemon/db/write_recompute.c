/* Recomputed dates: the requests of a page to array columns. */
#include "daemon/db/recompute.h"
#include "daemon/db/write.h"

#define REQUEST_SIGNATURE "uiiizdot"

void recompute_block_init(struct recompute_block *b)
{
	columns_init(&b->requests, REQUEST_SIGNATURE);
	columns_init(&b->deadlines, DEADLINE_SIGNATURE);
	columns_init(&b->events, EVENT_SIGNATURE);
}

void recompute_block_done(struct recompute_block *b)
{
	columns_done(&b->requests);
	columns_done(&b->deadlines);
	columns_done(&b->events);
}

void recompute_block_add(struct recompute_block *b, const struct uuid *request, int read_seq,
	const struct state_row *state, const struct changes *changes)
{
	struct columns *c = &b->requests;

	cell_uuid(c, request);
	cell_int(c, read_seq);
	cell_int(c, state->version);
	cell_int(c, state->seq);
	cell_moment(c, state->due_at);
	cell_day(c, state->due_on);
	cell_bool(c, state->provisional);
	cell_text(c, state->decide);
	write_deadlines(&b->deadlines, request, changes);
	write_events(&b->events, request, changes);
}

int recompute_block_count(const struct recompute_block *b)
{
	return b->requests.rows;
}

void recompute_block_write(struct recompute_block *b, struct params *p)
{
	params_columns(p, &b->requests);
	params_columns(p, &b->deadlines);
	params_columns(p, &b->events);
}

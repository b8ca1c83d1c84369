/* A page of recomputed dates on its way into the database (kezek.recompute_apply). */
#pragma once

#include "daemon/db/records.h"

struct recompute_block {
	struct columns requests, deadlines, events;
};

void recompute_block_init(struct recompute_block *b);
void recompute_block_done(struct recompute_block *b);
/* A request as it stands after its dates moved, and the last event that had been read of it. */
void recompute_block_add(struct recompute_block *b, const struct uuid *request, int read_seq,
	const struct state_row *state, const struct changes *changes);
int recompute_block_count(const struct recompute_block *b);
/* All of it as parameters; the block is empty afterwards. */
void recompute_block_write(struct recompute_block *b, struct params *p);

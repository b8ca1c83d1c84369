/* How many are there of each name: connections of an address, connections and streams of a
 * principal. */
#pragma once

#include "lib/base.h"

/* One name with its count; it lives as long as the count or `vain` is above zero. */
struct tally_entry {
	struct tally_entry *next;
	uint32_t hash;
	int count;
	int streams; /* of a principal: those among them that stream */
	int vain;    /* of an address: handshakes that came to nothing, less those that did not */
	char name[];
};

struct tally {
	struct tally_entry **buckets;
	size_t nbuckets, count;
};

/* Counts one more under `name`. NULL: there are `limit` already. Give it back with tally_leave. */
struct tally_entry *tally_enter(struct tally *t, const char *name, int limit);
void tally_leave(struct tally *t, struct tally_entry *e);
/* Nothing was vain. */
void tally_forgive(struct tally *t);
void tally_done(struct tally *t);

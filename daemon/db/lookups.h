/* Rows of kezek.lookup on their way into it. */
#pragma once

#include <stdint.h>

struct lookup_row {
	const char *kind;
	uint8_t hash[36]; /* SEAL_INDEX_SIZE of daemon/seal.h */
};

/* PIN, reference, look-up code, and each word of the names. */
struct lookups {
	struct lookup_row *rows;
	int count, room;
};
void lookups_done(struct lookups *l);

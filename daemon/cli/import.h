/* What an import brought, line by line and in sum. */
#pragma once

#include "daemon/cli/cli.h"

#define IMPORT_FLAGS 32 /* different oddities counted by name */

struct import_tally {
	size_t lines, created, exists, refused;
	struct {
		char *name;
		size_t count;
	} flags[IMPORT_FLAGS];
	size_t flag_count;
	struct text refusals; /* for --json: the refused lines' results, comma between */
	FILE *results;        /* --results: every result; NULL: not wanted */
};

/* A chunk of a file: where its lines stand. Blank lines are counted and not sent. */
struct import_chunk {
	const char *file;
	struct text body;     /* NDJSON */
	size_t *line_numbers; /* in the file, of each line of the body */
	size_t count, room;
};

/* Reads the answer to a chunk into the tally and tells of each refused line. 0 or EXIT_REFUSED. */
int import_tally_add(struct cli *c, struct import_tally *tally, const struct import_chunk *chunk,
	const char *answer);
void import_tally_print(const struct cli *c, const struct import_tally *tally);
void import_tally_done(struct import_tally *tally);

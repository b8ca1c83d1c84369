/* What an import brought, line by line and in sum. */
#pragma once

#include "daemon/cli/cli.h"
#include "daemon/cli/table.h"

#define IMPORT_FLAGS   32   /* different oddities counted by name */
#define IMPORT_REFUSED 1000 /* lines that the report's table holds; further ones are counted */

struct import_tally {
	size_t lines, created, exists, refused_count;
	struct {
		char *name;
		size_t count;
	} flags[IMPORT_FLAGS];
	size_t flag_count;
	struct text refusals; /* for --json: the refused lines' results, comma between */
	struct table refused; /* for people: a row a fault */
	FILE *results;        /* --results: every result; NULL: not wanted */
};

/* A chunk of a file: where its lines stand. Blank lines are counted and not sent. */
struct import_chunk {
	const char *file;
	struct text body;     /* NDJSON */
	size_t *line_numbers; /* in the file, of each line of the body */
	size_t count, room;
};

void import_tally_init(struct import_tally *tally, enum lang lang);
/* Reads the answer to a chunk into the tally. 0 or EXIT_REFUSED. */
int import_tally_add(struct cli *c, struct import_tally *tally, const struct import_chunk *chunk,
	const char *answer);
/* The report: for people in tables, or one object of JSON. */
void import_tally_print(const struct cli *c, struct import_tally *tally);
void import_tally_done(struct import_tally *tally);

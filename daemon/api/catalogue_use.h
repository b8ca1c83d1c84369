/* What rests on items of the catalogue that a load would change or take out. */
#pragma once

#include "daemon/db/pg.h"
#include "lib/json.h"

/* The items that must not be used, as catalogue_merge asks after them. All zero: none. */
struct catalogue_use {
	struct needed {
		char *kind, *code; /* owned */
		int version;
		bool is_used;
	} * items;
	size_t count;
};

void catalogue_use_done(struct catalogue_use *use);
/* catalogue_checks.is_used with a struct catalogue_use as context: notes the question and says no;
 * and, once catalogue_use_read has been called, answers it. */
bool catalogue_use_note(void *use, const char *kind, const char *code, int version);
bool catalogue_use_find(void *use, const char *kind, const char *code, int version);
bool catalogue_use_is_any(const struct catalogue_use *use);
/* Kinds, codes and versions as three arrays: for catalogue_use and put_catalogue. */
void catalogue_use_params(const struct catalogue_use *use, struct params *p);
/* From the rows of catalogue_use. */
void catalogue_use_read(struct catalogue_use *use, const struct unit *u, int statement);

/* The services, agencies and offices of a catalogue_diff, as three arrays: for catalogue_open. */
void catalogue_use_touched(json_object *diff, struct params *p);
/* From the rows of catalogue_open: `open`, how many open requests each entry of the diff has. */
void catalogue_use_count(const struct unit *u, int statement, json_object *diff);

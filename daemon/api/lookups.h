/* Keyed hashes: what a request is found by, and what is looked for. */
#pragma once

#include "daemon/db/params.h"
#include "daemon/db/records.h"
#include "daemon/seal.h"
#include "lib/json.h"

/* Adds those of a content (intake_content), each once. NULL has none. */
void lookups_add(struct lookups *l, json_object *content, struct seal *seal);

/* Rows (word, hash): found is what stands under one hash of every word. */
struct sought {
	const char *kind;
	int words;
	struct columns columns; /* params_columns empties it */
};
void sought_value(struct sought *s, struct seal *seal, const char *kind, const char *value);
/* Each word of it, whole, in any order. False: there is none in it. */
bool sought_name(struct sought *s, struct seal *seal, const char *name);
/* All hashes under which a value may stand, SEAL_INDEX_SIZE bytes each, in place of what was there.
 */
void lookup_add_each(struct text *t, struct seal *seal, const char *kind, struct span value);

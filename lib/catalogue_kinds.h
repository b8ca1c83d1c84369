/* The five kinds of a catalogue document, and what tells their items apart. Private to
 * lib/catalogue*.c. */
#pragma once

#include "lib/catalogue.h"

#define IDENTITY_MAX 6

struct catalogue_kind {
	const char *name;
	const char *identity[IDENTITY_MAX]; /* members; NULL ends */
};

#define CATALOGUE_KINDS 5
extern const struct catalogue_kind catalogue_kinds[CATALOGUE_KINDS];

/* The array of a kind, or NULL. */
json_object *kind_items(json_object *doc, const struct catalogue_kind *kind);
/* What identifies an item, as a text no other item has; the caller frees. NULL: it is no object. */
char *kind_key(const struct catalogue_kind *kind, json_object *item);
/* A JSON object from key to item (a reference); the last of doubled ones. The caller puts it. */
json_object *kind_map(const struct catalogue_kind *kind, json_object *doc);
/* Equal, where a null member is an absent one. `words` false: names, sources and legal bases aside.
 */
bool items_are_equal(json_object *a, json_object *b, bool words);

/* Reading answers: members by RFC 6901 pointer, never NULL where a string is wanted. */
#pragma once

#include <json-c/json.h>

#include "lib/base.h"
#include "lib/words.h"

#define _tree_                                                                                     \
	_cleanup_(tree_done)                                                                       \
	json_object

static inline void tree_done(json_object **json)
{
	json_object_put(*json);
}

/* NULL: not there, or null. */
json_object *tree_at(json_object *json, const char *pointer);
/* A string bare, anything else as JSON; "" when absent. Owned by `json`. */
const char *tree_text(json_object *json, const char *pointer);
/* A string, or an object with ky, ru, en: then the one of `lang`, else any. */
const char *tree_name(json_object *json, const char *pointer, enum lang lang);
bool tree_is_true(json_object *json, const char *pointer);
int64_t tree_count(json_object *json, const char *pointer);
/* Length of the array there; 0 when there is none. */
size_t tree_length(json_object *json, const char *pointer);
json_object *tree_item(json_object *json, const char *pointer, size_t index);
/* One line. Owned by `json`. */
const char *tree_line(json_object *json);

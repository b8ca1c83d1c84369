/* Reading answers, tolerantly: a member that an older or newer server leaves out prints as nothing.
 */
#include "daemon/cli/tree.h"

json_object *tree_at(json_object *json, const char *pointer)
{
	json_object *found = NULL;

	if (!json || json_pointer_get(json, pointer, &found) != 0)
		return NULL;
	return found;
}

const char *tree_line(json_object *json)
{
	return json_object_to_json_string_ext(
		json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

static const char *text_of(json_object *json)
{
	if (!json)
		return "";
	return json_object_is_type(json, json_type_string) ? json_object_get_string(json)
							   : tree_line(json);
}

const char *tree_text(json_object *json, const char *pointer)
{
	return text_of(tree_at(json, pointer));
}

const char *tree_name(json_object *json, const char *pointer, enum lang lang)
{
	json_object *found = tree_at(json, pointer), *one;

	if (!json_object_is_type(found, json_type_object))
		return text_of(found);
	if (json_object_object_get_ex(found, lang_code(lang), &one))
		return text_of(one);
	for (int i = 0; i < LANG_COUNT; i++) {
		if (json_object_object_get_ex(found, lang_code((enum lang)i), &one))
			return text_of(one);
	}
	return "";
}

bool tree_is_true(json_object *json, const char *pointer)
{
	json_object *found = tree_at(json, pointer);

	return json_object_is_type(found, json_type_boolean) && json_object_get_boolean(found);
}

int64_t tree_count(json_object *json, const char *pointer)
{
	return json_object_get_int64(tree_at(json, pointer));
}

size_t tree_length(json_object *json, const char *pointer)
{
	json_object *array = tree_at(json, pointer);

	return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

json_object *tree_item(json_object *json, const char *pointer, size_t index)
{
	return json_object_array_get_idx(tree_at(json, pointer), index);
}

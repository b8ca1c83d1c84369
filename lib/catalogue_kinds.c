/* The kinds of a catalogue document: identity and equality of their items. */
#include "lib/catalogue_kinds.h"

const struct catalogue_kind catalogue_kinds[CATALOGUE_KINDS] = {
	{"territories", {"code"}},
	{"agencies", {"code"}},
	{"offices", {"code"}},
	{"services", {"code", "version"}},
	{"routes", {"service", "territory", "by", "applicant_kind", "variant", "valid_from"}},
};

json_object *kind_items(json_object *doc, const struct catalogue_kind *kind)
{
	json_object *items = NULL;

	if (json_object_is_type(doc, json_type_object))
		json_object_object_get_ex(doc, kind->name, &items);
	return json_object_is_type(items, json_type_array) ? items : NULL;
}

char *kind_key(const struct catalogue_kind *kind, json_object *item)
{
	struct text key = TEXT_INIT;

	if (!json_object_is_type(item, json_type_object))
		return NULL;
	for (int i = 0; i < IDENTITY_MAX && kind->identity[i]; i++) {
		json_object *member = NULL;

		json_object_object_get_ex(item, kind->identity[i], &member);
		text_addf(&key, "%s\n",
			member ? json_object_to_json_string_ext(member, JSON_C_TO_STRING_PLAIN)
			       : "");
	}
	return text_steal(&key);
}

json_object *kind_map(const struct catalogue_kind *kind, json_object *doc)
{
	json_object *map = json_object_new_object(), *items = kind_items(doc, kind);
	size_t count = items ? json_object_array_length(items) : 0;

	if (!map)
		abort();
	for (size_t i = 0; i < count; i++) {
		json_object *item = json_object_array_get_idx(items, i);
		_free_ char *key = kind_key(kind, item);

		if (key && json_object_object_add(map, key, json_object_get(item)) != 0)
			abort();
	}
	return map;
}

static bool is_word(const char *member)
{
	return strcmp(member, "name") == 0 || strcmp(member, "source") == 0 ||
	       strcmp(member, "legal_basis") == 0;
}

/* Every member of `a` is in `b`, and equal; and `b` has no other. */
static bool objects_are_equal(json_object *a, json_object *b, bool words)
{
	json_object_object_foreach (a, name, member) {
		json_object *other = NULL;

		if (!words && is_word(name))
			continue;
		json_object_object_get_ex(b, name, &other);
		if (!items_are_equal(member, other, words))
			return false;
	}
	json_object_object_foreach (b, only, value) {
		if (value && (words || !is_word(only)) && !json_object_object_get_ex(a, only, NULL))
			return false;
	}
	return true;
}

bool items_are_equal(json_object *a, json_object *b, bool words)
{
	if (!a || !b)
		return !a && !b;
	if (json_object_get_type(a) != json_object_get_type(b))
		return false;
	if (json_object_is_type(a, json_type_object))
		return objects_are_equal(a, b, words);
	if (!json_object_is_type(a, json_type_array))
		return json_object_equal(a, b);
	if (json_object_array_length(a) != json_object_array_length(b))
		return false;
	for (size_t i = 0; i < json_object_array_length(a); i++) {
		if (!items_are_equal(json_object_array_get_idx(a, i),
			    json_object_array_get_idx(b, i), words))
			return false;
	}
	return true;
}

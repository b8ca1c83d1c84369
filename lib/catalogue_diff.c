/* The difference between two catalogue documents, for people who are about to load one. */
#include "lib/catalogue_kinds.h"
#include "lib/catalogue_merge.h"
#include "lib/json.h"

/* The members that identify an item, without those that it has not. */
static json_object *identity_of(const struct catalogue_kind *kind, json_object *item)
{
	json_object *identity = json_made(json_object_new_object());

	for (int i = 0; i < IDENTITY_MAX && kind->identity[i]; i++) {
		json_object *member = NULL;

		json_object_object_get_ex(item, kind->identity[i], &member);
		if (member)
			json_put(identity, kind->identity[i], json_object_get(member));
	}
	return identity;
}

static void add_difference(
	json_object *list, const char *pointer, json_object *old, json_object *new_value)
{
	json_object *difference = json_made(json_object_new_object());

	json_put(difference, "at", json_made(json_object_new_string(pointer)));
	/* A null is told as one. */
	json_object_object_add(difference, "old", json_object_get(old));
	json_object_object_add(difference, "new", json_object_get(new_value));
	json_append(list, difference);
}

static void compare(
	json_object *list, const char *pointer, json_object *old, json_object *new_value);

static void compare_objects(
	json_object *list, const char *pointer, json_object *old, json_object *new_value)
{
	json_object_object_foreach (new_value, name, member) {
		_free_ char *own = pointer_join(pointer, name);
		json_object *its = NULL;

		json_object_object_get_ex(old, name, &its);
		compare(list, own, its, member);
	}
	json_object_object_foreach (old, gone, its) {
		_free_ char *own = pointer_join(pointer, gone);

		if (!json_object_object_get_ex(new_value, gone, NULL))
			compare(list, own, its, NULL);
	}
}

/* Item by item in their order; of the longer one the rest has come or gone. */
static void compare_arrays(
	json_object *list, const char *pointer, json_object *old, json_object *new_value)
{
	size_t before = json_object_array_length(old), after = json_object_array_length(new_value);

	for (size_t i = 0; i < before || i < after; i++) {
		_free_ char *own = pointer_index(pointer, i);

		compare(list, own, json_object_array_get_idx(old, i),
			json_object_array_get_idx(new_value, i));
	}
}

/* Down to the values that differ. As deep as the document, whose depth its reader bounds. */
static void compare(
	json_object *list, const char *pointer, json_object *old, json_object *new_value)
{
	if (items_are_equal(old, new_value, true))
		return;
	if (json_object_is_type(old, json_type_object) &&
		json_object_is_type(new_value, json_type_object))
		compare_objects(list, pointer, old, new_value);
	else if (json_object_is_type(old, json_type_array) &&
		 json_object_is_type(new_value, json_type_array))
		compare_arrays(list, pointer, old, new_value);
	else
		add_difference(list, pointer, old, new_value);
}

/* Nothing but its end, and now it has one. */
static bool is_closed(json_object *differences, json_object *item)
{
	json_object *at = json_object_object_get(json_object_array_get_idx(differences, 0), "at");

	return json_object_array_length(differences) == 1 &&
	       strcmp(json_object_get_string(at), "/valid_to") == 0 &&
	       json_object_object_get(item, "valid_to");
}

struct lists {
	json_object *added, *changed, *closed, *removed;
};

static void add_change(
	const struct catalogue_kind *kind, struct lists *to, json_object *old, json_object *item)
{
	json_object *identity = identity_of(kind, item);
	json_object *differences = json_made(json_object_new_array());

	compare(differences, "", old, item);
	if (is_closed(differences, item)) {
		json_put(identity, "valid_to",
			json_object_get(json_object_object_get(item, "valid_to")));
		json_object_put(differences);
		json_append(to->closed, identity);
	} else {
		json_put(identity, "differences", differences);
		json_append(to->changed, identity);
	}
}

static json_object *diff_kind(
	const struct catalogue_kind *kind, json_object *old, json_object *new_doc)
{
	_json_ *before = kind_map(kind, old), *after = kind_map(kind, new_doc);
	json_object *result = json_made(json_object_new_object());
	struct lists to = {json_made(json_object_new_array()), json_made(json_object_new_array()),
		json_made(json_object_new_array()), json_made(json_object_new_array())};
	int64_t unchanged = 0;

	json_object_object_foreach (after, key, item) {
		json_object *its = NULL;

		if (!json_object_object_get_ex(before, key, &its))
			json_append(to.added, identity_of(kind, item));
		else if (items_are_equal(its, item, true))
			unchanged++;
		else
			add_change(kind, &to, its, item);
	}
	json_object_object_foreach (before, old_key, its) {
		if (!json_object_object_get_ex(after, old_key, NULL))
			json_append(to.removed, identity_of(kind, its));
	}
	json_put(result, "added", to.added);
	json_put(result, "changed", to.changed);
	json_put(result, "closed", to.closed);
	json_put(result, "removed", to.removed);
	json_put(result, "unchanged", json_made(json_object_new_int64(unchanged)));
	return result;
}

json_object *catalogue_diff(json_object *old, json_object *new_doc)
{
	json_object *result = json_made(json_object_new_object());

	for (size_t i = 0; i < CATALOGUE_KINDS; i++) {
		const struct catalogue_kind *kind = &catalogue_kinds[i];

		json_put(result, kind->name, diff_kind(kind, old, new_doc));
	}
	return result;
}

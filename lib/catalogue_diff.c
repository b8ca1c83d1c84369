/* The difference between two catalogue documents, for people who are about to load one. */
#include "lib/catalogue_kinds.h"
#include "lib/catalogue_merge.h"
#include "lib/json.h"

static json_object *must(json_object *made)
{
	if (!made)
		abort();
	return made;
}

static void put(json_object *object, const char *name, json_object *value)
{
	if (json_object_object_add(object, name, value) != 0)
		abort();
}

static void append(json_object *array, json_object *value)
{
	if (json_object_array_add(array, value) != 0)
		abort();
}

/* The members that identify an item, without those that it has not. */
static json_object *identity_of(const struct catalogue_kind *kind, json_object *item)
{
	json_object *identity = must(json_object_new_object());

	for (int i = 0; i < IDENTITY_MAX && kind->identity[i]; i++) {
		json_object *member = NULL;

		json_object_object_get_ex(item, kind->identity[i], &member);
		if (member)
			put(identity, kind->identity[i], json_object_get(member));
	}
	return identity;
}

static json_object *changed_members(json_object *old, json_object *new_item)
{
	json_object *members = must(json_object_new_array());

	json_object_object_foreach (new_item, name, member) {
		json_object *its = NULL;

		json_object_object_get_ex(old, name, &its);
		if (!items_are_equal(its, member, true))
			append(members, must(json_object_new_string(name)));
	}
	json_object_object_foreach (old, gone, its) {
		if (its && !json_object_object_get_ex(new_item, gone, NULL))
			append(members, must(json_object_new_string(gone)));
	}
	return members;
}

static json_object *diff_kind(
	const struct catalogue_kind *kind, json_object *old, json_object *new_doc)
{
	_json_ *before = kind_map(kind, old), *after = kind_map(kind, new_doc);
	json_object *result = must(json_object_new_object());
	json_object *added = must(json_object_new_array()),
		    *changed = must(json_object_new_array());
	json_object *removed = must(json_object_new_array());
	int64_t unchanged = 0;

	json_object_object_foreach (after, key, item) {
		json_object *its = NULL, *identity;

		if (!json_object_object_get_ex(before, key, &its)) {
			append(added, identity_of(kind, item));
			continue;
		}
		if (items_are_equal(its, item, true)) {
			unchanged++;
			continue;
		}
		identity = identity_of(kind, item);
		put(identity, "members", changed_members(its, item));
		append(changed, identity);
	}
	json_object_object_foreach (before, old_key, its) {
		if (!json_object_object_get_ex(after, old_key, NULL))
			append(removed, identity_of(kind, its));
	}
	put(result, "added", added);
	put(result, "changed", changed);
	put(result, "removed", removed);
	put(result, "unchanged", must(json_object_new_int64(unchanged)));
	return result;
}

json_object *catalogue_diff(json_object *old, json_object *new_doc)
{
	json_object *result = must(json_object_new_object());

	for (size_t i = 0; i < CATALOGUE_KINDS; i++) {
		const struct catalogue_kind *kind = &catalogue_kinds[i];

		put(result, kind->name, diff_kind(kind, old, new_doc));
	}
	return result;
}

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

static json_object *changed_members(json_object *old, json_object *new_item)
{
	json_object *members = json_made(json_object_new_array());

	json_object_object_foreach (new_item, name, member) {
		json_object *its = NULL;

		json_object_object_get_ex(old, name, &its);
		if (!items_are_equal(its, member, true))
			json_append(members, json_made(json_object_new_string(name)));
	}
	json_object_object_foreach (old, gone, its) {
		if (its && !json_object_object_get_ex(new_item, gone, NULL))
			json_append(members, json_made(json_object_new_string(gone)));
	}
	return members;
}

static json_object *diff_kind(
	const struct catalogue_kind *kind, json_object *old, json_object *new_doc)
{
	_json_ *before = kind_map(kind, old), *after = kind_map(kind, new_doc);
	json_object *result = json_made(json_object_new_object());
	json_object *added = json_made(json_object_new_array()),
		    *changed = json_made(json_object_new_array());
	json_object *removed = json_made(json_object_new_array());
	int64_t unchanged = 0;

	json_object_object_foreach (after, key, item) {
		json_object *its = NULL, *identity;

		if (!json_object_object_get_ex(before, key, &its)) {
			json_append(added, identity_of(kind, item));
			continue;
		}
		if (items_are_equal(its, item, true)) {
			unchanged++;
			continue;
		}
		identity = identity_of(kind, item);
		json_put(identity, "members", changed_members(its, item));
		json_append(changed, identity);
	}
	json_object_object_foreach (before, old_key, its) {
		if (!json_object_object_get_ex(after, old_key, NULL))
			json_append(removed, identity_of(kind, its));
	}
	json_put(result, "added", added);
	json_put(result, "changed", changed);
	json_put(result, "removed", removed);
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

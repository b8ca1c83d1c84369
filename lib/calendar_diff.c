/* Comparing calendars entry by entry: the first entry of a date with the first, and so on. */
#include <stdio.h>

#include "lib/base.h"
#include "lib/calendar_diff.h"
#include "lib/json.h"

static const char *date_of(json_object *entry)
{
	return json_object_get_string(json_object_object_get(entry, "date"));
}

/* {"2026-01-08 0": entry}: a date may have entries that were revoked beside the one that is not. */
static json_object *entries_by_date(json_object *calendar)
{
	json_object *map = json_made(json_object_new_object());
	json_object *all = json_object_object_get(calendar, "exceptions");
	size_t count = all ? json_object_array_length(all) : 0;

	for (size_t i = 0; i < count; i++) {
		json_object *entry = json_object_array_get_idx(all, i);
		const char *date = date_of(entry);
		char key[32];
		int k = 0;

		do
			snprintf(key, sizeof(key), "%.16s %d", date ? date : "", k++);
		while (json_object_object_get_ex(map, key, NULL));
		json_put(map, key, json_object_get(entry));
	}
	return map;
}

static json_object *identity_of(json_object *entry)
{
	static const char *const names[] = {"date", "kind", "status"};
	json_object *identity = json_made(json_object_new_object());

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		json_object *member = json_object_object_get(entry, names[i]);

		if (member)
			json_put(identity, names[i], json_object_get(member));
	}
	return identity;
}

static json_object *diff_exceptions(json_object *old, json_object *new_calendar)
{
	_json_ *before = entries_by_date(old), *after = entries_by_date(new_calendar);
	json_object *result = json_made(json_object_new_object());
	json_object *added = json_made(json_object_new_array()),
		    *changed = json_made(json_object_new_array()),
		    *removed = json_made(json_object_new_array());
	int64_t unchanged = 0;

	json_object_object_foreach (after, key, entry) {
		json_object *was = json_object_object_get(before, key);

		if (was && json_object_equal(was, entry))
			unchanged++;
		else
			json_append(was ? changed : added, identity_of(entry));
	}
	json_object_object_foreach (before, old_key, was) {
		if (!json_object_object_get_ex(after, old_key, NULL))
			json_append(removed, identity_of(was));
	}
	json_put(result, "added", added);
	json_put(result, "changed", changed);
	json_put(result, "removed", removed);
	json_put(result, "unchanged", json_made(json_object_new_int64(unchanged)));
	return result;
}

static json_object *diff_members(json_object *old, json_object *new_calendar)
{
	json_object *members = json_made(json_object_new_array());

	json_object_object_foreach (new_calendar, name, member) {
		if (strcmp(name, "exceptions") != 0 &&
			!json_object_equal(json_object_object_get(old, name), member))
			json_append(members, json_made(json_object_new_string(name)));
	}
	if (!old)
		return members;
	json_object_object_foreach (old, gone, was) {
		if (was && strcmp(gone, "exceptions") != 0 &&
			!json_object_object_get_ex(new_calendar, gone, NULL))
			json_append(members, json_made(json_object_new_string(gone)));
	}
	return members;
}

json_object *calendar_diff(json_object *old, json_object *new_calendar)
{
	json_object *result = json_made(json_object_new_object());

	json_put(result, "exceptions", diff_exceptions(old, new_calendar));
	json_put(result, "members", diff_members(old, new_calendar));
	return result;
}

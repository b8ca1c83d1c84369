/* The difference between two calendar files, for people who are about to load one. */
#pragma once

#include <json-c/json.h>

/*
 * {"exceptions":{"added":[entry…],"changed":[…],"removed":[…],"unchanged":n},"members":["week",…]};
 * an entry is
 * {"date","kind","status"}, as it is now where it changed; `members` are the others that differ.
 * `old` NULL: there was none. Both have been read as calendars. The caller puts it.
 */
json_object *calendar_diff(json_object *old, json_object *new_calendar);

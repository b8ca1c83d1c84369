/* Loading in parts: what a file adds to or changes in what is loaded, and the difference. */
#pragma once

#include "lib/catalogue.h"

/*
 * Upsert by identity: agencies, offices, territories by code; services by code and version;
 * routes by service, territory, by, applicant_kind, variant and valid_from. What `old` (NULL:
 * nothing) holds and `add` does not name stays, or, with `replaces`, goes: unless it is a service
 * version, an agency or an office that is used, which is a fault. Items of `add` come first, in
 * their order, so that a fault's pointer in the new document is one in `add`. A loaded service
 * version may change its words, sources, counter_minutes and valid_to only: its rules are pinned by
 * open cases, and another rule needs another version (unless `checks` can say that it is not used).
 * 0: `ret_doc` is a new document (it shares items; the caller puts it). CATALOGUE_FAULTY: see
 * `faults`.
 */
int catalogue_merge(json_object *old, json_object *add, bool replaces,
	const struct catalogue_checks *checks, struct faults *faults,
	json_object **ret_doc) _must_check_;

/*
 * The union of several files: items of `file` are appended to `into` (an object, at first empty).
 * CATALOGUE_FAULTY: a member is unknown or no array. Doubled identities are found by
 * catalogue_read.
 */
int catalogue_append(json_object *into, json_object *file, struct faults *faults) _must_check_;

/*
 * {"agencies":{"added":[identity…],"changed":[{identity…,"differences":[{"at":"/name/ky","old":…,"new":…}]}],
 * "closed":[{identity…,"valid_to":"2026-06-30"}],"removed":[identity…],"unchanged":n},…}; an
 * identity is an object of the members that make it. Closed: nothing but its end has changed, and
 * it ends. The caller puts it. Both documents have been read.
 */
json_object *catalogue_diff(json_object *old, json_object *new_doc);

/* Services, who serves them and where: one immutable structure from one JSON document. */
#pragma once

#include "lib/standard.h"

struct faults;
struct pool;
struct route;

/*
 * All of it, places and standards too, is read-only and lives as long as the catalogue; strings are
 * borrowed from the document, of which the catalogue keeps a reference. `json` members are for
 * printing only. Source of every rule: design page "Casework", Catalogue files.
 */

struct catalogue {
	unsigned refs;
	json_object *doc; /* never changed after catalogue_read */
	const struct territory *territories;
	const struct agency *agencies;
	const struct office *offices;
	const struct service *services; /* all versions, in the file's order */
	const struct route *routes;     /* lib/route.h */
	size_t nterritories, nagencies, noffices, nservices, nroutes;
	const struct territory **territory_index; /* by code */
	const struct agency **agency_index;
	const struct office **office_index;
	const struct service **service_index; /* by code, then version */
	const struct route **route_index;     /* by service */
	struct pool *pool;
};

struct catalogue_checks {
	/* Is there such a calendar? NULL: not checked. */
	bool (*calendar_exists)(void *context, const char *code);
	/*
	 * For catalogue_merge: may this item neither go nor, a service version, get other rules?
	 * `kind` is "services", "agencies", …; version 0 where there is none. NULL: all are used.
	 */
	bool (*is_used)(void *context, const char *kind, const char *code, int version);
	void *context;
};

enum { CATALOGUE_FAULTY = 1 };

/*
 * One document, the union of everything loaded. 0, or CATALOGUE_FAULTY with every fault of it and
 * its pointer in `faults`. Keeps a reference of `doc`, which must not be changed afterwards.
 */
int catalogue_read(json_object *doc, const struct catalogue_checks *checks, struct faults *faults,
	struct catalogue **ret) _must_check_;
struct catalogue *catalogue_ref(struct catalogue *c);
void catalogue_unref(struct catalogue *c); /* NULL is fine */

const struct territory *catalogue_territory_find(const struct catalogue *c, const char *code);
const struct agency *catalogue_agency_find(const struct catalogue *c, const char *code);
const struct office *catalogue_office_find(const struct catalogue *c, const char *code);
const struct service *catalogue_service_find(
	const struct catalogue *c, const char *code, int version);
/* The highest version in force on `day`, or NULL. */
const struct service *catalogue_service_on(
	const struct catalogue *c, const char *code, int32_t day);

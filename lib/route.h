/* Who must act: from a service, a place and an applicant to an agency. */
#pragma once

#include "lib/catalogue.h"

enum route_by {
	ROUTE_BY_OFFICE,
	ROUTE_BY_RESIDENCE, /* actual */
	ROUTE_BY_REGISTRATION,
	ROUTE_BY_OBJECT,
	ROUTE_BY_COUNT,
};

extern const char *const route_by_wire[ROUTE_BY_COUNT];

struct route {
	const char *service; /* code, all versions */
	const struct territory *territory;
	enum route_by by;
	const struct agency *agency;
	const char *applicant_kind;   /* NULL: any */
	const char *variant;          /* NULL: any */
	int32_t valid_from, valid_to; /* days, both included; open: INT32_MAX */
};

/* Places by route_by; NULL: not known. The office's place is its territory. */
struct route_query {
	const char *service;
	const struct territory *places[ROUTE_BY_COUNT];
	const char *applicant_kind;
	const char *variant;
	int32_t day;
};

/*
 * The route whose territory is the narrowest (deepest) that contains the place it looks at, then
 * one that names the applicant kind, then one that names the variant. NULL: nothing fits, the case
 * goes to the supervisor's desk (agency "unrouted"). The request's territory is
 * query->places[route->by].
 */
const struct route *route_find(const struct catalogue *c, const struct route_query *query);
/* May both decide one request with equal right? Such a pair is a fault at load. */
bool route_ties(const struct route *a, const struct route *b);
/* Does a route of this service look at another place than the office's on this day? */
bool route_needs_territory(const struct catalogue *c, const char *service, int32_t day);

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
	const char *applicant_kind;   /* a word of lib/applicant.h; NULL: any */
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

/* What one rule has to say to one query. Of several that fit, the one of the highest right decides;
 * the others are told what it has and they have not. */
enum route_verdict {
	ROUTE_DECIDES,
	ROUTE_WIDER,         /* fits; a narrower territory decides */
	ROUTE_ANY_KIND,      /* fits; one that names the applicant kind decides */
	ROUTE_ANY_VARIANT,   /* fits; one that names the variant decides */
	ROUTE_NOT_YET,       /* in force only later */
	ROUTE_NO_MORE,       /* in force no longer */
	ROUTE_PLACE_UNKNOWN, /* it looks at a place that the query does not name */
	ROUTE_ELSEWHERE,     /* the place it looks at lies outside its territory */
	ROUTE_OTHER_KIND,    /* of applicant */
	ROUTE_OTHER_VARIANT,
	ROUTE_VERDICT_COUNT,
};

extern const char *const route_verdict_wire[ROUTE_VERDICT_COUNT];

struct route_step {
	const struct route *route;
	enum route_verdict verdict;
};

/*
 * The route whose territory is the narrowest (deepest) that contains the place it looks at, then
 * one that names the applicant kind, then one that names the variant. NULL: nothing fits, the case
 * goes to the supervisor's desk (agency "unrouted"). The request's territory is
 * query->places[route->by].
 */
const struct route *route_find(const struct catalogue *c, const struct route_query *query);
/*
 * Every route of the service with its verdict, those of the highest right first (of equal right:
 * the newest, then in the file's order); at most one decides, and it is what route_find finds.
 * Returns how many; the caller frees *ret_steps.
 */
size_t route_explain(
	const struct catalogue *c, const struct route_query *query, struct route_step **ret_steps);
/* May both decide one request with equal right? Such a pair is a fault at load. */
bool route_ties(const struct route *a, const struct route *b);
/* Does a route of this service look at another place than the office's on this day? */
bool route_needs_territory(const struct catalogue *c, const char *service, int32_t day);

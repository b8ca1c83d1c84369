/* Who must act: the narrowest rule that fits decides. */
#include "lib/applicant.h"
#include "lib/catalogue_index.h"
#include "lib/route.h"

const char *const route_by_wire[ROUTE_BY_COUNT] = {
	[ROUTE_BY_OFFICE] = "office",
	[ROUTE_BY_RESIDENCE] = "residence",
	[ROUTE_BY_REGISTRATION] = "registration",
	[ROUTE_BY_OBJECT] = "object",
};

static size_t first_route(const struct catalogue *c, const char *service)
{
	return index_at((const void *const *)c->route_index, c->nroutes, service);
}

static bool is_route_of(const struct catalogue *c, size_t at, const char *service)
{
	return at < c->nroutes && strcmp(c->route_index[at]->service, service) == 0;
}

static bool agrees(const char *named, const char *with)
{
	return !named || (with && strcmp(named, with) == 0);
}

static bool fits(const struct route *route, const struct route_query *q)
{
	return route->valid_from <= q->day && q->day <= route->valid_to &&
	       (!route->applicant_kind ||
		       (q->applicant_kind &&
			       recipient_covers(route->applicant_kind, q->applicant_kind))) &&
	       agrees(route->variant, q->variant) &&
	       territory_is_within(q->places[route->by], route->territory);
}

/* The order of right: place, then applicant kind, then variant. */
static int compare_right(const struct route *a, const struct route *b)
{
	if (a->territory->depth != b->territory->depth)
		return a->territory->depth > b->territory->depth ? 1 : -1;
	if (!a->applicant_kind != !b->applicant_kind)
		return a->applicant_kind ? 1 : -1;
	return (a->variant != NULL) - (b->variant != NULL);
}

const struct route *route_find(const struct catalogue *c, const struct route_query *query)
{
	const struct route *best = NULL;

	for (size_t at = first_route(c, query->service); is_route_of(c, at, query->service); at++) {
		const struct route *route = c->route_index[at];

		if (fits(route, query) && (!best || compare_right(route, best) > 0))
			best = route;
	}
	return best;
}

static bool is_same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool route_ties(const struct route *a, const struct route *b)
{
	bool together = a->valid_from <= b->valid_to && b->valid_from <= a->valid_to;

	if (strcmp(a->service, b->service) != 0 || !together || compare_right(a, b) != 0)
		return false;
	/* Of equal depth: of one place only the same territory holds it, of two places any two may.
	 */
	return is_same(a->applicant_kind, b->applicant_kind) && is_same(a->variant, b->variant) &&
	       (a->by != b->by || a->territory == b->territory);
}

bool route_needs_territory(const struct catalogue *c, const char *service, int32_t day)
{
	for (size_t at = first_route(c, service); is_route_of(c, at, service); at++) {
		const struct route *route = c->route_index[at];

		if (route->by != ROUTE_BY_OFFICE && route->valid_from <= day &&
			day <= route->valid_to)
			return true;
	}
	return false;
}

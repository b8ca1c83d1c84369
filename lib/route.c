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

const char *const route_verdict_wire[ROUTE_VERDICT_COUNT] = {
	[ROUTE_DECIDES] = "decides",
	[ROUTE_WIDER] = "narrower_decides",
	[ROUTE_ANY_KIND] = "applicant_kind_decides",
	[ROUTE_ANY_VARIANT] = "variant_decides",
	[ROUTE_NOT_YET] = "not_yet_in_force",
	[ROUTE_NO_MORE] = "no_longer_in_force",
	[ROUTE_PLACE_UNKNOWN] = "place_unknown",
	[ROUTE_ELSEWHERE] = "elsewhere",
	[ROUTE_OTHER_KIND] = "other_applicant_kind",
	[ROUTE_OTHER_VARIANT] = "other_variant",
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

/* ROUTE_DECIDES: it fits. */
static enum route_verdict judge(const struct route *route, const struct route_query *q)
{
	const struct territory *place = q->places[route->by];

	if (q->day < route->valid_from)
		return ROUTE_NOT_YET;
	if (q->day > route->valid_to)
		return ROUTE_NO_MORE;
	if (!place)
		return ROUTE_PLACE_UNKNOWN;
	if (!territory_is_within(place, route->territory))
		return ROUTE_ELSEWHERE;
	if (route->applicant_kind &&
		!(q->applicant_kind && recipient_covers(route->applicant_kind, q->applicant_kind)))
		return ROUTE_OTHER_KIND;
	return agrees(route->variant, q->variant) ? ROUTE_DECIDES : ROUTE_OTHER_VARIANT;
}

/* How many applicant kinds it takes: one that names fewer has the higher right. */
static int breadth(const struct route *route)
{
	return route->applicant_kind ? recipient_breadth(route->applicant_kind)
				     : APPLICANT_KINDS + 1;
}

/* The order of right: place, then applicant kind, then variant. */
static int compare_right(const struct route *a, const struct route *b)
{
	if (a->territory->depth != b->territory->depth)
		return a->territory->depth > b->territory->depth ? 1 : -1;
	if (breadth(a) != breadth(b))
		return breadth(a) < breadth(b) ? 1 : -1;
	return (a->variant != NULL) - (b->variant != NULL);
}

const struct route *route_find(const struct catalogue *c, const struct route_query *query)
{
	const struct route *best = NULL;

	for (size_t at = first_route(c, query->service); is_route_of(c, at, query->service); at++) {
		const struct route *route = c->route_index[at];

		if (judge(route, query) == ROUTE_DECIDES &&
			(!best || compare_right(route, best) > 0))
			best = route;
	}
	return best;
}

/* Highest right first; of equal right the one in force latest, then as the file has them. */
static int compare_steps(const void *a, const void *b)
{
	const struct route *x = ((const struct route_step *)a)->route;
	const struct route *y = ((const struct route_step *)b)->route;
	int right = compare_right(y, x);

	if (right)
		return right;
	if (x->valid_from != y->valid_from)
		return x->valid_from < y->valid_from ? 1 : -1;
	return (x > y) - (x < y);
}

/* What the one that decides has before this one, which fits too: the first that differs. */
static enum route_verdict outdone(const struct route *route, const struct route *by)
{
	if (route->territory->depth != by->territory->depth)
		return ROUTE_WIDER;
	return breadth(route) != breadth(by) ? ROUTE_ANY_KIND : ROUTE_ANY_VARIANT;
}

size_t route_explain(
	const struct catalogue *c, const struct route_query *query, struct route_step **ret_steps)
{
	const struct route *best = route_find(c, query);
	size_t first = first_route(c, query->service), count = 0;
	struct route_step *steps;

	while (is_route_of(c, first + count, query->service))
		count++;
	steps = calloc(count ? count : 1, sizeof(*steps));
	if (!steps)
		abort();
	for (size_t i = 0; i < count; i++) {
		const struct route *route = c->route_index[first + i];
		enum route_verdict verdict = judge(route, query);

		if (verdict == ROUTE_DECIDES && route != best)
			verdict = outdone(route, best);
		steps[i] = (struct route_step){route, verdict};
	}
	qsort(steps, count, sizeof(*steps), compare_steps);
	*ret_steps = steps;
	return count;
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

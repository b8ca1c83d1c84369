/* Who would have to act, and why: every rule of a service with its verdict. */
#include <limits.h>

#include "daemon/api/dossier.h"
#include "daemon/api/intake.h"
#include "daemon/api/resources.h"
#include "lib/applicant.h"
#include "lib/route.h"

/* The question as it was asked; its strings stand here. */
struct question {
	struct text service, territory, office, kind, variant;
	struct route_query query;
};

static void question_free(void *state)
{
	struct question *q = state;

	text_done(&q->service);
	text_done(&q->territory);
	text_done(&q->office);
	text_done(&q->kind);
	text_done(&q->variant);
	free(q);
}

/* Without a territory only the office's place is known; without an office it is the territory. */
static bool read_places(struct call *c, struct question *q, const struct office **ret_office)
{
	const struct catalogue *k = c->book->catalogue;
	const struct territory *place = NULL;
	const struct office *office = NULL;

	if (call_query(c, "territory", &q->territory)) {
		place = catalogue_territory_find(k, q->territory.data);
		if (!place) {
			answer_bad_parameter(
				c, "territory", WORD_reason_not_found, q->territory.data);
			return false;
		}
	}
	if (call_query(c, "office", &q->office)) {
		office = catalogue_office_find(k, q->office.data);
		if (!office) {
			answer_bad_parameter(c, "office", WORD_reason_not_found, q->office.data);
			return false;
		}
	}
	if (!place && !office) {
		answer_bad_parameter(c, "territory", WORD_reason_missing, NULL);
		return false;
	}
	for (int by = 0; by < ROUTE_BY_COUNT; by++)
		q->query.places[by] = place;
	if (office)
		q->query.places[ROUTE_BY_OFFICE] = office->territory;
	*ret_office = office;
	return true;
}

static bool read_day(struct call *c, struct question *q)
{
	_text_ on = TEXT_INIT;

	q->query.day = call_today(c);
	if (!call_query(c, "on", &on) || day_parse(text_span(&on), &q->query.day))
		return true;
	answer_bad_parameter(c, "on", WORD_reason_bad_format, "YYYY-MM-DD");
	return false;
}

/* As a submission there and then would be judged. */
static bool read_service(struct call *c, struct question *q, const struct office *office)
{
	const struct service *s = NULL;
	const struct variant *v;

	if (call_query(c, "service", &q->service))
		s = catalogue_service_on(c->book->catalogue, q->service.data, q->query.day);
	if (!s) {
		answer_bad_parameter(c, "service",
			q->service.data ? WORD_reason_not_found : WORD_reason_missing,
			q->service.data);
		return false;
	}
	q->query.service = s->code;
	if (!call_query(c, "variant", &q->variant))
		return true;
	v = service_variant_find(s, q->variant.data);
	if (!v || (office && !variant_is_offered_at(v, office))) {
		answer_bad_parameter(c, "variant",
			v ? WORD_reason_not_offered : WORD_reason_not_found,
			v ? office->code : q->variant.data);
		return false;
	}
	q->query.variant = v->code;
	return true;
}

static bool read_kind(struct call *c, struct question *q)
{
	if (!call_query(c, "kind", &q->kind))
		return true;
	if (recipient_is_known(q->kind.data))
		q->query.applicant_kind = q->kind.data;
	else
		answer_bad_parameter(c, "kind", WORD_reason_not_allowed, RECIPIENT_WORDS);
	return q->query.applicant_kind != NULL;
}

static void add_rule(struct text *t, const struct route_step *step)
{
	const struct route *route = step->route;

	text_add_char(t, '{');
	text_add_member(t, "territory", route->territory->code);
	text_add_char(t, ',');
	text_add_member(t, "by", route_by_wire[route->by]);
	text_add_char(t, ',');
	text_add_member(t, "agency", route->agency->code);
	text_add_char(t, ',');
	text_add_member(t, "applicant_kind", route->applicant_kind);
	text_add_char(t, ',');
	text_add_member(t, "variant", route->variant);
	text_add_char(t, ',');
	text_add_date(t, "valid_from", route->valid_from);
	text_add_char(t, ',');
	text_add_date(t, "valid_to", route->valid_to == INT_MAX ? DAY_NONE : route->valid_to);
	text_add_char(t, ',');
	text_add_member(t, "verdict", route_verdict_wire[step->verdict]);
	text_add_char(t, '}');
}

static void reply(struct call *c, const struct question *q)
{
	const struct route *decides = route_find(c->book->catalogue, &q->query);
	struct route_step *steps;
	size_t count = route_explain(c->book->catalogue, &q->query, &steps);
	struct text t = TEXT_INIT;

	text_add_char(&t, '{');
	text_add_member(&t, "service", q->query.service);
	text_add_char(&t, ',');
	text_add_date(&t, "on", q->query.day);
	text_add_char(&t, ',');
	text_add_member(&t, "agency", decides ? decides->agency->code : UNROUTED);
	text_addf(&t, ",\"routed\":%s,", decides ? "true" : "false");
	text_add_member(&t, "name", decides ? decides->agency->name.text[c->lang] : NULL);
	text_adds(&t, ",\"rules\":[");
	for (size_t i = 0; i < count; i++) {
		if (i)
			text_add_char(&t, ',');
		add_rule(&t, &steps[i]);
	}
	free(steps);
	text_adds(&t, "]}");
	answer_json(c, 200, &t);
}

void routing_begin(struct call *c)
{
	static const char *const names[] = {
		"service", "territory", "office", "kind", "variant", "on", NULL};
	const struct office *office = NULL;
	struct question *q;

	if (!call_query_check(c, names))
		return;
	q = call_state(c, sizeof(*q), question_free);
	if (read_day(c, q) && read_places(c, q, &office) && read_service(c, q, office) &&
		read_kind(c, q))
		reply(c, q);
}

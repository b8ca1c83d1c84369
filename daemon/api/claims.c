/* POST /v1/queues/{agency}/claims: take what waits, or park until something does. */
#include "daemon/api/claims.h"
#include "daemon/api/dossier.h"
#include "daemon/api/feed.h"
#include "daemon/api/parking.h"
#include "daemon/log.h"
#include "daemon/metrics.h"

#define LEASE_DEFAULT 900

struct poll {
	struct call *c;
	struct claim_member m;
	char agency[NAME_SIZE];
	char *services;
	const char *worker;
	struct uuid named;
	struct claimed_row claimed[CLAIMS_MAX];
	int64_t until_mono; /* when the wait is over */
	struct timer timer;
	struct parked parked;
};

static void try_claim(struct poll *p);

static void poll_free(void *state)
{
	struct poll *p = state;

	parked_leave(&p->parked);
	timer_done(&p->timer);
	free(p->services);
	free(p);
}

/* Between the claim and this reading the lease may have run out, or been given to another. */
static bool still_holds(const struct poll *p, const struct request_row *row)
{
	for (int i = 0; i < p->m.claimed_count; i++) {
		if (uuid_compare(&p->claimed[i].request, &row->id) == 0)
			return row->has_claim && row->fence == p->claimed[i].fence;
	}
	return false;
}

static void on_undelivered(struct call *c);

static void reply_claims(struct poll *p, const struct unit *u)
{
	struct call *c = p->c;
	struct viewer viewer = call_viewer(c);
	struct text t = TEXT_INIT;
	int n = u ? rows_count(u, 1) : 0, written = 0;

	text_adds(&t, "{\"claims\":[");
	for (int i = 0; i < n; i++) {
		struct dossier d;
		char id[UUID_TEXT_SIZE];

		if (dossier_read(&d, c->api, c->book, loop_now(c->api->loop), u, 1, i) < 0)
			continue;
		if (!still_holds(p, &d.row)) {
			dossier_done(&d);
			continue;
		}
		uuid_format(&d.row.claim, id);
		text_addf(&t, "%s{\"claim\":\"%s\",\"fence\":%lld,", written++ ? "," : "", id,
			(long long)d.row.fence);
		text_add_moment(&t, "lease_until", d.row.lease_until, dossier_zone(&d));
		text_adds(&t, ",\"request\":");
		dossier_write(&t, &d, &viewer, c->who.name, c->lang, false);
		text_add_char(&t, '}');
		dossier_done(&d);
	}
	text_adds(&t, "]}");
	c->on_undelivered = written ? on_undelivered : NULL;
	answer_json(c, 200, &t);
}

static void release_all(struct poll *p);

static void on_claimed_read(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct poll *p = c->state;

	if (c->x->gone || how != UNIT_DONE || !rows_count(u, 0)) {
		release_all(p);
		if (c->x->gone)
			exchange_abandon(c->x);
		else
			call_entered(c, how);
		return;
	}
	reply_claims(p, u);
}

static void read_claimed(struct poll *p)
{
	struct columns ids;
	struct params *params = call_read(p->c, SQL_REQUESTS_BY_IDS);

	columns_init(&ids, "u");
	for (int i = 0; i < p->m.claimed_count; i++)
		cell_uuid(&ids, &p->claimed[i].request);
	params_columns(params, &ids);
	p->c->unit.on_done = on_claimed_read;
	if (pg_submit(p->c->api->reads, &p->c->unit) < 0) {
		release_all(p);
		answer_away(p->c, -1);
	}
}

static void park(struct poll *p)
{
	int64_t left = p->until_mono - loop_mono();

	if (left <= 0 || p->c->api->draining) {
		parked_leave(&p->parked);
		reply_claims(p, NULL);
	} else if (parked_wait(&p->parked)) {
		timer_set(&p->timer, left);
	} else {
		try_claim(p);
	}
}

static void on_wake(struct parked *parked)
{
	struct poll *p = container_of(parked, struct poll, parked);

	timer_clear(&p->timer);
	if (p->c->api->draining)
		reply_claims(p, NULL);
	else
		try_claim(p);
}

static void on_claimed(struct member *base, enum member_result result)
{
	struct poll *p = container_of(base, struct poll, m.base);
	struct call *c = p->c;

	if (result != MEMBER_DONE || p->m.claimed_count || c->x->gone)
		parked_leave(&p->parked);
	if (c->x->gone) {
		release_all(p);
		exchange_abandon(c->x);
		return;
	}
	if (result != MEMBER_DONE) {
		answer_member(c, result);
		return;
	}
	if (!p->m.claimed_count) {
		park(p);
		return;
	}
	metric_add(METRIC_claims_total, NULL, p->m.claimed_count);
	feed_tell(c->api);
	api_tell_lease(c->api, p->claimed[0].lease_until);
	read_claimed(p);
}

static void try_claim(struct poll *p)
{
	int r;

	p->m.base.kind = &batch_claim;
	p->m.base.on_done = on_claimed;
	parked_try(&p->parked);
	r = batcher_submit(p->c->api->writes, &p->m.base);
	if (r < 0) {
		parked_leave(&p->parked);
		answer_away(p->c, r);
	}
}

static void on_wait_over(struct timer *t)
{
	struct poll *p = container_of(t, struct poll, timer);

	parked_leave(&p->parked);
	reply_claims(p, NULL);
}

static void on_poll_gone(struct call *c)
{
	struct poll *p = c->state;

	if (p->parked.where != PARKED_WAITS)
		return; /* in flight: seen when the answer comes */
	parked_leave(&p->parked);
	timer_clear(&p->timer);
	exchange_abandon(c->x);
}

/* The lease ends as if released by its holder; compare-and-set on the fence. */
static void release_all(struct poll *p)
{
	struct call *c = p->c;

	for (int i = 0; i < p->m.claimed_count; i++)
		claim_give_back(c->api, &c->who, &p->claimed[i]);
	log_event(LOG_LEVEL_INFO, "claim_undelivered", LOG_S("request_id", c->x->request_id),
		LOG_N("claims", p->m.claimed_count));
}

static void on_undelivered(struct call *c)
{
	release_all(c->state);
}

/* services: ["6-49", …] becomes one text with a line each. */
static char *read_services(struct json_reader *r)
{
	json_object *all = json_get_array(r, "services", JSON_OPTIONAL, 100);
	struct text t = TEXT_INIT;

	if (!all)
		return NULL;
	for (size_t i = 0; i < json_object_array_length(all); i++) {
		const char *code = json_item_string(r, "services", all, i, 64);

		if (i)
			text_add_char(&t, '\n');
		text_adds(&t, code ? code : "");
	}
	return text_steal(&t);
}

void claims_begin(struct call *c)
{
	struct poll *p;
	struct json_reader r;
	_faults_ faults = {0};
	int64_t max = 1, lease = LEASE_DEFAULT, wait = 0;

	if (strcmp(c->segment[0], c->who.agency) != 0) {
		answer_problem(c, KEZEK_PROBLEM_not_found, NULL);
		return;
	}
	p = call_state(c, sizeof(*p), poll_free);
	p->c = c;
	timer_init(&p->timer, c->api->loop, on_wait_over);
	json_reader_init(&r, c->body, "", &faults);
	json_get_int64(&r, "max", JSON_OPTIONAL, 1, CLAIMS_MAX, &max);
	json_get_int64(&r, "lease_seconds", JSON_OPTIONAL, 10, 86400, &lease);
	json_get_int64(&r, "wait_seconds", JSON_OPTIONAL, 0, 60, &wait);
	p->worker = json_get_string(&r, "worker", JSON_OPTIONAL, 128);
	p->services = read_services(&r);
	if (json_get_uuid(&r, "request", JSON_OPTIONAL, &p->named))
		p->m.request = &p->named;
	json_reader_end(&r);
	if (faults.count) {
		answer_faults(c, &faults);
		return;
	}
	parked_init(&p->parked, c->api->parking, c->who.agency, call_person(c));
	p->parked.takes_anything = !p->services && !p->m.request;
	p->parked.on_wake = on_wake;
	p->m.principal = c->who.name;
	p->m.actor = call_actor(c);
	p->m.agency = c->who.agency;
	p->m.services = p->services;
	p->m.worker = p->worker;
	p->m.max = (int)max;
	p->m.lease_us = lease * USEC_PER_SEC;
	p->m.claimed = p->claimed;
	p->until_mono = loop_mono() + wait * USEC_PER_SEC;
	c->x->patience += wait * USEC_PER_SEC;
	c->on_gone = on_poll_gone;
	try_claim(p);
}

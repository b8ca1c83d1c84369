/* POST /v1/queues/{agency}/claims: take what waits, or park until something does. */
#include "daemon/api/claims.h"
#include "daemon/api/dossier.h"
#include "daemon/api/feed.h"
#include "daemon/api/parking.h"
#include "daemon/api/readings.h"
#include "daemon/log.h"
#include "daemon/metrics.h"

#define LEASE_DEFAULT 900

struct poll;

struct claimed_reading {
	struct reading reading;
	struct poll *poll;
	int64_t fence;
};

struct poll {
	struct call *c;
	struct claim_member m;
	char *services;
	const char *worker;
	struct uuid named;
	struct claimed_row claimed[CLAIMS_MAX];
	struct claimed_reading *readings; /* of each that was claimed */
	int unread;
	bool failed; /* one of them at least, so: */
	enum unit_how how;
	int error;
	struct text answer; /* the claims so far */
	int64_t until_mono; /* when the wait is over */
	struct timer timer;
	struct parked parked;
	bool is_woken; /* by what may be waiting still */
};

static void try_claim(struct poll *p);

static void poll_free(void *state)
{
	struct poll *p = state;

	parked_leave(&p->parked);
	timer_done(&p->timer);
	text_done(&p->answer);
	free(p->readings);
	free(p->services);
	free(p);
}

static void release_all(struct poll *p);
static void on_undelivered(struct call *c);

static void reply_claims(struct poll *p)
{
	struct call *c = p->c;
	struct text t = TEXT_INIT;

	c->on_undelivered = p->answer.len ? on_undelivered : NULL;
	text_adds(&t, "{\"claims\":[");
	text_add_span(&t, text_span(&p->answer));
	text_adds(&t, "]}");
	answer_json(c, 200, &t);
}

static void add_claim(struct claimed_reading *k)
{
	struct poll *p = k->poll;
	struct call *c = p->c;
	struct viewer viewer = call_viewer(c);
	struct text *t = &p->answer;
	struct dossier d;
	char id[UUID_TEXT_SIZE];

	if (k->reading.row < 0 ||
		dossier_read(&d, c->api, c->book, loop_now(c->api->loop),
			row_of(k->reading.unit, READING_REQUESTS, k->reading.row)) < 0)
		return;
	/* Between the claim and this reading the lease may have run out, or been given to another.
	 */
	if (d.row.has_claim && d.row.fence == k->fence) {
		uuid_format(&d.row.claim, id);
		text_addf(t, "%s{\"claim\":\"%s\",\"fence\":%lld,", t->len ? "," : "", id,
			(long long)d.row.fence);
		text_add_moment(t, "lease_until", d.row.lease_until, dossier_zone(&d));
		text_adds(t, ",\"request\":");
		dossier_write(t, &d, &viewer, c->who.name, c->lang, false);
		text_add_char(t, '}');
	}
	dossier_done(&d);
}

static void all_read(struct poll *p)
{
	struct call *c = p->c;

	if (!c->x->gone && !p->failed) {
		reply_claims(p);
		return;
	}
	release_all(p);
	if (c->x->gone)
		exchange_abandon(c->x);
	else if (p->error)
		answer_away(c, p->error);
	else if (p->how != UNIT_DONE)
		answer_unit(c, p->how);
	else
		answer_problem(c, KEZEK_PROBLEM_principal_disabled, NULL);
}

static void note_failure(struct poll *p, enum unit_how how, int error)
{
	p->failed = true;
	p->how = how;
	p->error = error;
}

static void on_claimed_read(struct reading *x)
{
	struct claimed_reading *k = container_of(x, struct claimed_reading, reading);
	struct poll *p = k->poll;

	if (x->how != UNIT_DONE || !x->is_entered) {
		note_failure(p, x->how, x->error);
		if (x->how == UNIT_REFUSED)
			memcpy(p->c->unit.sqlstate, x->unit->sqlstate, sizeof(x->unit->sqlstate));
	} else if (!p->c->x->gone) {
		add_claim(k);
	}
	if (--p->unread == 0)
		all_read(p);
}

static void read_claimed(struct poll *p)
{
	int n = p->m.claimed_count, e = 0;

	p->readings = calloc((size_t)n, sizeof(*p->readings));
	if (!p->readings)
		abort();
	for (int i = 0; i < n && e == 0; i++) {
		p->readings[i] = (struct claimed_reading){
			.reading = {.principal = p->c->who.name,
				.id = p->claimed[i].request,
				.is_handed_out = true,
				.on_read = on_claimed_read},
			.poll = p,
			.fence = p->claimed[i].fence,
		};
		e = reading_submit(p->c->api->readings, &p->readings[i].reading);
		p->unread += e == 0;
	}
	if (e < 0)
		note_failure(p, UNIT_LOST, e);
	if (!p->unread)
		all_read(p);
}

static void park(struct poll *p)
{
	int64_t left = p->until_mono - loop_mono();

	if (left <= 0 || p->c->api->draining) {
		parked_leave(&p->parked);
		reply_claims(p);
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
	p->is_woken = true;
	if (p->c->api->draining)
		reply_claims(p);
	else
		try_claim(p);
}

static void on_claimed(struct member *base, enum member_result result)
{
	struct poll *p = container_of(base, struct poll, m.base);
	struct call *c = p->c;

	if (result != MEMBER_DONE || p->m.claimed_count || c->x->gone)
		parked_leave(&p->parked);
	/* Who was woken and takes nothing after all passes it on. */
	if (p->is_woken && (result != MEMBER_DONE || (c->x->gone && !p->m.claimed_count)))
		parking_wake(c->api->parking, c->who.agency, 1);
	p->is_woken = false;
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
	reply_claims(p);
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

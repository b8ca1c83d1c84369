/*
 * The courier: carries the feed to webhooks. A round is one transaction: it records what came of
 * the attempts that have ended, brings the hooks on in the feed, and takes what is due, under a
 * lease. So an event is sent at least once, and again where a daemon died between sending and
 * recording, under the same webhook-id.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "daemon/api/courier.h"
#include "daemon/api/feed.h"
#include "daemon/log.h"
#include "daemon/metrics.h"
#include "lib/webhook.h"

#define POLL_US     (1000 * 1000LL) /* what others committed, and what they left */
#define NUDGE_US    (20 * 1000LL)   /* what came of our own commit, with those behind it */
#define RETRY_US    (500 * 1000LL)
#define SPAN_ROWS   500   /* events of one hook in one round */
#define UNDELIVERED 10000 /* of one hook: further events wait in the feed */
#define PER_HOOK    4
#define TESTS       8
#define LEASE_SLACK 30 /* seconds, to record in */
#define SECOND      1000000

enum errand_state {
	ERRAND_FREE,
	ERRAND_AWAY,
	ERRAND_BACK,  /* to be recorded */
	ERRAND_NOTED, /* being recorded */
};

/* One attempt at one delivery. */
struct errand {
	struct courier *courier;
	enum errand_state state;
	struct outgoing_call call;
	char webhook[NAME_SIZE];
	int64_t position;
	int attempt;
};

struct courier {
	struct api *api;
	struct pg *pg;
	struct outgoing *outgoing;
	struct timer timer;
	struct unit unit;
	bool is_asking, is_nudged, is_draining, records;
	struct loop_watch watch;
	int64_t sent_mono;
	int busy, tests, count;
	struct errand errands[];
};

void hook_read(struct row *r, struct hook *ret)
{
	row_uuid(r, &ret->id);
	ret->url = row_text(r);
	ret->master = row_int(r);
	ret->wrapped = row_bytes(r);
	ret->former_master = row_int(r);
	ret->former_wrapped = row_bytes(r);
}

/* Adds " v1,<base64>" by one secret. */
static bool sign(struct seal *s, struct text *t, const struct uuid *id, int master,
	struct span wrapped, struct span signed_text)
{
	uint8_t key[SEAL_KEY_SIZE], mac[SEAL_HASH_SIZE];

	if (seal_open_key(s, id, master, wrapped, key) < 0)
		return false;
	seal_sign(s, key, signed_text, mac);
	secret_forget(key, sizeof(key));
	text_adds(t, " v1,");
	text_add_base64(t, (struct span){(const char *)mac, sizeof(mac)});
	return true;
}

bool courier_send(struct courier *c, struct outgoing_call *call, const struct hook *hook,
	const struct uuid *message, struct text *body)
{
	struct seal *s = c->api->seal;
	long long now = loop_now(c->api->loop) / SECOND;
	_text_ signed_text = TEXT_INIT;
	_text_ signature = TEXT_INIT;
	char id[UUID_TEXT_SIZE], id_field[64], time_field[64];

	uuid_format(message, id);
	text_addf(&signed_text, "%s.%lld.", id, now);
	text_add_span(&signed_text, text_span(body));
	text_adds(&signature, "webhook-signature:");
	if (!sign(s, &signature, &hook->id, hook->master, hook->wrapped, text_span(&signed_text)) ||
		(hook->former_wrapped.len &&
			!sign(s, &signature, &hook->id, hook->former_master, hook->former_wrapped,
				text_span(&signed_text)))) {
		log_event(
			LOG_LEVEL_ERROR, "webhook_secret_unreadable", LOG_S("webhook", hook->name));
		text_done(body);
		return false;
	}
	snprintf(id_field, sizeof(id_field), "webhook-id: %s", id);
	snprintf(time_field, sizeof(time_field), "webhook-timestamp: %lld", now);
	outgoing_post(c->outgoing, call, hook->url,
		(const char *const[]){"Content-Type: application/cloudevents+json",
			"User-Agent: kezekd/" KEZEK_VERSION, "Expect:", id_field, time_field,
			signature.data, NULL},
		body);
	return true;
}

static void soon(struct courier *c, int64_t us)
{
	if (!c->is_asking)
		timer_set(&c->timer, us);
}

static void on_answered(struct outgoing_call *call)
{
	struct errand *e = container_of(call, struct errand, call);

	e->state = ERRAND_BACK;
	e->courier->records = true;
	soon(e->courier, 0);
}

/* There is one: no more was asked for. */
static struct errand *free_errand(struct courier *c)
{
	int i = 0;

	while (c->errands[i].state != ERRAND_FREE)
		i++;
	assert(i < c->count);
	return &c->errands[i];
}

static void set_out(struct courier *c, struct row r)
{
	struct errand *e = free_errand(c);
	struct text body = TEXT_INIT;
	struct feed_row event;
	struct hook hook;

	feed_row_read(&r, &event);
	e->position = event.position;
	e->attempt = row_int(&r);
	hook.name = row_text(&r);
	snprintf(e->webhook, sizeof(e->webhook), "%s", hook.name);
	hook_read(&r, &hook);
	feed_write(&body, &event, book_zone(c->api->book, event.agency));
	e->courier = c;
	e->state = ERRAND_AWAY;
	e->call = (struct outgoing_call){.on_done = on_answered};
	c->busy++;
	if (!courier_send(c, &e->call, &hook, &event.id, &body)) {
		e->call.why = "secret";
		on_answered(&e->call);
	}
}

/* What each attempt was, for its row and for the counters. */
static const char *judge(const struct errand *e, int64_t *ret_delay)
{
	enum webhook_verdict verdict = webhook_judge(e->call.status);
	uint32_t chance;

	*ret_delay = 0;
	if (verdict == WEBHOOK_DELIVERED)
		return "delivered";
	if (verdict == WEBHOOK_GONE)
		return "gone";
	random_bytes(&chance, sizeof(chance));
	*ret_delay = webhook_delay(e->attempt, chance);
	if (*ret_delay >= 0)
		return "again";
	*ret_delay = 0;
	return "dead";
}

static void note(struct errand *e, struct columns *rows)
{
	int64_t delay;
	const char *result = judge(e, &delay);

	cell_text(rows, e->webhook);
	cell_int64(rows, e->position);
	cell_int(rows, e->attempt);
	cell_text(rows, result);
	cell_int(rows, e->call.status);
	cell_text(rows, e->call.why);
	cell_interval(rows, delay);
	if (e->state == ERRAND_BACK) { /* else told already, and not recorded */
		metric_add(METRIC_webhook_attempts_total, result, 1);
		log_event(strcmp(result, "delivered") == 0 ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING,
			"webhook_attempt", LOG_S("webhook", e->webhook),
			LOG_N("position", e->position), LOG_N("attempt", e->attempt),
			LOG_S("result", result), LOG_N("status", e->call.status),
			LOG_S("why", e->call.why), LOG_N("us", e->call.took_us));
	}
	e->state = ERRAND_NOTED;
}

/* Recorded: the errands are free again, and what was disabled by it is told. */
static void on_recorded(struct courier *c, const struct unit *u)
{
	for (int i = 0; i < c->count; i++) {
		if (c->errands[i].state == ERRAND_NOTED) {
			c->errands[i].state = ERRAND_FREE;
			c->busy--;
		}
	}
	for (int i = 0; i < rows_count(u, 0); i++) {
		struct row r = row_of(u, 0, i);
		const char *name = row_text(&r);

		log_event(LOG_LEVEL_ERROR, "webhook_disabled", LOG_S("webhook", name),
			LOG_S("why", row_text(&r)));
	}
}

static int64_t until_next(struct courier *c, const struct unit *u, bool has_more, int taken)
{
	struct row r = row_of(u, 3, 0);
	int64_t now = row_moment(&r), next = row_moment(&r), left;

	loop_learn_now(c->api->loop, now, c->sent_mono, loop_mono());
	if (c->records || has_more)
		return 0;
	if (c->is_nudged)
		return NUDGE_US;
	if (next == MOMENT_NONE)
		return POLL_US;
	left = next - now;
	if (left <= 0) /* others are at it, or it waits for what is under way */
		return taken ? 0 : POLL_US;
	return left < POLL_US ? left : POLL_US;
}

static void on_round(struct unit *u, enum unit_how how)
{
	struct courier *c = container_of(u, struct courier, unit);
	int64_t us = RETRY_US;

	c->is_asking = false;
	if (how == UNIT_DONE) {
		struct row r = row_of(u, 1, 0);
		int taken = rows_count(u, 2);

		on_recorded(c, u);
		for (int i = 0; i < taken; i++)
			set_out(c, row_of(u, 2, i));
		us = until_next(c, u, row_bool(&r), taken);
	} else {
		c->records = true;
	}
	unit_done(u);
	soon(c, us);
}

/* Results that a lost round may not have recorded are recorded again: the second time is void. */
static void look(struct courier *c)
{
	const struct settings *s = c->api->settings;
	struct columns rows;
	struct params *p;

	unit_init(&c->unit, on_round);
	p = unit_add(&c->unit, SQL_RECORD_DELIVERIES);
	params_int(p, WEBHOOK_PATIENCE);
	columns_init(&rows, "tlititv");
	for (int i = 0; i < c->count; i++) {
		if (c->errands[i].state >= ERRAND_BACK)
			note(&c->errands[i], &rows);
	}
	params_columns(p, &rows);
	p = unit_add(&c->unit, SQL_FAN_OUT);
	params_int(p, FEED_SPAN);
	params_int(p, SPAN_ROWS);
	params_int(p, UNDELIVERED);
	p = unit_add(&c->unit, SQL_TAKE_DELIVERIES);
	params_int(p, c->api->book && !c->is_draining ? c->count - c->busy : 0);
	params_int(p, PER_HOOK);
	params_int(p, (int32_t)(s->webhook_timeout / SECOND) + LEASE_SLACK);
	unit_add(&c->unit, SQL_NEXT_DELIVERY);
	c->records = c->is_nudged = false;
	c->sent_mono = loop_mono();
	c->is_asking = pg_submit(c->pg, &c->unit) == 0;
	if (c->is_asking)
		return;
	unit_done(&c->unit);
	timer_set(&c->timer, RETRY_US);
}

static void on_timer(struct timer *t)
{
	struct courier *c = container_of(t, struct courier, timer);

	if (!c->is_asking)
		look(c);
}

/* The database's clock stepped: other deliveries are due. */
static void on_step(struct loop_watch *w)
{
	soon(container_of(w, struct courier, watch), 0);
}

void courier_nudge(struct courier *c)
{
	if (!c || c->is_nudged)
		return;
	c->is_nudged = true;
	soon(c, NUDGE_US);
}

void courier_drain(struct courier *c)
{
	if (c)
		c->is_draining = true;
}

bool courier_begin_test(struct courier *c)
{
	if (!c || c->tests == TESTS || c->is_draining)
		return false;
	c->tests++;
	return true;
}

void courier_end_test(struct courier *c)
{
	c->tests--;
}

int courier_new(struct api *a, const char *conninfo, struct courier **ret)
{
	const struct settings *s = a->settings;
	const struct pg_options options = {
		.name = "webhooks",
		.conninfo = conninfo,
		.connections = 1,
		.depth = 1,
		.queue = 1,
		.timeout_us = 70 * 1000000LL,
	};
	const struct outgoing_options outgoing = {
		s->webhook_ca, s->webhook_timeout, s->webhook_connections + TESTS};
	struct courier *c =
		calloc(1, sizeof(*c) + (size_t)s->webhook_connections * sizeof(c->errands[0]));
	int r;

	if (!c)
		return -ENOMEM;
	c->api = a;
	c->count = s->webhook_connections;
	timer_init(&c->timer, a->loop, on_timer);
	timer_set(&c->timer, POLL_US);
	c->watch.on_step = on_step;
	r = outgoing_new(a->loop, &outgoing, &c->outgoing);
	if (r == 0)
		r = pg_new(a->loop, &options, &c->pg);
	if (r < 0) {
		courier_free(c);
		return r;
	}
	loop_watch_clock(a->loop, &c->watch);
	*ret = c;
	return 0;
}

void courier_free(struct courier *c)
{
	if (!c)
		return;
	timer_done(&c->timer);
	outgoing_free(c->outgoing);
	pg_free(c->pg);
	if (c->is_asking)
		unit_done(&c->unit);
	free(c);
}

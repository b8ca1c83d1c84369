/* Webhooks: a ping, what could not be delivered, and delivering it again. */
#include <stdio.h>

#include "daemon/api/dossier.h"
#include "daemon/api/feed.h"
#include "daemon/api/resources.h"
#include "daemon/api/webhooks.h"

/* POST /v1/webhooks/{name}/test */

struct ping {
	struct call *call;
	struct outgoing_call outgoing;
	struct uuid id;
};

static void on_answered(struct outgoing_call *o)
{
	struct ping *ping = container_of(o, struct ping, outgoing);
	struct call *c = ping->call;
	struct text t = TEXT_INIT;

	courier_end_test(c->api->courier);
	text_addf(&t, "{\"delivered\":%s,", o->status >= 200 && o->status < 300 ? "true" : "false");
	if (o->status)
		text_addf(&t, "\"status\":%d,", o->status);
	else
		text_adds(&t, "\"status\":null,");
	text_add_member(&t, "why", o->why);
	text_addf(&t, ",\"took_ms\":%lld}", (long long)(o->took_us / 1000));
	answer_json(c, 200, &t);
}

static void on_hook(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct ping *ping = c->state;
	struct text body = TEXT_INIT;
	char id[UUID_TEXT_SIZE];
	struct hook hook;
	struct row r;

	if (!call_entered(c, how))
		return;
	if (!rows_count(u, 1)) {
		answer_problem(c, KEZEK_PROBLEM_not_found, NULL);
		return;
	}
	if (!courier_begin_test(c->api->courier)) {
		answer_problem(c, KEZEK_PROBLEM_overloaded, NULL);
		return;
	}
	r = row_of(u, 1, 0);
	hook.name = row_text(&r);
	hook_read(&r, &hook);
	ping->id = uuid_new(loop_now(c->api->loop));
	uuid_format(&ping->id, id);
	text_addf(&body,
		"{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/v1/webhooks/%s\","
		"\"type\":\"kezek.webhook.ping\",",
		id, hook.name);
	text_add_moment(&body, "time", loop_now(c->api->loop), NULL);
	text_add_char(&body, '}');
	c->x->patience += c->api->settings->webhook_timeout;
	if (courier_send(c->api->courier, &ping->outgoing, &hook, &ping->id, &body))
		return;
	courier_end_test(c->api->courier);
	answer_problem(c, KEZEK_PROBLEM_internal, NULL);
}

void webhook_test_begin(struct call *c)
{
	struct ping *ping = call_state(c, sizeof(*ping), NULL);
	struct json_reader r;
	_faults_ faults = {0};

	json_reader_init(&r, c->body, "", &faults);
	json_reader_end(&r);
	if (faults.count) {
		answer_faults(c, &faults);
		return;
	}
	ping->call = c;
	ping->outgoing.on_done = on_answered;
	webhook_ask(c, c->segment[0]);
	call_send(c, on_hook);
}

/* GET /v1/webhooks/{name}/deliveries */

static void add_delivery(struct text *t, struct row r, int64_t *ret_position)
{
	char request[UUID_TEXT_SIZE];
	struct uuid id;
	int status;

	*ret_position = row_int64(&r);
	row_uuid(&r, &id);
	uuid_format(&id, request);
	text_addf(t, "{\"position\":%lld,\"request\":\"%s\",", (long long)*ret_position, request);
	text_add_member(t, "state", row_text(&r));
	text_addf(t, ",\"attempts\":%d,", row_int(&r));
	text_add_moment(t, "next_at", row_moment(&r), NULL);
	text_add_char(t, ',');
	text_add_moment(t, "made_at", row_moment(&r), NULL);
	text_add_char(t, ',');
	text_add_moment(t, "last_at", row_moment(&r), NULL);
	status = row_int(&r);
	if (status)
		text_addf(t, ",\"last_status\":%d,", status);
	else
		text_adds(t, ",\"last_status\":null,");
	text_add_member(t, "last_why", row_text(&r));
	text_add_char(t, '}');
}

static void on_deliveries(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	const struct page *page = c->state;
	struct text t = TEXT_INIT;
	int64_t last = 0;
	int n;

	if (!call_entered(c, how))
		return;
	if (!rows_count(u, 1)) {
		answer_problem(c, KEZEK_PROBLEM_not_found, NULL);
		return;
	}
	n = rows_count(u, 2);
	text_adds(&t, "{\"items\":[");
	for (int i = 0; i < n && i < page->limit; i++) {
		if (i)
			text_add_char(&t, ',');
		add_delivery(&t, row_of(u, 2, i), &last);
	}
	text_adds(&t, "],\"page\":{\"end_cursor\":");
	if (n)
		text_addf(&t, "\"%lld\"", (long long)last);
	else
		text_adds(&t, "null");
	text_addf(&t, ",\"has_more\":%s}}", n > page->limit ? "true" : "false");
	answer_json(c, 200, &t);
}

void webhook_deliveries_begin(struct call *c)
{
	static const char *const names[] = {"state", "limit", "after", NULL};
	_text_ state = TEXT_INIT;
	_text_ after = TEXT_INIT;
	int64_t position = 0;
	struct page *page;
	struct params *p;

	if (!call_query_check(c, names))
		return;
	page = call_state(c, sizeof(*page), NULL);
	if (!page_read_limit(c, page))
		return;
	if (call_query(c, "state", &state) && !span_is(text_span(&state), "pending") &&
		!span_is(text_span(&state), "dead")) {
		answer_bad_parameter(c, "state", WORD_reason_not_allowed, "pending, dead");
		return;
	}
	if (call_query(c, "after", &after) && !feed_position_parse(text_span(&after), &position)) {
		answer_bad_parameter(c, "after", WORD_reason_bad_format, "end_cursor");
		return;
	}
	webhook_ask(c, c->segment[0]);
	p = call_read(c, SQL_DELIVERIES);
	params_text(p, c->who.name);
	params_text(p, c->segment[0]);
	params_text(p, state.len ? state.data : NULL);
	params_int64(p, position);
	params_int(p, page->limit + 1);
	call_send(c, on_deliveries);
}

/* POST /v1/webhooks/{name}/redeliver */

static void on_redelivered(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct text t = TEXT_INIT;
	struct row r;

	if (!webhook_is_done(c, how, 1))
		return;
	r = row_of(u, 1, 0);
	r.at = 1;
	text_addf(&t, "{\"deliveries\":%d}", row_int(&r));
	answer_json(c, 200, &t);
}

void webhook_redeliver_begin(struct call *c)
{
	int64_t position = 0, from = 0;
	struct json_reader r;
	_faults_ faults = {0};
	struct params *p;

	json_reader_init(&r, c->body, "", &faults);
	json_get_int64(&r, "position", JSON_OPTIONAL, 1, INT64_MAX, &position);
	json_get_int64(&r, "from_position", JSON_OPTIONAL, 1, INT64_MAX, &from);
	if (position && from)
		json_reader_fault(&r, "position", WORD_reason_conflict, "from_position", NULL);
	json_reader_end(&r);
	if (faults.count) {
		answer_faults(c, &faults);
		return;
	}
	p = webhook_change(c, SQL_REDELIVER);
	params_text(p, c->segment[0]);
	params_int64(p, position);
	params_int64(p, from);
	call_send(c, on_redelivered);
}

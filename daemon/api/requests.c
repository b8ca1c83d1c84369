/* Reading one request: itself, its deadlines with their explanation, its receipt. */
#include <stdio.h>

#include "daemon/api/dossier.h"
#include "daemon/api/resources.h"

static void get(struct call *c, void (*on_done)(struct unit *u, enum unit_how how))
{
	struct uuid id;

	if (!call_id(c, &id))
		return;
	params_uuid(call_read(c, SQL_REQUEST_BY_ID), &id);
	call_send(c, on_done);
}

/* The dossier of the one request that was asked for; false: answered. */
static bool open_one(struct unit *u, enum unit_how how, struct dossier *d)
{
	struct call *c = call_of_unit(u);

	if (!call_entered(c, how))
		return false;
	if (!rows_count(u, 1)) {
		answer_problem(c, KEZEK_PROBLEM_not_found, NULL);
		return false;
	}
	if (dossier_read(d, c->api, c->book, loop_now(c->api->loop), u, 1, 0) < 0) {
		answer_problem(c, KEZEK_PROBLEM_internal, NULL);
		return false;
	}
	return true;
}

static void on_request(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct viewer viewer = call_viewer(c);
	struct text t = TEXT_INIT;
	struct dossier d;
	char etag[32];

	if (!open_one(u, how, &d))
		return;
	dossier_write(&t, &d, &viewer, c->who.name, c->lang, false);
	snprintf(etag, sizeof(etag), "\"%d\"", d.row.version);
	exchange_header(c->x, "ETag", etag);
	dossier_done(&d);
	answer_json(c, 200, &t);
}

void request_get_begin(struct call *c)
{
	get(c, on_request);
}

static void on_deadlines(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct text t = TEXT_INIT;
	_text_ explain = TEXT_INIT;
	struct dossier d;

	if (!open_one(u, how, &d))
		return;
	text_adds(&t, "{\"items\":");
	dossier_write_deadlines(&t, &d,
		call_query(c, "explain", &explain) && explain.len && explain.data[0] != '0');
	t.len--; /* page_write closes the list */
	page_write(&t, NULL, 0, false);
	text_add_char(&t, '}');
	dossier_done(&d);
	answer_json(c, 200, &t);
}

void request_deadlines_begin(struct call *c)
{
	static const char *const names[] = {"explain", NULL};

	if (call_query_check(c, names))
		get(c, on_deadlines);
}

static void on_receipt(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct text t = TEXT_INIT;
	struct span accept = span_of("");
	struct dossier d;
	const char *type = "application/json";

	if (!open_one(u, how, &d))
		return;
	exchange_field(c->x, "accept", &accept);
	if (memmem(accept.at, accept.len, "text/html", 9))
		type = "text/html; charset=utf-8";
	else if (memmem(accept.at, accept.len, "text/plain", 10))
		type = "text/plain; charset=utf-8";
	if (type[0] == 'a')
		dossier_write_receipt(&t, &d);
	else
		dossier_write_receipt_text(&t, &d, type[5] == 'h');
	dossier_done(&d);
	exchange_reply(c->x, 200, type, &t);
}

void request_receipt_begin(struct call *c)
{
	get(c, on_receipt);
}

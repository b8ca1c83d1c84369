/* Reading one request: itself, its deadlines with their explanation, its receipt. */
#include <stdio.h>

#include "daemon/api/paper.h"
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
	static const struct paper_kind receipt = {
		dossier_write_receipt, dossier_write_receipt_text};
	struct dossier d;

	if (open_one(u, how, &d))
		paper_reply(call_of_unit(u), &d, &receipt);
}

void request_receipt_begin(struct call *c)
{
	get(c, on_receipt);
}

static void on_certificate(struct unit *u, enum unit_how how)
{
	static const struct paper_kind certificate = {
		dossier_write_certificate, dossier_write_certificate_text};
	struct call *c = call_of_unit(u);
	struct dossier d;

	if (!open_one(u, how, &d))
		return;
	if (dossier_is_approved_tacitly(&d)) {
		paper_reply(c, &d, &certificate);
		return;
	}
	dossier_done(&d);
	answer_problem(c, KEZEK_PROBLEM_not_found, NULL);
}

void request_certificate_begin(struct call *c)
{
	get(c, on_certificate);
}

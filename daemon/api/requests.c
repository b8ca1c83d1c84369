/* Reading one request: itself, its deadlines with their explanation, its receipt. */
#include <stdio.h>

#include "daemon/api/access_log.h"
#include "daemon/api/documents.h"
#include "daemon/api/paper.h"
#include "daemon/api/past.h"
#include "daemon/api/resources.h"

static bool ask(struct call *c, struct uuid *ret_id)
{
	if (!call_id(c, ret_id))
		return false;
	params_uuid(call_read(c, SQL_REQUEST_BY_ID), ret_id);
	return true;
}

static void get(struct call *c, void (*on_done)(struct unit *u, enum unit_how how))
{
	struct uuid id;

	if (ask(c, &id))
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
	if (dossier_read(d, c->api, c->book, loop_now(c->api->loop), row_of(u, 1, 0)) < 0) {
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
	_json_ *stored = NULL;
	struct dossier d;
	char etag[32];

	if (!open_one(u, how, &d))
		return;
	stored = documents_read(&d, u, 2);
	documents_add(&d, stored);
	dossier_write(&t, &d, &viewer, c->who.name, c->lang, false);
	access_tells(c, &d.row.id);
	snprintf(etag, sizeof(etag), "\"%d\"", d.row.version);
	exchange_header(c->x, "ETag", etag);
	dossier_done(&d);
	answer_json(c, 200, &t);
}

void request_get_begin(struct call *c)
{
	struct columns ids, claims;
	struct params *p;
	struct uuid id;

	if (!ask(c, &id))
		return;
	columns_init(&ids, "u");
	columns_init(&claims, "u");
	cell_uuid(&ids, &id);
	p = call_read(c, SQL_DOCUMENTS_OF);
	params_columns(p, &ids);
	params_columns(p, &claims);
	call_send(c, on_request);
}

/* The deadlines of a request, perhaps with their explanations, which former calendars may give. */
struct explaining {
	struct dossier d;
	bool has_dossier, explain;
	int64_t asked[UNIT_STATEMENTS];
	int asked_count;
};

static void explaining_free(void *state)
{
	struct explaining *e = state;

	if (e->has_dossier)
		dossier_done(&e->d);
	free(e);
}

static void reply_deadlines(struct call *c)
{
	struct explaining *e = c->state;
	struct text t = TEXT_INIT;

	text_adds(&t, "{\"items\":");
	dossier_write_deadlines(&t, &e->d, e->explain);
	t.len--; /* page_write closes the list */
	page_write(&t, NULL, 0, false);
	text_add_char(&t, '}');
	answer_json(c, 200, &t);
}

static void on_past(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct explaining *e = c->state;

	for (int i = 0; how == UNIT_DONE && i < e->asked_count; i++)
		past_adopt(c->api->past, u, i, e->asked[i]);
	reply_deadlines(c);
}

static bool is_wanted(const struct explaining *e, struct past *past, int64_t generation)
{
	if (generation < 0 || past_find(past, generation) || e->asked_count == UNIT_STATEMENTS)
		return false;
	for (int i = 0; i < e->asked_count; i++) {
		if (e->asked[i] == generation)
			return false;
	}
	return true;
}

/* Asks for the calendars of then that are not at hand. False: none need be. */
static bool ask_past(struct call *c)
{
	struct explaining *e = c->state;

	unit_done(&c->unit);
	unit_init(&c->unit, on_past);
	for (int i = 0; i < e->d.deadline_count; i++) {
		int64_t generation = past_generation(&e->d, &e->d.deadlines[i]);

		if (!is_wanted(e, c->api->past, generation))
			continue;
		e->asked[e->asked_count++] = generation;
		past_ask(&c->unit, generation);
	}
	return e->asked_count && pg_submit(c->api->reads, &c->unit) == 0;
}

static void on_deadlines(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct explaining *e = c->state;

	if (!open_one(u, how, &e->d))
		return;
	e->has_dossier = true;
	if (!e->explain || !ask_past(c))
		reply_deadlines(c);
}

void request_deadlines_begin(struct call *c)
{
	static const char *const names[] = {"explain", NULL};
	_text_ explain = TEXT_INIT;
	struct explaining *e;

	if (!call_query_check(c, names))
		return;
	e = call_state(c, sizeof(*e), explaining_free);
	e->explain = call_query(c, "explain", &explain) && explain.len && explain.data[0] != '0';
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
	if (paper_form_check(c))
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
	if (paper_form_check(c))
		get(c, on_certificate);
}

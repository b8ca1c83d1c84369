/* POST /v1/reassignments: many requests are given to others, each by an act of its own. */
#include <stdio.h>

#include "daemon/api/act.h"
#include "daemon/api/deputies.h"
#include "daemon/api/resources.h"
#include "daemon/log.h"

#define MEMBERS_MAX   500
#define RECEIVERS_MAX 100
#define WINDOW        32 /* acts under way at once */

struct part {
	struct act_run run;
	json_object *body;
	const char *number; /* NULL: there is none such for the caller */
	const char *receiver;
	char key[KEY_SIZE + UUID_TEXT_SIZE];
};

struct bulk {
	struct call *c;
	struct pool *pool;
	struct part *parts;
	int n, started, done, moved;
	bool dry, has_more, answered;
	/* As the body says. */
	json_object *requests, *receivers;
	const char *from, *from_agency, *service, *to_agency, *to_principal, *reason;
	struct uuid ids[MEMBERS_MAX];
};

static void bulk_free(void *state)
{
	struct bulk *b = state;

	for (int i = 0; i < b->n; i++) {
		act_run_done(&b->parts[i].run);
		json_object_put(b->parts[i].body);
	}
	free(b->parts);
	pool_free(b->pool);
	free(b);
}

static void add_result(struct text *t, struct bulk *b, struct part *p)
{
	struct call *c = b->c;
	char id[UUID_TEXT_SIZE];

	uuid_format(&p->run.request, id);
	text_addf(t, "{\"request\":\"%s\",", id);
	text_add_member(t, "number", p->number);
	text_add_char(t, ',');
	text_add_member(t, "to_principal", p->receiver);
	text_add_char(t, ',');
	if (!p->number || p->run.result == ACT_NOT_FOUND) {
		act_add_problem(t, c, KEZEK_PROBLEM_not_found, NULL);
	} else if (b->dry) {
		text_adds(t, "\"result\":\"planned\"");
	} else if (p->run.result == ACT_DONE || act_is_repeat(c, &p->run)) {
		text_addf(t, "\"result\":\"done\",\"status\":200,\"version\":%d",
			p->run.result == ACT_DONE ? p->run.version : p->run.member.stored.version);
		b->moved++;
	} else {
		act_add_problem(t, c, act_problem(&p->run), &p->run.faults);
	}
	text_add_char(t, '}');
}

static void reply(struct bulk *b)
{
	struct call *c = b->c;
	struct text t = TEXT_INIT;

	text_adds(&t, "{\"results\":[");
	for (int i = 0; i < b->n; i++) {
		if (i)
			text_add_char(&t, ',');
		add_result(&t, b, &b->parts[i]);
	}
	text_addf(&t, "],\"moved\":%d,\"has_more\":%s}", b->moved, b->has_more ? "true" : "false");
	if (!b->dry)
		log_event(LOG_LEVEL_INFO, "reassigned", LOG_S("request_id", c->x->request_id),
			LOG_N("moved", b->moved), LOG_N("of", b->n), LOG_S("by", c->who.name));
	answer_json(c, 200, &t);
}

static void pump(struct bulk *b);

static void on_part(struct act_run *r)
{
	struct bulk *b = r->c->state;

	b->done++;
	pump(b);
}

/* Some at a time, so that others have their turn on the connections. */
static void pump(struct bulk *b)
{
	while (b->started < b->n && b->started - b->done < WINDOW) {
		struct part *p = &b->parts[b->started++];

		if (p->number)
			act_start(&p->run);
		else
			b->done++;
	}
	if (b->done < b->n || b->answered)
		return;
	b->answered =
		true; /* an act that could not be begun is done at once, within its own turn here */
	reply(b);
}

static void part_init(struct bulk *b, struct part *p, struct row *r)
{
	struct call *c = b->c;
	char id[UUID_TEXT_SIZE];
	struct uuid request = {0};
	int version;

	row_uuid(r, &request);
	p->number = pool_copy(b->pool, row_text(r));
	version = row_int(r);
	p->receiver = pool_copy(b->pool, row_text(r));
	uuid_format(&request, id);
	/* A blank cannot stand in a key that a client gives. */
	snprintf(p->key, sizeof(p->key), "%s %s", c->key, id);
	p->body = json_made(json_object_new_object());
	if (p->receiver)
		json_put(p->body, "to_principal", json_made(json_object_new_string(p->receiver)));
	if (b->to_agency)
		json_put(p->body, "to_agency", json_made(json_object_new_string(b->to_agency)));
	json_put(p->body, "reason", json_made(json_object_new_string(b->reason)));
	p->run = (struct act_run){
		.c = c,
		.act = KEZEK_ACT_reassign,
		.request = request,
		.has_if_match = true,
		.if_match = version,
		.key = p->key,
		.body = p->body,
		.on_done = on_part,
	};
}

static void on_planned(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct bulk *b = c->state;
	struct row r;
	struct span fingerprint;
	int rows;

	if (!call_entered(c, how))
		return;
	rows = rows_count(u, 1);
	if (!rows) {
		answer_problem(c, KEZEK_PROBLEM_role_not_allowed, NULL);
		return;
	}
	r = row_of(u, 1, 0);
	fingerprint = row_bytes(&r);
	b->has_more = row_bool(&r);
	if (fingerprint.len != FINGERPRINT_SIZE ||
		memcmp(fingerprint.at, c->fingerprint, FINGERPRINT_SIZE) != 0) {
		answer_problem(c, KEZEK_PROBLEM_idempotency_key_reused, NULL);
		return;
	}
	b->parts = calloc((size_t)rows, sizeof(*b->parts));
	if (!b->parts)
		abort();
	for (int i = 1; i < rows; i++) {
		r = row_of(u, 1, i);
		row_bytes(&r);
		row_bool(&r);
		part_init(b, &b->parts[b->n++], &r);
	}
	if (b->dry)
		reply(b);
	else
		pump(b);
}

/* An officer of the agency who is there. */
static void check_receiver(
	struct call *c, struct json_reader *r, const char *member, const char *name)
{
	const struct principal *p = NULL;
	const char *deputy;

	for (size_t i = 0; i < c->api->principal_count; i++) {
		const struct principal *one = &c->api->principals[i];

		if (strcmp(one->name, name) == 0 && !one->is_disabled &&
			one->role == KEZEK_ROLE_officer &&
			(!c->who.agency[0] || strcmp(one->agency, c->who.agency) == 0))
			p = one;
	}
	deputy = p ? deputy_find(c->api, p->agency, name) : NULL;
	if (!p)
		json_reader_fault(r, member, WORD_reason_not_found, name, NULL);
	else if (deputy)
		json_reader_fault(r, member, WORD_reason_on_leave, name, deputy);
}

static void read_receivers(struct bulk *b, struct json_reader *r)
{
	struct call *c = b->c;

	b->to_principal = json_get_string(r, "to_principal", JSON_OPTIONAL, NAME_SIZE - 1);
	b->receivers = json_get_array(r, "to_principals", JSON_OPTIONAL, RECEIVERS_MAX);
	b->to_agency = json_get_string(r, "to_agency", JSON_OPTIONAL, NAME_SIZE - 1);
	if (!!b->to_principal + !!b->receivers + !!b->to_agency != 1)
		json_reader_fault(r, NULL, WORD_reason_not_allowed,
			"to_principal | to_principals | to_agency", NULL);
	if (b->to_principal)
		check_receiver(c, r, "to_principal", b->to_principal);
	for (size_t i = 0; b->receivers && i < json_object_array_length(b->receivers); i++) {
		const char *name =
			json_item_string(r, "to_principals", b->receivers, i, NAME_SIZE - 1);

		if (name)
			check_receiver(c, r, "to_principals", name);
	}
	if (b->to_agency && !catalogue_agency_find(c->book->catalogue, b->to_agency))
		json_reader_fault(r, "to_agency", WORD_reason_not_found, b->to_agency, NULL);
	else if (b->to_agency && c->who.agency[0] && strcmp(b->to_agency, c->who.agency) != 0)
		json_reader_fault(r, "to_agency", WORD_reason_not_yours, b->to_agency, NULL);
}

static void read_ids(struct bulk *b, struct json_reader *r)
{
	for (size_t i = 0; b->requests && i < json_object_array_length(b->requests); i++) {
		const char *s = json_item_string(r, "requests", b->requests, i, UUID_TEXT_SIZE - 1);

		if (s && !uuid_parse(span_of(s), &b->ids[i]))
			json_reader_fault(r, "requests", WORD_reason_bad_format, "UUID", NULL);
		for (size_t k = 0; s && k < i; k++) {
			if (uuid_compare(&b->ids[k], &b->ids[i]) != 0)
				continue;
			json_reader_fault(r, "requests", WORD_reason_duplicate, s, NULL);
			break;
		}
	}
}

/* False: answered. */
static bool read_body(struct bulk *b)
{
	struct json_reader r;
	_faults_ faults = {0};

	json_reader_init(&r, b->c->body, "", &faults);
	b->requests = json_get_array(&r, "requests", JSON_OPTIONAL, MEMBERS_MAX);
	b->from = json_get_string(&r, "from_principal", JSON_OPTIONAL, NAME_SIZE - 1);
	b->from_agency = json_get_string(&r, "from_agency", JSON_OPTIONAL, NAME_SIZE - 1);
	b->service = json_get_string(&r, "service", JSON_OPTIONAL, 64);
	b->reason = json_get_string(&r, "reason", JSON_REQUIRED, 2000);
	if (!faults.count && !!b->requests + !!b->from + !!b->from_agency != 1)
		json_reader_fault(&r, NULL, WORD_reason_not_allowed,
			"requests | from_principal | from_agency", NULL);
	if (b->requests && b->service)
		json_reader_fault(&r, "service", WORD_reason_conflict, "requests", NULL);
	read_ids(b, &r);
	read_receivers(b, &r);
	json_reader_end(&r);
	if (faults.count)
		answer_faults(b->c, &faults);
	return !faults.count;
}

static void plan(struct bulk *b)
{
	struct call *c = b->c;
	struct params *p = call_read(c, SQL_PLAN_REASSIGNMENT);
	struct columns ids, names;

	columns_init(&ids, "u");
	columns_init(&names, "t");
	for (size_t i = 0; b->requests && i < json_object_array_length(b->requests); i++)
		cell_uuid(&ids, &b->ids[i]);
	if (b->to_principal)
		cell_text(&names, b->to_principal);
	for (size_t i = 0; b->receivers && i < json_object_array_length(b->receivers); i++)
		cell_text(
			&names, json_object_get_string(json_object_array_get_idx(b->receivers, i)));
	params_text(p, c->who.name);
	params_text(p, b->dry ? NULL : c->key);
	params_bytes(p, c->fingerprint, FINGERPRINT_SIZE);
	if (b->requests)
		params_columns(p, &ids);
	else
		params_text(p, NULL);
	params_text(p, b->from);
	params_text(p, b->from_agency);
	params_text(p, b->service);
	params_columns(p, &names);
	params_int(p, MEMBERS_MAX);
	columns_done(&ids);
	call_send(c, on_planned);
}

void reassignments_begin(struct call *c)
{
	static const char *const names[] = {"dry_run", NULL};
	struct bulk *b;
	bool dry;

	if (!call_query_check(c, names) || !call_query_flag(c, "dry_run", &dry))
		return;
	if (!dry && !c->key[0]) {
		answer_problem(c, KEZEK_PROBLEM_idempotency_key_missing, NULL);
		return;
	}
	b = call_state(c, sizeof(*b), bulk_free);
	b->c = c;
	b->dry = dry;
	b->pool = pool_new();
	if (read_body(b))
		plan(b);
}

/* /v1/delegations: officers' leaves as they are told, and their end. */
#include "daemon/api/delegations.h"
#include "daemon/api/deputies.h"
#include "daemon/api/resources.h"
#include "daemon/log.h"

static bool is_me(const struct call *c, const char *name)
{
	const char *actor = call_actor(c);

	return name && (strcmp(name, c->who.name) == 0 || (actor && strcmp(name, actor) == 0));
}

/* Why somebody is away is nobody's business but theirs, the deputy's, and those who watch over
 * them. */
static bool may_read_reason(const struct call *c, const char *principal, const char *deputy)
{
	return c->who.role == KEZEK_ROLE_supervisor || is_me(c, principal) || is_me(c, deputy);
}

static void add_reason(
	struct text *t, struct call *c, const struct uuid *id, struct row *r, bool may)
{
	struct span sealed = row_bytes(r);
	int master = row_int(r);
	struct span wrapped = row_bytes(r);
	uint8_t key[SEAL_KEY_SIZE];
	_text_ plain = TEXT_INIT;

	if (may && sealed.at && seal_open_key(c->api->seal, id, master, wrapped, key) == 0 &&
		seal_open(c->api->seal, key, id, "reason", sealed, &plain) < 0)
		text_reset(&plain);
	secret_forget(key, sizeof(key));
	text_add_member(t, "reason", plain.len ? plain.data : NULL);
}

/* The columns of SQL_DELEGATION_LIST, in their order; moments in the agency's zone. */
static void add_delegation(struct text *t, struct call *c, struct row r, struct uuid *ret_id)
{
	char id[UUID_TEXT_SIZE];
	const char *agency, *principal, *deputy;
	const struct zone *zone;

	row_uuid(&r, ret_id);
	uuid_format(ret_id, id);
	agency = row_text(&r);
	principal = row_text(&r);
	deputy = row_text(&r);
	zone = book_zone(c->book, agency);
	text_addf(t, "{\"id\":\"%s\",", id);
	text_add_member(t, "agency", agency);
	text_add_char(t, ',');
	text_add_member(t, "principal", principal);
	text_add_char(t, ',');
	text_add_member(t, "deputy", deputy);
	text_add_char(t, ',');
	text_add_moment(t, "from", row_moment(&r), zone);
	text_add_char(t, ',');
	text_add_moment(t, "until", row_moment(&r), zone);
	text_add_char(t, ',');
	add_reason(t, c, ret_id, &r, may_read_reason(c, principal, deputy));
	text_add_char(t, ',');
	text_add_moment(t, "recorded_at", row_moment(&r), zone);
	text_add_char(t, ',');
	text_add_member(t, "recorded_by", row_text(&r));
	text_add_char(t, ',');
	text_add_member(t, "actor", row_text(&r));
	text_add_char(t, ',');
	text_add_moment(t, "ended_at", row_moment(&r), zone);
	text_add_char(t, ',');
	text_add_member(t, "ended_by", row_text(&r));
	text_add_char(t, '}');
}

void delegation_reply(struct call *c, int status, int statement)
{
	struct text t = TEXT_INIT;
	struct uuid id;

	add_delegation(&t, c, row_of(&c->unit, statement, 0), &id);
	answer_json(c, status, &t);
}

static void on_list(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);

	if (call_entered(c, how))
		page_reply(c, 1, add_delegation);
}

/* Those of one's agency; those who see all agencies choose one, or see all. */
void delegations_list_begin(struct call *c)
{
	static const char *const names[] = {
		"agency", "principal", "deputy", "over", "limit", "after", NULL};
	_text_ agency = TEXT_INIT, principal = TEXT_INIT, deputy = TEXT_INIT;
	struct page *page;
	struct params *p;
	bool over;

	if (!call_query_check(c, names) || !call_query_flag(c, "over", &over))
		return;
	page = call_state(c, sizeof(*page), NULL);
	if (!page_read(c, page))
		return;
	call_query(c, "agency", &agency);
	call_query(c, "principal", &principal);
	call_query(c, "deputy", &deputy);
	if (c->who.agency[0] && agency.data && strcmp(agency.data, c->who.agency) != 0) {
		answer_bad_parameter(c, "agency", WORD_reason_not_yours, agency.data);
		return;
	}
	p = call_read(c, SQL_DELEGATION_LIST);
	params_text(p, c->who.agency[0] ? c->who.agency : agency.data);
	params_text(p, principal.data);
	params_text(p, deputy.data);
	params_bool(p, over);
	params_uuid(p, page->has_after ? &page->after_id : NULL);
	params_int(p, page->limit + 1);
	call_send(c, on_list);
}

static void on_ended(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct row r;
	struct span result;

	if (!call_entered(c, how))
		return;
	r = row_of(u, 1, 0);
	result = row_span(&r);
	if (!span_is(result, "done")) {
		answer_problem(c,
			span_is(result, "missing") ? KEZEK_PROBLEM_not_found
						   : KEZEK_PROBLEM_role_not_allowed,
			NULL);
		return;
	}
	deputies_read(c->api, u, 3, true);
	log_event(LOG_LEVEL_INFO, "delegation_ended", LOG_S("request_id", c->x->request_id),
		LOG_S("delegation", c->segment[0]), LOG_S("by", c->who.name));
	delegation_reply(c, 200, 2);
}

/* Ending twice changes nothing: the answer is the delegation as it stands. */
void delegation_end_begin(struct call *c)
{
	struct json_reader reader;
	_faults_ faults = {0};
	struct params *p;
	struct uuid id;

	if (!call_id(c, &id))
		return;
	json_reader_init(&reader, c->body, "", &faults);
	json_reader_end(&reader);
	if (faults.count) {
		answer_faults(c, &faults);
		return;
	}
	p = call_read(c, SQL_END_DELEGATION);
	params_text(p, c->who.name);
	params_text(p, call_actor(c));
	params_uuid(p, &id);
	params_uuid(unit_add(&c->unit, SQL_DELEGATION_BY_ID), &id);
	unit_add(&c->unit, SQL_DELEGATIONS);
	call_send(c, on_ended);
}

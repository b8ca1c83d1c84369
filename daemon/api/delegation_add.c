/* POST /v1/delegations: a leave is read, judged beside those that are recorded, and recorded. */
#include "daemon/api/delegations.h"
#include "daemon/api/deputies.h"
#include "daemon/api/resources.h"
#include "daemon/log.h"

#define TRIES_MAX 8

/* A leave that is to be recorded. */
struct leave {
	struct delegation d;
	struct uuid id;
	const char *reason; /* of the body */
	struct text sealed, wrapped;
	int master, tries;
};

static void leave_free(void *state)
{
	struct leave *l = state;

	text_done(&l->sealed);
	text_done(&l->wrapped);
	free(l);
}

static const struct principal *find_person(const struct api *a, const char *name)
{
	for (size_t i = 0; name && i < a->principal_count; i++) {
		const struct principal *p = &a->principals[i];

		if (strcmp(p->name, name) == 0 && !p->is_disabled && !p->is_system)
			return p;
	}
	return NULL;
}

/* The agency of the absent: of an officer or a supervisor, or the one whose named head it is. NULL:
 * there is nobody such for the caller. */
static const char *agency_of(struct call *c, const char *name, const char *stated)
{
	const struct principal *p = find_person(c->api, name);
	bool has_casework =
		p && (p->role == KEZEK_ROLE_officer || p->role == KEZEK_ROLE_supervisor);
	const char *agency = stated             ? stated
			     : c->who.agency[0] ? c->who.agency
			     : has_casework     ? p->agency
						: NULL;
	const char *head = agency ? book_head(c->book, agency) : NULL;

	if (!agency || !agency[0] || (c->who.agency[0] && strcmp(agency, c->who.agency) != 0))
		return NULL;
	return (has_casework && strcmp(p->agency, agency) == 0) ||
			       (head && name && strcmp(head, name) == 0)
		       ? agency
		       : NULL;
}

/* A day of the agency (`until`: to its end), or a moment. */
static bool read_moment(struct json_reader *r, const char *name, enum json_need need,
	const struct zone *zone, int64_t *ret)
{
	const char *s = json_get_string(r, name, need, 40);
	int32_t day;

	if (!s)
		return false;
	if (day_parse(span_of(s), &day))
		*ret = zone_instant(zone, day + (strcmp(name, "until") == 0), 0);
	else if (!moment_parse(span_of(s), ret, NULL))
		json_reader_fault(r, name, WORD_reason_bad_format, "2026-06-22, RFC 3339", NULL);
	else
		return true;
	return day_parse(span_of(s), &day);
}

static void fault_moment(
	struct json_reader *r, const char *name, int64_t at, const struct zone *zone)
{
	char s[MOMENT_TEXT_SIZE];

	moment_format(at, zone, s);
	json_reader_fault(r, name, WORD_reason_too_small, s, NULL);
}

/* Nobody has been on leave before it was recorded; who says "today" means from now on. */
static void read_period(struct call *c, struct json_reader *r, struct leave *l)
{
	const struct zone *zone = book_zone(c->book, l->d.agency);
	int64_t now = loop_now(c->api->loop);

	l->d.from_at = now;
	if (read_moment(r, "from", JSON_OPTIONAL, zone, &l->d.from_at) && l->d.from_at < now) {
		if (zone_day(zone, l->d.from_at) < zone_day(zone, now))
			fault_moment(r, "from", now, zone);
		l->d.from_at = now;
	}
	if (read_moment(r, "until", JSON_REQUIRED, zone, &l->d.until_at) &&
		l->d.until_at <= l->d.from_at)
		fault_moment(r, "until", l->d.from_at, zone);
}

static void read_body(struct call *c, struct leave *l, struct faults *faults)
{
	struct json_reader r;
	const struct principal *deputy;
	const char *stated;

	json_reader_init(&r, c->body, "", faults);
	l->d.principal = json_get_string(&r, "principal", JSON_REQUIRED, NAME_SIZE - 1);
	l->d.deputy = json_get_string(&r, "deputy", JSON_REQUIRED, NAME_SIZE - 1);
	l->reason = json_get_string(&r, "reason", JSON_OPTIONAL, 2000);
	stated = json_get_string(&r, "agency", JSON_OPTIONAL, NAME_SIZE - 1);
	l->d.agency = agency_of(c, l->d.principal, stated);
	if (l->d.principal && !l->d.agency)
		json_reader_fault(&r, "principal", WORD_reason_not_found, l->d.principal, NULL);
	read_period(c, &r, l);
	deputy = find_person(c->api, l->d.deputy);
	if (l->d.deputy && l->d.agency &&
		(!deputy || deputy->role != KEZEK_ROLE_officer ||
			strcmp(deputy->agency, l->d.agency) != 0))
		json_reader_fault(&r, "deputy", WORD_reason_not_found, l->d.deputy, NULL);
	json_reader_end(&r);
}

/* Beside what is recorded already. */
static void check(struct leave *l, const struct unit *u, int statement, struct faults *faults)
{
	struct pool *pool = pool_new();
	struct delegation *all;
	const struct delegation *other = NULL;
	size_t n = delegations_read(pool, u, statement, &all);

	switch (delegation_check(all, n, &l->d, &other)) {
	case DELEGATION_SOUND:
	case DELEGATION_EMPTY: /* has its fault */
		break;
	case DELEGATION_OF_ONESELF:
		faults_add(faults, "/deputy", WORD_reason_oneself, NULL, NULL);
		break;
	case DELEGATION_OVERLAPS:
		faults_add(faults, "/principal", WORD_reason_deputy_already, other->principal,
			other->deputy);
		break;
	case DELEGATION_DEPUTY_AWAY:
		faults_add(faults, "/deputy", WORD_reason_deputy_away, other->principal,
			other->deputy);
		break;
	case DELEGATION_STANDS_IN:
		faults_add(faults, "/principal", WORD_reason_is_deputy, other->deputy,
			other->principal);
		break;
	}
	pool_free(pool);
}

static void ask(struct call *c);

static void on_recorded(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct leave *l = c->state;
	struct row r;
	struct span result;

	/* Its twin under the same key was quicker: it is found now. */
	if (how == UNIT_REFUSED && strcmp(c->unit.sqlstate, "23505") == 0 &&
		++l->tries < TRIES_MAX) {
		ask(c);
		return;
	}
	if (!call_entered(c, how))
		return;
	r = row_of(u, 1, 0);
	result = row_span(&r);
	if (span_is(result, "moved") && ++l->tries < TRIES_MAX) {
		ask(c);
	} else if (span_is(result, "done")) {
		deputies_read(c->api, u, 3, true);
		log_event(LOG_LEVEL_INFO, "delegation", LOG_S("request_id", c->x->request_id),
			LOG_S("principal", l->d.principal), LOG_S("deputy", l->d.deputy),
			LOG_S("by", c->who.name));
		delegation_reply(c, 201, 2);
	} else {
		answer_problem(c,
			span_is(result, "moved") ? KEZEK_PROBLEM_overloaded
						 : KEZEK_PROBLEM_role_not_allowed,
			NULL);
	}
}

static void seal_reason(struct call *c, struct leave *l)
{
	uint8_t key[SEAL_KEY_SIZE];

	text_reset(&l->sealed);
	text_reset(&l->wrapped);
	if (!l->reason)
		return;
	seal_make_key(c->api->seal, &l->id, key, &l->wrapped, &l->master);
	seal_close(c->api->seal, key, &l->id, "reason", span_of(l->reason), &l->sealed);
	secret_forget(key, sizeof(key));
}

static void record(struct call *c, struct leave *l, int64_t generation)
{
	struct params *p;

	l->id = uuid_new(loop_now(c->api->loop));
	seal_reason(c, l);
	unit_done(&c->unit);
	memset(&c->unit, 0, sizeof(c->unit));
	p = call_read(c, SQL_ADD_DELEGATION);
	params_text(p, c->who.name);
	params_text(p, call_actor(c));
	params_int64(p, generation);
	params_uuid(p, &l->id);
	params_text(p, l->d.agency);
	params_text(p, l->d.principal);
	params_text(p, l->d.deputy);
	params_moment(p, l->d.from_at);
	params_moment(p, l->d.until_at);
	params_bytes(p, l->reason ? l->sealed.data : NULL, l->sealed.len);
	if (l->reason)
		params_int(p, l->master);
	else
		params_text(p, NULL);
	params_bytes(p, l->reason ? l->wrapped.data : NULL, l->wrapped.len);
	params_text(p, c->key[0] ? c->key : NULL);
	params_bytes(p, c->key[0] ? c->fingerprint : NULL, FINGERPRINT_SIZE);
	params_uuid(unit_add(&c->unit, SQL_DELEGATION_BY_ID), &l->id);
	unit_add(&c->unit, SQL_DELEGATIONS);
	call_send(c, on_recorded);
}

/* The same call again is answered as the first was; the end of the leave is none of that answer. */
static void replay(struct call *c)
{
	struct row r = row_of(&c->unit, 2, 0);
	struct span fingerprint;

	for (int i = 0; i < 14; i++)
		row_span(&r);
	fingerprint = row_bytes(&r);
	if (fingerprint.len != FINGERPRINT_SIZE ||
		memcmp(fingerprint.at, c->fingerprint, FINGERPRINT_SIZE) != 0) {
		answer_problem(c, KEZEK_PROBLEM_idempotency_key_reused, NULL);
		return;
	}
	exchange_header(c->x, "Idempotent-Replayed", "true");
	delegation_reply(c, 201, 2);
}

static void decide(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct leave *l = c->state;
	_faults_ faults = {0};
	struct row r;

	if (!call_entered(c, how))
		return;
	if (c->key[0] && rows_count(u, 2)) {
		replay(c);
		return;
	}
	read_body(c, l, &faults);
	if (!faults.count)
		check(l, u, 1, &faults);
	if (faults.count) {
		answer_faults(c, &faults);
		return;
	}
	r = row_of(u, 1, 0);
	record(c, l, row_int64(&r));
}

static void ask(struct call *c)
{
	struct params *p;

	unit_done(&c->unit);
	memset(&c->unit, 0, sizeof(c->unit));
	call_read(c, SQL_DELEGATIONS);
	if (c->key[0]) {
		p = unit_add(&c->unit, SQL_DELEGATION_OF_KEY);
		params_text(p, c->who.name);
		params_text(p, c->key);
	}
	call_send(c, decide);
}

void delegations_add_begin(struct call *c)
{
	call_state(c, sizeof(struct leave), leave_free);
	ask(c);
}

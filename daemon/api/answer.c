/* Answering: JSON, problems, and the words of every way in which the database can say no. */
#include <errno.h>
#include <stdio.h>

#include "daemon/api/call.h"
#include "daemon/api/access_log.h"
#include "daemon/api/stored.h"
#include "daemon/log.h"
#include "lib/lifecycle.h"

void answer_json(struct call *c, int status, struct text *body)
{
	access_reply(c, status, "application/json", body);
}

static void add_challenge(struct call *c, int status)
{
	if (status == 401)
		exchange_header(c->x, "WWW-Authenticate", "Bearer realm=\"kezek\"");
	if (status == 503 || status == 429)
		exchange_header(c->x, "Retry-After", "1");
}

void answer_problem(struct call *c, enum kezek_problem problem, const char *detail)
{
	struct text t = TEXT_INIT;

	add_challenge(c, problem_status(problem));
	problem_write(&t, problem, c->lang, detail, c->x->request_id, NULL);
	exchange_reply(c->x, problem_status(problem), PROBLEM_CONTENT_TYPE, &t);
}

enum kezek_problem faults_problem(const struct faults *faults)
{
	static const struct {
		enum word reason;
		enum kezek_problem problem;
	} precise[] = {
		{WORD_reason_unknown_member, KEZEK_PROBLEM_unknown_member},
		{WORD_reason_duplicate_member, KEZEK_PROBLEM_duplicate_member},
		{WORD_reason_wrong_type, KEZEK_PROBLEM_wrong_type},
		{WORD_reason_bad_json, KEZEK_PROBLEM_bad_json},
		{WORD_reason_too_many_values, KEZEK_PROBLEM_too_large},
	};

	for (size_t p = 0; p < ARRAY_SIZE(precise); p++) {
		for (size_t i = 0; i < faults->count; i++) {
			if (faults->items[i].reason == precise[p].reason)
				return precise[p].problem;
		}
	}
	for (size_t i = 0; i < faults->count; i++) {
		if (fault_is_shape(faults->items[i].reason))
			return KEZEK_PROBLEM_malformed;
	}
	return KEZEK_PROBLEM_invalid;
}

void answer_faults(struct call *c, const struct faults *faults)
{
	struct text t = TEXT_INIT;
	enum kezek_problem problem = faults_problem(faults);

	problem_write(&t, problem, c->lang, NULL, c->x->request_id, faults);
	exchange_reply(c->x, problem_status(problem), PROBLEM_CONTENT_TYPE, &t);
}

void answer_bad_parameter(struct call *c, const char *name, enum word reason, const char *detail)
{
	_faults_ faults = {0};
	struct text t = TEXT_INIT;

	faults_add(&faults, name, reason, detail, NULL);
	problem_write(&t, KEZEK_PROBLEM_bad_parameter, c->lang, NULL, c->x->request_id, &faults);
	exchange_reply(c->x, 400, PROBLEM_CONTENT_TYPE, &t);
}

void answer_not_open(struct call *c, enum kezek_state state, bool is_question, bool owes)
{
	struct text t = TEXT_INIT;

	problem_open(&t, KEZEK_PROBLEM_act_not_open, c->lang, NULL, c->x->request_id, NULL);
	text_addf(&t, ",\"state\":\"%s\",\"open_acts\":", state_name(state));
	lifecycle_open_acts(&t, state, 1u << c->who.role, is_question, owes);
	text_add_char(&t, '}');
	exchange_reply(c->x, 409, PROBLEM_CONTENT_TYPE, &t);
}

void answer_stale(struct call *c, int version)
{
	struct text t = TEXT_INIT;
	char etag[32];

	snprintf(etag, sizeof(etag), "\"%d\"", version);
	exchange_header(c->x, "ETag", etag);
	problem_open(&t, KEZEK_PROBLEM_stale_version, c->lang, NULL, c->x->request_id, NULL);
	text_addf(&t, ",\"version\":%d}", version);
	exchange_reply(c->x, 412, PROBLEM_CONTENT_TYPE, &t);
}

enum kezek_problem away_problem(int r)
{
	return r == -EBUSY ? KEZEK_PROBLEM_overloaded : KEZEK_PROBLEM_database_away;
}

void answer_away(struct call *c, int r)
{
	answer_problem(c, away_problem(r), NULL);
}

void answer_unit(struct call *c, enum unit_how how)
{
	const char *state = c->unit.sqlstate;

	if (how == UNIT_LOST || strncmp(state, "57", 2) == 0 || strncmp(state, "08", 2) == 0)
		answer_problem(c, KEZEK_PROBLEM_database_away, NULL);
	else if (strncmp(state, "53", 2) == 0 || strcmp(state, "58030") == 0)
		answer_problem(c, KEZEK_PROBLEM_disk_full, NULL);
	else if (strncmp(state, "40", 2) == 0 || strcmp(state, "55P03") == 0)
		answer_problem(c, KEZEK_PROBLEM_overloaded, NULL);
	else
		answer_problem(c, KEZEK_PROBLEM_internal, NULL);
}

enum kezek_problem member_problem(enum member_result result)
{
	switch (result) {
	case MEMBER_DENIED:
		return KEZEK_PROBLEM_principal_disabled;
	case MEMBER_ABSENT:
		return KEZEK_PROBLEM_on_leave;
	case MEMBER_DISK_FULL:
		return KEZEK_PROBLEM_disk_full;
	case MEMBER_AWAY:
	case MEMBER_UNKNOWN:
		return KEZEK_PROBLEM_database_away;
	case MEMBER_CONFLICT:
	case MEMBER_CLOCK:
	case MEMBER_CALENDARS:
		return KEZEK_PROBLEM_overloaded;
	default:
		return KEZEK_PROBLEM_internal;
	}
}

void answer_member(struct call *c, enum member_result result)
{
	answer_problem(c, member_problem(result), NULL);
}

void answer_stored(struct call *c, const struct stored_answer *stored)
{
	struct text answer = TEXT_INIT;
	char etag[32];
	int r;

	if (memcmp(stored->fingerprint, c->fingerprint, FINGERPRINT_SIZE) != 0) {
		answer_problem(c, KEZEK_PROBLEM_idempotency_key_reused, NULL);
		return;
	}
	r = stored_open(c->api->seal, stored, &answer);
	if (r == -ENODATA) {
		answer_problem(c, KEZEK_PROBLEM_erased, NULL);
		return;
	}
	if (r < 0) {
		log_event(LOG_LEVEL_ERROR, "answer_unreadable",
			LOG_S("request_id", c->x->request_id));
		text_done(&answer);
		answer_problem(c, KEZEK_PROBLEM_internal, NULL);
		return;
	}
	exchange_header(c->x, "Idempotent-Replayed", "true");
	snprintf(etag, sizeof(etag), "\"%d\"", stored->version);
	exchange_header(c->x, "ETag", etag);
	if (stored->status == 201) {
		char id[UUID_TEXT_SIZE], location[64];

		uuid_format(&stored->request, id);
		snprintf(location, sizeof(location), "/v1/requests/%s", id);
		exchange_header(c->x, "Location", location);
	}
	answer_json(c, stored->status, &answer);
}

struct params *call_read(struct call *c, enum statement statement)
{
	if (!c->unit.count) {
		unit_init(&c->unit, NULL);
		params_text(unit_add(&c->unit, SQL_ENTER), c->who.name);
	}
	return unit_add(&c->unit, statement);
}

void call_send(struct call *c, void (*on_done)(struct unit *u, enum unit_how how))
{
	int r;

	c->unit.on_done = on_done;
	r = pg_submit(c->api->reads, &c->unit);
	if (r < 0)
		answer_away(c, r);
}

struct call *call_of_unit(struct unit *u)
{
	return container_of(u, struct call, unit);
}

bool call_entered(struct call *c, enum unit_how how)
{
	if (how != UNIT_DONE) {
		answer_unit(c, how);
		return false;
	}
	if (!rows_count(&c->unit, 0)) {
		answer_problem(c, KEZEK_PROBLEM_principal_disabled, NULL);
		return false;
	}
	return true;
}

bool call_query(struct call *c, const char *name, struct text *ret)
{
	struct span query = c->x->head->query;
	_text_ key = TEXT_INIT;
	_text_ value = TEXT_INIT;

	while (http1_query_next(&query, &key, &value) == 0) {
		if (key.data && strcmp(key.data, name) == 0) {
			text_reset(ret);
			text_add_span(ret, text_span(&value));
			return true;
		}
	}
	return false;
}

bool call_query_flag(struct call *c, const char *name, bool *ret)
{
	_text_ value = TEXT_INIT;

	*ret = false;
	if (!call_query(c, name, &value) || span_is(text_span(&value), "0") ||
		span_is(text_span(&value), "false"))
		return true;
	*ret = span_is(text_span(&value), "1") || span_is(text_span(&value), "true");
	if (!*ret)
		answer_bad_parameter(c, name, WORD_reason_not_allowed, "0, 1, false, true");
	return *ret;
}

bool call_query_check(struct call *c, const char *const names[])
{
	struct span query = c->x->head->query;
	_text_ key = TEXT_INIT;
	_text_ value = TEXT_INIT;
	unsigned seen = 0;
	int r;

	while ((r = http1_query_next(&query, &key, &value)) == 0) {
		int i = 0;

		while (names[i] && strcmp(names[i], key.data ? key.data : "") != 0)
			i++;
		if (!names[i]) {
			answer_bad_parameter(
				c, key.data ? key.data : "", WORD_reason_unknown_member, NULL);
			return false;
		}
		if (seen & 1u << i) {
			answer_bad_parameter(c, names[i], WORD_reason_duplicate_member, NULL);
			return false;
		}
		seen |= 1u << i;
	}
	if (r == HTTP1_BAD) {
		answer_problem(c, KEZEK_PROBLEM_bad_parameter, NULL);
		return false;
	}
	return true;
}

bool call_id(struct call *c, struct uuid *ret)
{
	if (uuid_parse(span_of(c->segment[0]), ret))
		return true;
	answer_problem(c, KEZEK_PROBLEM_not_found, NULL);
	return false;
}

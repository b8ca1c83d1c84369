/* The engine of acts: read in the caller's scope, decide, write compare-and-set, try again when
 * overtaken. */
#include <errno.h>
#include <stdio.h>

#include "daemon/api/act.h"
#include "daemon/api/claims.h"
#include "daemon/log.h"
#include "daemon/metrics.h"

#define TRIES_MAX 8

void act_run_done(struct act_run *r)
{
	unit_done(&r->unit);
	act_member_done(&r->member);
	text_done(&r->answer);
	faults_done(&r->faults);
	if (r->has_dossier)
		dossier_done(&r->d);
	r->has_dossier = false;
}

static void finish(struct act_run *r, enum act_result result)
{
	r->result = result;
	r->on_done(r);
}

static void fail(struct act_run *r, enum unit_how how)
{
	r->c->unit.sqlstate[0] = '\0';
	if (how == UNIT_REFUSED)
		memcpy(r->c->unit.sqlstate, r->unit.sqlstate, sizeof(r->unit.sqlstate));
	r->error = how == UNIT_LOST ? -ENOTCONN : -EIO;
	finish(r, ACT_AWAY);
}

static void read_again(struct act_run *r);

/* The queue that gained a request wakes; timers follow a date that moved. */
static void spread(struct act_run *r)
{
	char id[UUID_TEXT_SIZE];

	uuid_format(&r->d.row.id, id);
	metric_add(METRIC_acts_total, act_name(r->act), 1);
	log_event(LOG_LEVEL_INFO, "act", LOG_S("request_id", r->c->x->request_id),
		LOG_S("request", id), LOG_S("act", act_name(r->act)),
		LOG_S("state", r->d.row.state), LOG_S("principal", r->c->who.name));
	if (r->d.state == KEZEK_STATE_queued)
		parking_wake(r->c->api->parking, r->d.row.agency);
	for (int i = 0; i < r->member.changes.deadline_count; i++)
		api_tell_due(r->c->api, r->member.changes.deadlines[i].fire_at);
}

static void on_written(struct member *base, enum member_result result)
{
	struct act_run *r = container_of(base, struct act_run, member.base);

	switch (result) {
	case MEMBER_DONE:
		spread(r);
		finish(r, ACT_DONE);
		break;
	case MEMBER_DUPLICATE:
		finish(r, ACT_REPLAYED);
		break;
	case MEMBER_DENIED: /* disabled, or it went out of scope in between: reading tells which */
	case MEMBER_CONFLICT:
	case MEMBER_CLOCK:
		if (++r->tries < TRIES_MAX) {
			read_again(r);
			break;
		}
		_fallthrough_;
	default:
		r->member_result = result;
		finish(r, ACT_FAILED);
	}
}

static void member_fill(struct act_run *r, int version, const char *state, int64_t fence)
{
	struct act_member *m = &r->member;

	m->base.kind = &batch_act;
	m->base.lock = r->d.row.id;
	m->base.on_done = on_written;
	m->principal = r->c->who.name;
	m->actor = call_actor(r->c);
	m->key = r->key;
	memcpy(m->fingerprint, r->c->fingerprint, sizeof(m->fingerprint));
	m->now = r->d.now;
	m->read_version = version;
	m->read_state = state;
	m->read_fence = fence;
	m->status = 200;
	dossier_state(&r->d, &m->state);
	dossier_changes(&r->d, &m->changes);
}

/* What holds must match: the version, or the claim and its fence, in the caller's own hand. */
static enum act_result check_preconditions(struct act_run *r)
{
	const struct request_row *row = &r->d.row;
	bool live =
		row->has_claim && (row->lease_until == MOMENT_NONE || row->lease_until > r->d.now);

	if (r->by_claim || r->has_fence) {
		if (!live || uuid_compare(&row->claim, &r->claim) != 0 || row->fence != r->fence ||
			!row->holder || strcmp(row->holder, r->c->who.name) != 0)
			return ACT_CLAIM_LOST;
	} else if (!r->has_if_match) {
		return ACT_NO_PRECONDITION;
	}
	if (r->has_if_match && r->if_match != row->version)
		return ACT_STALE;
	return ACT_DONE;
}

/* A held request is its holder's: another officer of the agency needs no luck with If-Match. */
static bool is_anothers(const struct act_run *r)
{
	const struct request_row *row = &r->d.row;

	return r->c->who.role == KEZEK_ROLE_officer && row->has_claim && row->holder &&
	       strcmp(row->holder, r->c->who.name) != 0 &&
	       (row->lease_until == MOMENT_NONE || row->lease_until > r->d.now);
}

/* An officer's lease that is over, though nobody has taken it back yet. */
static bool has_run_out(const struct act_run *r)
{
	return r->c->who.role == KEZEK_ROLE_officer && r->d.state == KEZEK_STATE_claimed &&
	       r->d.row.lease_until <= r->d.now;
}

static enum act_result decide(struct act_run *r)
{
	const struct lifecycle_row *row;
	enum act_result ready;

	if (!r->d.service)
		return ACT_FAILED; /* the catalogue has lost a pinned version: a bug */
	if (r->has_if_match && r->if_match != r->d.row.version)
		return ACT_STALE;
	if (!lifecycle_role_does(r->c->who.role, r->act))
		return ACT_NOT_ALLOWED;
	row = lifecycle_find(r->d.state, r->act);
	if (!row || !(row->roles & 1u << r->c->who.role))
		return (r->by_claim || r->has_fence) && !r->d.row.has_claim ? ACT_CLAIM_LOST
									    : ACT_NOT_OPEN;
	ready = check_preconditions(r);
	if (ready != ACT_DONE)
		return ready;
	if (is_anothers(r) || has_run_out(r))
		return ACT_CLAIM_LOST;
	return act_apply(r);
}

static void write(struct act_run *r)
{
	struct viewer viewer = call_viewer(r->c);
	int version = r->d.row.version, e;
	const char *state = r->d.row.state;
	int64_t fence = r->d.row.fence;
	enum act_result result;

	act_member_done(&r->member);
	memset(&r->member, 0, sizeof(r->member));
	r->state = r->d.state;
	r->version = version;
	result = decide(r);
	if (result != ACT_DONE) {
		r->member_result = MEMBER_FAILED;
		finish(r, result);
		return;
	}
	r->version = r->d.row.version;
	text_reset(&r->answer);
	dossier_write(&r->answer, &r->d, &viewer, r->c->who.name, r->c->lang, false);
	if (r->key)
		seal_close(r->c->api->seal, r->d.key, &r->d.row.id, "answer", text_span(&r->answer),
			&r->member.answer);
	member_fill(r, version, state, fence);
	e = batcher_submit(r->c->api->writes, &r->member.base);
	if (e < 0) {
		r->error = e;
		finish(r, ACT_AWAY);
	}
}

static void on_read(struct unit *u, enum unit_how how)
{
	struct act_run *r = container_of(u, struct act_run, unit);
	int e;

	if (how != UNIT_DONE) {
		fail(r, how);
		return;
	}
	if (!rows_count(u, 0)) {
		r->member_result = MEMBER_DENIED;
		finish(r, ACT_FAILED);
		return;
	}
	if (r->key && rows_count(u, 2)) {
		struct row row = row_of(u, 2, 0);

		stored_answer_read(&row, &r->member.stored);
		finish(r, ACT_REPLAYED);
		return;
	}
	if (!rows_count(u, 1)) {
		finish(r, r->by_claim ? ACT_CLAIM_LOST : ACT_NOT_FOUND);
		return;
	}
	e = dossier_read(&r->d, r->c->api, r->c->book, loop_now(r->c->api->loop), u, 1, 0);
	unit_done(u);
	r->has_dossier = e == 0;
	if (e < 0) {
		r->member_result = MEMBER_FAILED;
		finish(r, ACT_FAILED);
		return;
	}
	write(r);
}

static void read_again(struct act_run *r)
{
	struct params *p;
	int e;

	if (r->has_dossier)
		dossier_done(&r->d);
	r->has_dossier = false;
	faults_done(&r->faults);
	unit_init(&r->unit, on_read);
	params_text(unit_add(&r->unit, SQL_ENTER), r->c->who.name);
	params_uuid(unit_add(&r->unit, r->by_claim ? SQL_REQUEST_BY_CLAIM : SQL_REQUEST_BY_ID),
		r->by_claim ? &r->claim : &r->request);
	if (r->key) {
		p = unit_add(&r->unit, SQL_STORED_ANSWER);
		params_text(p, r->c->who.name);
		params_text(p, r->key);
	}
	e = pg_submit(r->c->api->reads, &r->unit);
	if (e < 0) {
		unit_done(&r->unit);
		r->error = e;
		finish(r, ACT_AWAY);
	}
}

void act_start(struct act_run *r)
{
	read_again(r);
}

void act_reply(struct call *c, struct act_run *r)
{
	char etag[32];

	switch (r->result) {
	case ACT_DONE:
		snprintf(etag, sizeof(etag), "\"%d\"", r->version);
		exchange_header(c->x, "ETag", etag);
		answer_json(c, 200, &r->answer);
		break;
	case ACT_REPLAYED:
		answer_stored(c, &r->member.stored);
		break;
	case ACT_NOT_FOUND:
		answer_problem(c, KEZEK_PROBLEM_not_found, NULL);
		break;
	case ACT_NOT_OPEN:
		answer_not_open(c, r->state);
		break;
	case ACT_CLAIM_LOST:
		answer_problem(c, KEZEK_PROBLEM_claim_lost, NULL);
		break;
	case ACT_STALE:
		answer_stale(c, r->version);
		break;
	case ACT_NOT_ALLOWED:
		answer_problem(c, KEZEK_PROBLEM_role_not_allowed, NULL);
		break;
	case ACT_NO_PRECONDITION:
		answer_problem(c, KEZEK_PROBLEM_precondition_required, NULL);
		break;
	case ACT_FAULTY:
		answer_faults(c, &r->faults);
		break;
	case ACT_FAILED:
		if (r->member_result == MEMBER_CONFLICT)
			answer_problem(c, KEZEK_PROBLEM_overloaded, NULL);
		else
			answer_member(c, r->member_result);
		break;
	case ACT_AWAY:
		answer_away(c, r->error);
		break;
	}
}

static void act_free(void *state)
{
	act_run_done(state);
	free(state);
}

static void on_endpoint_done(struct act_run *r)
{
	act_reply(r->c, r);
}

/* If-Match: one strong ETag, the version; anything else cannot match. */
static bool read_if_match(struct call *c, struct act_run *r)
{
	struct span value;
	int64_t version = 0;

	if (!exchange_field(c->x, "if-match", &value))
		return true;
	r->has_if_match = true;
	if (value.len < 3 || value.len > 12 || value.at[0] != '"' ||
		value.at[value.len - 1] != '"') {
		answer_bad_parameter(c, "If-Match", WORD_reason_bad_format, "\"version\"");
		return false;
	}
	for (size_t i = 1; i + 1 < value.len; i++) {
		if (value.at[i] < '0' || value.at[i] > '9') {
			answer_bad_parameter(c, "If-Match", WORD_reason_bad_format, "\"version\"");
			return false;
		}
		version = version * 10 + (value.at[i] - '0');
	}
	r->if_match = version <= INT32_MAX ? (int)version : -1;
	return true;
}

/* Claim and fence stand in the body of any act; both or none. */
static bool read_claim(struct call *c, struct act_run *r)
{
	json_object *claim = json_object_object_get(c->body, "claim"),
		    *fence = json_object_object_get(c->body, "fence");
	_faults_ faults = {0};

	if (!claim && !fence)
		return true;
	if (!claim || !fence)
		faults_add(&faults, claim ? "/fence" : "/claim", WORD_reason_missing, NULL, NULL);
	if (claim && !uuid_parse(span_of(json_object_get_string(claim)), &r->claim))
		faults_add(&faults, "/claim", WORD_reason_bad_format, "UUID", NULL);
	if (fence && !json_object_is_type(fence, json_type_int))
		faults_add(&faults, "/fence", WORD_reason_wrong_type, "integer", NULL);
	if (faults.count) {
		answer_faults(c, &faults);
		return false;
	}
	r->fence = json_object_get_int64(fence);
	r->has_fence = true;
	return true;
}

static void begin(struct call *c, enum kezek_act act, bool by_claim)
{
	struct act_run *r = call_state(c, sizeof(*r), act_free);

	r->c = c;
	r->act = act;
	r->by_claim = by_claim;
	r->key = c->key[0] ? c->key : NULL;
	r->body = c->body;
	r->on_done = on_endpoint_done;
	if (!read_if_match(c, r) || !read_claim(c, r))
		return;
	if (!uuid_parse(span_of(c->segment[0]), by_claim ? &r->claim : &r->request)) {
		answer_problem(c, KEZEK_PROBLEM_not_found, NULL);
		return;
	}
	act_start(r);
}

void act_begin(struct call *c)
{
	enum kezek_act act;

	if (!act_parse(span_of(c->segment[1]), &act) || act == KEZEK_ACT_submit ||
		act == KEZEK_ACT_claim || act == KEZEK_ACT_renew) {
		answer_problem(c, KEZEK_PROBLEM_not_found, NULL);
		return;
	}
	begin(c, act, false);
}

void act_accept_begin(struct call *c)
{
	/* The claim stands in the path: the body needs its fence alone. */
	if (!json_object_object_get(c->body, "claim"))
		json_object_object_add(c->body, "claim", json_object_new_string(c->segment[0]));
	begin(c, KEZEK_ACT_accept, true);
}

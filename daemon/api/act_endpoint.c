/* The endpoints of single acts: preconditions in, the request or the problem out. */
#include <stdio.h>

#include "daemon/api/act.h"

/* The results that are a problem and nothing more. */
static enum kezek_problem problem_of(enum act_result result)
{
	switch (result) {
	case ACT_NOT_FOUND:
		return KEZEK_PROBLEM_not_found;
	case ACT_ERASED:
		return KEZEK_PROBLEM_erased;
	case ACT_CLAIM_LOST:
		return KEZEK_PROBLEM_claim_lost;
	case ACT_NOT_ALLOWED:
		return KEZEK_PROBLEM_role_not_allowed;
	case ACT_NO_PRECONDITION:
		return KEZEK_PROBLEM_precondition_required;
	default:
		return KEZEK_PROBLEM_internal;
	}
}

static void reply_done(struct call *c, struct act_run *r)
{
	char etag[32];

	snprintf(etag, sizeof(etag), "\"%d\"", r->version);
	exchange_header(c->x, "ETag", etag);
	answer_json(c, 200, &r->answer);
}

void act_reply(struct call *c, struct act_run *r)
{
	switch (r->result) {
	case ACT_DONE:
		reply_done(c, r);
		break;
	case ACT_REPLAYED:
		answer_stored(c, &r->member.stored);
		break;
	case ACT_NOT_OPEN:
		answer_not_open(c, r->state, r->has_dossier && dossier_is_question(&r->d), r->owes);
		break;
	case ACT_STALE:
		answer_stale(c, r->version);
		break;
	case ACT_FAULTY:
		answer_faults(c, &r->faults);
		break;
	case ACT_FAILED:
		answer_member(c, r->member_result);
		break;
	case ACT_AWAY:
		answer_away(c, r->error);
		break;
	default:
		answer_problem(c, problem_of(r->result), NULL);
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
	r->is_alone = true;
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

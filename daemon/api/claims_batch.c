/* /v1/claims: what one holds, and renew, release and decide in batches, one result a member. */
#include <stdio.h>

#include "daemon/api/access_log.h"
#include "daemon/api/act.h"
#include "daemon/api/claims.h"
#include "daemon/api/resources.h"
#include "daemon/api/stored.h"

#define BATCH_MAX CLAIMS_MAX

/* A batch of acts or renewals that are answered together. */
struct claims_batch {
	struct call *c;
	int n, done;
	struct act_run *runs;
	struct renew_member *renewals;
	enum member_result *renewed;
	char (*keys)[KEY_SIZE + 16];
};

static void batch_free(void *state)
{
	struct claims_batch *b = state;

	for (int i = 0; b->runs && i < b->n; i++)
		act_run_done(&b->runs[i]);
	free(b->runs);
	free(b->renewals);
	free(b->renewed);
	free(b->keys);
	free(b);
}

void act_add_problem(
	struct text *t, struct call *c, enum kezek_problem problem, const struct faults *faults)
{
	text_addf(t, "\"result\":\"refused\",\"status\":%d,\"problem\":", problem_status(problem));
	problem_write(t, problem, c->lang, NULL, c->x->request_id, faults);
}

enum kezek_problem act_problem(const struct act_run *r)
{
	switch (r->result) {
	case ACT_NOT_OPEN:
		return KEZEK_PROBLEM_act_not_open;
	case ACT_ERASED:
		return KEZEK_PROBLEM_erased;
	case ACT_STALE:
		return KEZEK_PROBLEM_stale_version;
	case ACT_NOT_ALLOWED:
		return KEZEK_PROBLEM_role_not_allowed;
	case ACT_FAULTY:
		return KEZEK_PROBLEM_invalid;
	case ACT_AWAY:
		return away_problem(r->error);
	case ACT_FAILED:
		return member_problem(r->member_result);
	default:
		return KEZEK_PROBLEM_claim_lost;
	}
}

/* The same call again: what is stored is its answer. */
bool act_is_repeat(const struct call *c, const struct act_run *r)
{
	return r->result == ACT_REPLAYED &&
	       memcmp(r->member.stored.fingerprint, c->fingerprint, FINGERPRINT_SIZE) == 0;
}

static void add_act_result(struct text *t, struct call *c, struct act_run *r)
{
	char id[UUID_TEXT_SIZE];

	uuid_format(&r->claim, id);
	text_addf(t, "{\"claim\":\"%s\",", id);
	if (r->result == ACT_DONE) {
		text_adds(t, "\"result\":\"done\",\"status\":200,\"request\":");
		text_add_span(t, text_span(&r->answer));
	} else if (act_is_repeat(c, r)) {
		_text_ plain = TEXT_INIT;

		if (stored_open(c->api->seal, &r->member.stored, &plain) == 0) {
			text_adds(t, "\"result\":\"done\",\"status\":200,\"request\":");
			text_add_span(t, text_span(&plain));
		} else {
			act_add_problem(t, c, KEZEK_PROBLEM_internal, NULL);
		}
	} else {
		act_add_problem(t, c,
			r->result == ACT_REPLAYED ? KEZEK_PROBLEM_idempotency_key_reused
						  : act_problem(r),
			&r->faults);
	}
	text_add_char(t, '}');
}

static void on_member_act(struct act_run *r)
{
	struct call *c = r->c;
	struct claims_batch *b = c->state;
	struct text t = TEXT_INIT;
	bool repeated = false;

	if (++b->done < b->n)
		return;
	/* One claim alone that is lost is the answer itself. */
	if (b->n == 1 && b->runs[0].result == ACT_CLAIM_LOST) {
		answer_problem(c, KEZEK_PROBLEM_claim_lost, NULL);
		return;
	}
	text_adds(&t, "{\"results\":[");
	for (int i = 0; i < b->n; i++) {
		if (i)
			text_add_char(&t, ',');
		add_act_result(&t, c, &b->runs[i]);
		repeated |= act_is_repeat(c, &b->runs[i]);
	}
	text_adds(&t, "]}");
	if (repeated)
		exchange_header(c->x, "Idempotent-Replayed", "true");
	answer_json(c, 200, &t);
}

static void on_renewed(struct member *base, enum member_result result)
{
	struct renew_member *m = container_of(base, struct renew_member, base);
	struct call *c = m->owner;
	struct claims_batch *b = c->state;
	struct text t = TEXT_INIT;
	char id[UUID_TEXT_SIZE];

	b->renewed[m - b->renewals] = result;
	if (++b->done < b->n)
		return;
	if (b->n == 1 && b->renewed[0] == MEMBER_CONFLICT) {
		answer_problem(c, KEZEK_PROBLEM_claim_lost, NULL);
		return;
	}
	text_adds(&t, "{\"results\":[");
	for (int i = 0; i < b->n; i++) {
		uuid_format(&b->renewals[i].claim, id);
		text_addf(&t, "%s{\"claim\":\"%s\",", i ? "," : "", id);
		if (b->renewed[i] == MEMBER_DONE) {
			text_adds(&t, "\"result\":\"done\",\"status\":200,");
			text_add_moment(&t, "lease_until", b->renewals[i].lease_until,
				book_zone(c->book, c->who.agency));
		} else {
			act_add_problem(&t, c,
				b->renewed[i] == MEMBER_CONFLICT ? KEZEK_PROBLEM_claim_lost
								 : member_problem(b->renewed[i]),
				NULL);
		}
		text_add_char(&t, '}');
	}
	text_adds(&t, "]}");
	answer_json(c, 200, &t);
}

static void read_one(
	struct claims_batch *b, struct json_reader *r, int i, enum kezek_act act, int64_t seconds)
{
	struct uuid claim = {0};
	int64_t fence = 0;
	struct act_run *run;

	json_get_uuid(r, "claim", JSON_REQUIRED, &claim);
	json_get_int64(r, "fence", JSON_REQUIRED, 0, INT64_MAX, &fence);
	if (act == KEZEK_ACT_renew) {
		json_get_int64(r, "lease_seconds", JSON_OPTIONAL, 10, 86400, &seconds);
		b->renewals[i] = (struct renew_member){
			.base = {.kind = &batch_renew, .on_done = on_renewed},
			.owner = b->c,
			.principal = b->c->who.name,
			.claim = claim,
			.fence = fence,
			.lease_us = seconds * USEC_PER_SEC,
		};
		json_reader_end(r);
		return;
	}
	if (act == KEZEK_ACT_release && seconds &&
		!json_object_object_get(r->object, "keep_for_seconds"))
		json_put(r->object, "keep_for_seconds", json_object_new_int64(seconds));
	/* What else the member holds is the act's own to check. */
	run = &b->runs[i]; /* all zero, and large */
	run->c = b->c;
	run->act = act;
	run->by_claim = run->has_fence = true;
	run->claim = claim;
	run->fence = fence;
	run->body = r->object;
	run->on_done = on_member_act;
	snprintf(run->pointer, sizeof(run->pointer), "/claims/%d", i);
	if (b->c->key[0] && act == KEZEK_ACT_decide) {
		/* A blank cannot stand in a key that a client gives. */
		snprintf(b->keys[i], sizeof(b->keys[i]), "%s %d", b->c->key, i);
		run->key = b->keys[i];
	}
}

static void start(struct claims_batch *b, enum kezek_act act)
{
	for (int i = 0; i < b->n; i++) {
		if (act != KEZEK_ACT_renew)
			act_start(&b->runs[i]);
		else if (batcher_submit(b->c->api->writes, &b->renewals[i].base) < 0)
			on_renewed(&b->renewals[i].base, MEMBER_AWAY);
	}
}

static void begin(struct call *c, enum kezek_act act)
{
	struct claims_batch *b = call_state(c, sizeof(*b), batch_free);
	struct json_reader r, one;
	_faults_ faults = {0};
	json_object *all;
	int64_t seconds = act == KEZEK_ACT_renew ? 900 : 0; /* where a member says nothing */

	b->c = c;
	json_reader_init(&r, c->body, "", &faults);
	all = json_get_array(&r, "claims", JSON_REQUIRED, BATCH_MAX);
	if (act == KEZEK_ACT_renew)
		json_get_int64(&r, "lease_seconds", JSON_OPTIONAL, 10, 86400, &seconds);
	else if (act == KEZEK_ACT_release)
		json_get_int64(&r, "keep_for_seconds", JSON_OPTIONAL, 1, 86400, &seconds);
	b->n = all ? (int)json_object_array_length(all) : 0;
	b->runs = calloc((size_t)b->n + !b->n, sizeof(*b->runs));
	b->renewals = calloc((size_t)b->n + !b->n, sizeof(*b->renewals));
	b->renewed = calloc((size_t)b->n + !b->n, sizeof(*b->renewed));
	b->keys = calloc((size_t)b->n + !b->n, sizeof(*b->keys));
	if (!b->runs || !b->renewals || !b->renewed || !b->keys)
		abort();
	for (int i = 0; i < b->n; i++) {
		if (json_reader_item(&one, &r, "claims", all, (size_t)i)) {
			read_one(b, &one, i, act, seconds);
			free(one.own_pointer);
		}
	}
	json_reader_end(&r);
	if (faults.count)
		answer_faults(c, &faults);
	else
		start(b, act);
}

void claims_renew_begin(struct call *c)
{
	begin(c, KEZEK_ACT_renew);
}

void claims_release_begin(struct call *c)
{
	begin(c, KEZEK_ACT_release);
}

void claims_decide_begin(struct call *c)
{
	begin(c, KEZEK_ACT_decide);
}

struct holding {
	struct page page;
	struct text worker;
};

static void holding_free(void *state)
{
	struct holding *h = state;

	text_done(&h->worker);
	free(h);
}

static void on_claims(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct holding *h = c->state;
	struct viewer viewer = call_viewer(c);
	struct text t = TEXT_INIT;
	struct uuid last;
	int n, written = 0;

	if (!call_entered(c, how))
		return;
	n = rows_count(u, 1);
	text_adds(&t, "{\"items\":[");
	for (int i = 0; i < n && i < h->page.limit; i++) {
		struct dossier d;
		char id[UUID_TEXT_SIZE];

		if (dossier_read(&d, c->api, c->book, loop_now(c->api->loop), row_of(u, 1, i)) < 0)
			continue;
		uuid_format(&d.row.claim, id);
		text_addf(&t, "%s{\"claim\":\"%s\",\"fence\":%lld,", written++ ? "," : "", id,
			(long long)d.row.fence);
		text_add_moment(&t, "lease_until", d.row.lease_until, dossier_zone(&d));
		text_adds(&t, ",\"request\":");
		dossier_write(&t, &d, &viewer, c->who.name, c->lang, false);
		access_tells(c, &d.row.id);
		text_add_char(&t, '}');
		last = d.row.id;
		dossier_done(&d);
	}
	page_write(&t, written ? &last : NULL, 0, n > h->page.limit);
	text_add_char(&t, '}');
	answer_json(c, 200, &t);
}

void claims_list_begin(struct call *c)
{
	static const char *const names[] = {"worker", "limit", "after", NULL};
	struct holding *h;
	struct params *p;

	if (!call_query_check(c, names))
		return;
	h = call_state(c, sizeof(*h), holding_free);
	if (!page_read(c, &h->page))
		return;
	call_query(c, "worker", &h->worker);
	p = call_read(c, SQL_CLAIMS_OF);
	params_text(p, c->who.name);
	params_text(p, h->worker.data);
	params_uuid(p, &h->page.after_id);
	params_int(p, h->page.limit + 1);
	call_send(c, on_claims);
}

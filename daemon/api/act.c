/* The engine of acts: read in the caller's scope, decide, write compare-and-set, try again when
 * overtaken. */
#include <errno.h>

#include "daemon/api/act.h"
#include "daemon/api/deputies.h"
#include "daemon/api/claims.h"
#include "daemon/api/documents.h"
#include "daemon/api/shelf.h"
#include "daemon/api/stored.h"

#define TRIES_MAX 8

void act_run_done(struct act_run *r)
{
	act_member_done(&r->member);
	text_done(&r->answer);
	faults_done(&r->faults);
	if (r->has_dossier)
		dossier_done(&r->d);
	r->has_dossier = false;
	json_object_put(r->documents);
	r->documents = NULL;
}

static void finish(struct act_run *r, enum act_result result)
{
	r->result = result;
	r->on_done(r);
}

static void fail(struct act_run *r)
{
	const struct reading *x = &r->reading;

	r->c->unit.sqlstate[0] = '\0';
	if (x->how == UNIT_REFUSED)
		memcpy(r->c->unit.sqlstate, x->unit->sqlstate, sizeof(x->unit->sqlstate));
	r->error = x->error ? x->error : x->how == UNIT_LOST ? -ENOTCONN : -EIO;
	finish(r, ACT_AWAY);
}

static void read_again(struct act_run *r);

static void on_open(struct link_waiter *w)
{
	finish(container_of(w, struct act_run, links), ACT_DONE);
}

static void on_calendars(struct book_waiter *w, bool is_newer)
{
	struct act_run *r = container_of(w, struct act_run, calendars);

	if (is_newer) {
		call_renew_book(r->c);
		read_again(r);
	} else {
		r->member_result = MEMBER_CALENDARS;
		finish(r, ACT_FAILED);
	}
}

static void on_written(struct member *base, enum member_result result)
{
	struct act_run *r = container_of(base, struct act_run, member.base);

	switch (result) {
	case MEMBER_DONE:
		act_spread(r);
		if (!r->member.link_count) {
			finish(r, ACT_DONE);
			break;
		}
		r->links.on_open = on_open;
		links_await(r->c->api->links, &r->links);
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
		r->member_result = result;
		finish(r, ACT_FAILED);
		break;
	case MEMBER_CALENDARS:
		if (++r->tries < TRIES_MAX) {
			r->calendars.on_book = on_calendars;
			book_await(r->c->api, &r->calendars, r->member.generation);
			break;
		}
		_fallthrough_;
	default:
		r->member_result = result;
		finish(r, ACT_FAILED);
	}
}

static void member_fill(struct act_run *r, const struct request_row *read)
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
	m->read_version = read->version;
	m->read_seq = read->seq;
	m->read_state = read->state;
	m->read_fence = read->fence;
	m->status = 200;
	m->generation = r->d.book->generation;
	dossier_state(&r->d, &m->state);
	dossier_changes(&r->d, &m->changes);
}

/* The holder, or who stands in while the holder is on leave. */
static bool is_holder(const struct act_run *r)
{
	const char *holder = r->d.row.holder;

	return holder && (strcmp(holder, r->c->who.name) == 0 ||
				 dossier_absent_holder(&r->d, r->c->who.name));
}

/* What holds must match: the version, or the claim and its fence, in the caller's own hand. */
static enum act_result check_preconditions(struct act_run *r)
{
	const struct request_row *row = &r->d.row;
	bool live =
		row->has_claim && (row->lease_until == MOMENT_NONE || row->lease_until > r->d.now);

	if (r->by_claim || r->has_fence) {
		if (!live || uuid_compare(&row->claim, &r->claim) != 0 || row->fence != r->fence ||
			!is_holder(r))
			return ACT_CLAIM_LOST;
	} else if (!r->has_if_match) {
		return ACT_NO_PRECONDITION;
	}
	if (r->has_if_match && r->if_match != row->version)
		return ACT_STALE;
	return ACT_DONE;
}

/* A held request is its holder's: another officer of the agency needs no luck with If-Match. Only
 * the head extends what others hold. */
static bool is_anothers(const struct act_run *r)
{
	const struct request_row *row = &r->d.row;

	return r->c->who.role == KEZEK_ROLE_officer && row->has_claim && row->holder &&
	       !is_holder(r) && !(r->act == KEZEK_ACT_extend && act_has_heads_rank(r)) &&
	       (row->lease_until == MOMENT_NONE || row->lease_until > r->d.now);
}

/* An officer's lease that is over, though nobody has taken it back yet. */
static bool has_run_out(const struct act_run *r)
{
	return r->c->who.role == KEZEK_ROLE_officer && r->d.state == KEZEK_STATE_claimed &&
	       r->d.row.lease_until <= r->d.now;
}

/* The daemon's own act needs no hold on the request: it is written compare-and-set as all are. */
static bool is_own(const struct act_run *r)
{
	return r->c->who.role == KEZEK_ROLE_COUNT;
}

/* An agency that gave it on goes on seeing it, and does nothing more. */
static bool is_given_on(const struct act_run *r)
{
	struct viewer viewer = call_viewer(r->c);

	return !access_sees(&viewer, r->d.row.agency, r->d.row.office);
}

static enum act_result decide(struct act_run *r)
{
	const struct lifecycle_row *row;
	enum act_result ready;

	if (r->d.is_erased)
		return ACT_ERASED;
	if (!r->d.service)
		return ACT_FAILED; /* the catalogue has lost a pinned version: a bug */
	if (r->has_if_match && r->if_match != r->d.row.version)
		return ACT_STALE;
	if (!is_own(r) && is_given_on(r))
		return r->by_claim || r->has_fence ? ACT_CLAIM_LOST : ACT_NOT_ALLOWED;
	if (!is_own(r) && !lifecycle_role_does(r->c->who.role, r->act))
		return ACT_NOT_ALLOWED;
	row = lifecycle_find(r->d.state, r->act);
	if (!is_own(r) && dossier_is_question(&r->d) && !lifecycle_suits_question(r->act))
		return ACT_NOT_OPEN;
	if (!row || !(row->roles & 1u << r->c->who.role) || (row->needs & FACT_OWES && !r->owes))
		return (r->by_claim || r->has_fence) && !r->d.row.has_claim ? ACT_CLAIM_LOST
									    : ACT_NOT_OPEN;
	ready = is_own(r) ? ACT_DONE : check_preconditions(r);
	if (ready != ACT_DONE)
		return ready;
	if (is_anothers(r) || has_run_out(r))
		return ACT_CLAIM_LOST;
	return act_apply(r);
}

/* As a GET by the same would tell it now. */
static void write_answer(struct act_run *r)
{
	struct viewer viewer = call_viewer(r->c);

	text_reset(&r->answer);
	if (is_own(r))
		return;
	if (r->documents && access_sees_personal(&viewer, r->d.row.agency, r->d.row.office))
		documents_add(&r->d, r->documents);
	dossier_write(&r->answer, &r->d, &viewer, r->c->who.name, r->c->lang, false);
}

/* The whole act, in the hand: what will be written and what will be answered. */
static enum act_result prepare(struct act_run *r)
{
	const struct request_row read = r->d.row;
	enum act_result result;

	act_member_done(&r->member);
	memset(&r->member, 0, offsetof(struct act_member, changes.deadlines));
	r->state = r->d.state;
	r->owes = dossier_owes(&r->d) > 0;
	r->version = read.version;
	result = decide(r);
	if (result != ACT_DONE)
		return result;
	r->version = r->d.row.version;
	write_answer(r);
	if (r->key)
		stored_seal(r->c->api->seal, r->d.key, &r->d.row.id, text_span(&r->answer),
			&r->member.answer);
	member_fill(r, &read);
	return ACT_DONE;
}

static void write(struct act_run *r)
{
	int e = batcher_submit(r->c->api->writes, &r->member.base);

	if (e < 0) {
		r->error = e;
		finish(r, ACT_AWAY);
	}
}

static void on_read(struct reading *x)
{
	struct act_run *r = container_of(x, struct act_run, reading);
	enum act_result result;
	int e;

	if (x->how != UNIT_DONE) {
		fail(r);
		return;
	}
	if (!x->is_entered) {
		r->member_result = MEMBER_DENIED;
		finish(r, ACT_FAILED);
		return;
	}
	if (x->stored >= 0) {
		struct row row = row_of(x->unit, READING_STORED, x->stored);

		row_text(&row);
		stored_answer_read(&row, &r->member.stored);
		finish(r, ACT_REPLAYED);
		return;
	}
	if (x->row < 0) {
		finish(r, r->by_claim ? ACT_CLAIM_LOST : ACT_NOT_FOUND);
		return;
	}
	e = dossier_read(&r->d, r->c->api, r->c->book, loop_now(r->c->api->loop),
		row_of(x->unit, READING_REQUESTS, x->row));
	if (e == 0 && r->is_alone)
		r->documents = documents_read(&r->d, x->unit, READING_DOCUMENTS);
	r->has_dossier = e == 0;
	result = e == 0 ? prepare(r) : ACT_FAILED;
	if (result == ACT_DONE) {
		write(r);
		return;
	}
	r->member_result = MEMBER_FAILED;
	finish(r, result);
}

static void read_again(struct act_run *r)
{
	int e;

	if (r->has_dossier)
		dossier_done(&r->d);
	r->has_dossier = false;
	json_object_put(r->documents);
	r->documents = NULL;
	faults_done(&r->faults);
	r->reading = (struct reading){
		.principal = r->c->who.name,
		.id = r->by_claim ? r->claim : r->request,
		.by_claim = r->by_claim,
		.key = r->key,
		.with_documents = r->is_alone,
		.on_read = on_read,
	};
	e = reading_submit(r->c->api->readings, &r->reading);
	if (e < 0) {
		r->error = e;
		finish(r, ACT_AWAY);
	}
}

/*
 * The holder acts on what was handed out with the claim. Only what is done is done by that row:
 * whatever stands against it is judged by a new one, and so is a request with others that came of
 * it, whose rows move by themselves.
 */
static bool prepare_from_shelf(struct act_run *r)
{
	struct call *c = r->c;
	struct row row;

	if (!r->by_claim || r->is_alone || !shelf_find(c->api->shelf, &r->claim, &row))
		return false;
	r->has_dossier = dossier_read(&r->d, c->api, c->book, loop_now(c->api->loop), row) == 0;
	shelf_drop(c->api->shelf, &r->claim);
	return r->has_dossier && !r->d.link_count && r->d.row.holder &&
	       strcmp(r->d.row.holder, c->who.name) == 0 && prepare(r) == ACT_DONE;
}

void act_start(struct act_run *r)
{
	if (prepare_from_shelf(r))
		write(r);
	else
		read_again(r);
}

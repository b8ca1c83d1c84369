/*
 * Opening linked requests: an act leaves a row of kezek.link in its transaction, and from it the
 * request is opened at once, with everything that a request has. Whatever happens in between, the
 * row says what is left to do, to any daemon; two that come to the same one open it once, for its
 * idempotency key is its id.
 */
#include <errno.h>
#include <stdio.h>

#include "daemon/api/claims.h"
#include "daemon/api/dossier_deadline.h"
#include "daemon/api/links.h"
#include "daemon/api/lookups.h"
#include "daemon/api/parking.h"
#include "daemon/log.h"

#define AT_ONCE 16
#define POLL_US (5 * 1000000LL) /* what another daemon left, or a round of ours that failed */

TAILQ_HEAD(link_waiter_list, link_waiter);

struct opening {
	struct links *links;
	struct unit unit;
	struct pool *pool;
	struct book *book;
	struct link_row row;
	struct uuid parent_id;
	const char *principal, *actor;
	struct span about; /* sealed under the parent's key */
	struct dossier parent, child;
	bool has_parent, has_child;
	char key[UUID_TEXT_SIZE];
	struct open_member m;
};

struct links {
	struct api *api;
	struct timer timer;
	struct unit unit;
	bool looking, again, failed;
	int running;
	struct link_waiter_list waiting; /* for the round that begins next */
	struct link_waiter_list served;  /* by the one that runs */
	struct opening openings[AT_ONCE];
};

static void look(struct links *l);

static void opening_done(struct opening *o)
{
	unit_done(&o->unit);
	open_member_done(&o->m);
	if (o->has_child)
		dossier_done(&o->child);
	if (o->has_parent)
		dossier_done(&o->parent);
	pool_free(o->pool);
	book_unref(o->book);
	memset(o, 0, sizeof(*o));
}

static void round_done(struct links *l, bool more)
{
	struct link_waiter *w;

	l->looking = false;
	while ((w = TAILQ_FIRST(&l->served))) {
		TAILQ_REMOVE(&l->served, w, link);
		w->on_open(w);
	}
	timer_set(&l->timer, POLL_US);
	if (!l->looking && (l->again || (more && !l->failed)))
		look(l);
}

static void end(struct opening *o, const char *failure)
{
	struct links *l = o->links;
	char id[UUID_TEXT_SIZE];

	if (failure) {
		uuid_format(&o->row.child, id);
		log_event(LOG_LEVEL_WARNING, "opening_failed", LOG_S("request", id),
			LOG_S("why", failure));
		l->failed = true;
	}
	opening_done(o);
	if (--l->running == 0)
		round_done(l, true);
}

static void on_stored(struct member *base, enum member_result result)
{
	struct opening *o = container_of(base, struct opening, m.base);
	struct api *a = o->links->api;

	switch (result) {
	case MEMBER_DONE:
		parking_wake(a->parking, o->child.row.agency, 1);
		for (int i = 0; i < o->m.changes.deadline_count; i++)
			api_tell_due(a, o->m.changes.deadlines[i].fire_at);
		_fallthrough_;
	case MEMBER_DUPLICATE: /* another daemon came first */
		end(o, NULL);
		break;
	case MEMBER_CLOCK:
	case MEMBER_CALENDARS: /* learnt meanwhile: the next round computes anew */
		end(o, "overtaken");
		break;
	default:
		end(o, "not stored");
	}
}

/* A question stands alone; a part brings the applicant and those members of the form. */
static json_object *content_of(struct opening *o, json_object *about)
{
	static const char *const whole[] = {"applicant", "documents", "external_ref"};
	json_object *content = json_made(json_object_new_object()), *of = o->parent.content,
		    *part = json_object_object_get(about, "part"), *form, *value;

	if (!part) {
		json_put(content, "question",
			json_object_get(json_object_object_get(about, "question")));
		json_put(content, "documents", json_object_new_array());
		return content;
	}
	for (size_t i = 0; i < ARRAY_SIZE(whole); i++) {
		value = json_object_object_get(of, whole[i]);
		if (value)
			json_put(content, whole[i], json_object_get(value));
	}
	form = json_made(json_object_new_object());
	of = json_object_object_get(of, "form");
	for (size_t i = 0; i < json_object_array_length(part); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(part, i));

		json_put(form, name, json_object_get(json_object_object_get(of, name)));
	}
	json_put(content, "form", form);
	return content;
}

static void fill_row(struct opening *o)
{
	struct dossier *d = &o->child;
	const struct request_row *of = &o->parent.row;
	const char *head = book_head(d->book, o->row.agency);

	d->row = (struct request_row){
		.id = o->row.child,
		.number = o->row.number,
		.version = 1,
		.agency = o->row.agency,
		.office = of->office,
		.service = of->service,
		.service_version = of->service_version,
		.variant = of->variant,
		.channel = of->channel,
		.territory = of->territory,
		.language = of->language,
		.received_at = of->received_at,
		.registered_at = d->now,
		.promised_due_on = DAY_NONE,
		.due_at = MOMENT_NONE,
		.due_on = DAY_NONE,
		.closed_at = MOMENT_NONE,
		.lease_until = MOMENT_NONE,
		.updated_at = d->now,
		.responsible = head ? head : of->responsible,
		.hops = of->hops + 1,
		.place = {.priority = of->place.priority, .kept_until = MOMENT_NONE},
	};
	d->parent =
		(struct dossier_parent){.id = of->id, .number = of->number, .kind = o->row.kind};
}

/* To answer; or to decide, which goes on or begins anew by the standard, as of a whole one. */
static void start_deadlines(struct opening *o)
{
	struct dossier *d = &o->child;
	const struct stage *consult = service_stage_find(d->service, KEZEK_DEADLINE_consult);
	const struct deadline_row *decide = dossier_deadline_find(&o->parent, "decide");
	struct stage_facts facts;

	if (dossier_is_question(d)) {
		dossier_start_until(d, KEZEK_DEADLINE_consult,
			consult ? stage_rule(consult, d->variant) : NULL, d->now, o->row.answer_by);
		dossier_mirror(d);
		return;
	}
	if (decide && d->service->forward_clock == FORWARD_CONTINUES)
		dossier_start_like(d, decide);
	stage_facts_init(&facts);
	facts.registered_at = facts.complete_at = facts.forwarded_at = d->now;
	facts.paid_at = d->now;
	dossier_start_stages(d, &facts);
	dossier_mirror(d);
	d->row.promised_due_on = d->row.due_on;
}

static void add_event(struct opening *o)
{
	struct dossier *d = &o->child;
	bool asks = dossier_is_question(d);
	struct event_row *e = dossier_event(d, asks ? "consult" : "forward", d->now, NULL);
	_text_ t = TEXT_INIT;

	e->principal = o->principal;
	e->actor = o->actor;
	text_addf(&t, "{\"state\":\"%s\",", d->row.state);
	text_add_member(&t, "agency", d->row.agency);
	text_add_char(&t, ',');
	text_add_member(&t, "parent", d->parent.number);
	text_add_char(&t, ',');
	text_add_moment(&t, "due_at", d->row.due_at, dossier_zone(d));
	text_add_char(&t, '}');
	e->after = pool_take(d->pool, &t);
}

static void member_fill(struct opening *o)
{
	struct open_member *m = &o->m;

	dossier_open(&o->child, m);
	m->principal = "kezekd";
	m->actor = o->actor ? o->actor : o->principal;
	uuid_format(&o->row.child, o->key);
	m->key = o->key;
	m->registrar =
		catalogue_office_find(o->book->catalogue, o->parent.row.office)->agency->code;
	m->status = 201;
	lookups_add(&m->lookups, o->child.content, o->links->api->seal);
	m->base.kind = &batch_open;
	m->base.on_done = on_stored;
}

static int compose(struct opening *o)
{
	struct api *a = o->links->api;
	struct dossier *d = &o->child;
	_text_ plain = TEXT_INIT;
	_json_ *about = NULL;

	if (seal_open(a->seal, o->parent.key, &o->parent_id, "text", o->about, &plain) != 0 ||
		json_read(text_span(&plain), NULL, NULL, &about) != 0)
		return -EBADMSG;
	o->has_child = true;
	dossier_init(d, a, o->book, loop_now(a->loop));
	d->service = o->parent.service;
	d->variant = o->parent.variant;
	d->content = content_of(o, about);
	fill_row(o);
	dossier_move(d, KEZEK_STATE_queued);
	start_deadlines(o);
	seal_make_key(a->seal, &d->row.id, d->key, &o->m.wrapped, &o->m.master);
	add_event(o);
	member_fill(o);
	seal_close(a->seal, d->key, &d->row.id, "content",
		span_of(json_object_to_json_string_ext(
			d->content, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)),
		&o->m.content);
	return batcher_submit(a->writes, &o->m.base);
}

static void on_parent(struct unit *u, enum unit_how how)
{
	struct opening *o = container_of(u, struct opening, unit);
	struct api *a = o->links->api;
	int r;

	if (how != UNIT_DONE || !rows_count(u, 1)) {
		end(o, "its origin cannot be read");
		return;
	}
	r = dossier_read(&o->parent, a, o->book, loop_now(a->loop), row_of(u, 1, 0));
	unit_done(u);
	o->has_parent = r == 0;
	if (r < 0 || o->parent.is_erased || !o->parent.service || compose(o) < 0)
		end(o, "it cannot be composed");
}

static void read_row(struct links *l, struct opening *o, struct row *r)
{
	struct span about;

	memset(o, 0, sizeof(*o));
	o->links = l;
	o->pool = pool_new();
	o->book = book_ref(l->api->book);
	row_uuid(r, &o->parent_id);
	row_uuid(r, &o->row.child);
	o->row.kind = pool_copy(o->pool, row_text(r));
	o->row.agency = pool_copy(o->pool, row_text(r));
	o->row.number = pool_copy(o->pool, row_text(r));
	o->row.join = pool_copy(o->pool, row_text(r));
	o->row.answer_by = row_moment(r);
	about = row_bytes(r);
	o->about = (struct span){pool_copy_span(o->pool, about), about.len};
	o->principal = pool_copy(o->pool, row_text(r));
	o->actor = pool_copy(o->pool, row_text(r));
}

static void on_found(struct unit *u, enum unit_how how)
{
	struct links *l = container_of(u, struct links, unit);
	int n = how == UNIT_DONE ? rows_count(u, 1) : 0;

	l->failed = how != UNIT_DONE;
	for (int i = 0; i < n; i++) {
		struct row r = row_of(u, 1, i);

		read_row(l, &l->openings[i], &r);
	}
	unit_done(u);
	l->running = n;
	if (!n) {
		round_done(l, false);
		return;
	}
	l->running++; /* none may end the round before all have begun */
	for (int i = 0; i < n; i++) {
		struct opening *o = &l->openings[i];

		unit_init(&o->unit, on_parent);
		params_text(unit_add(&o->unit, SQL_ENTER), "kezekd");
		params_uuid(unit_add(&o->unit, SQL_REQUEST_BY_ID), &o->parent_id);
		if (pg_submit(l->api->reads, &o->unit) < 0)
			end(o, "PostgreSQL is away");
	}
	if (--l->running == 0)
		round_done(l, true);
}

static void look(struct links *l)
{
	l->looking = true;
	l->again = false;
	TAILQ_CONCAT(&l->served, &l->waiting, link);
	unit_init(&l->unit, on_found);
	params_text(unit_add(&l->unit, SQL_ENTER), "kezekd");
	params_int(unit_add(&l->unit, SQL_LINKS_TO_OPEN), AT_ONCE);
	if (!l->api->book || pg_submit(l->api->reads, &l->unit) < 0) {
		unit_done(&l->unit);
		l->failed = true;
		round_done(l, false);
	}
}

void links_look(struct links *l)
{
	if (l->looking)
		l->again = true;
	else
		timer_set(&l->timer, 0);
}

void links_await(struct links *l, struct link_waiter *w)
{
	TAILQ_INSERT_TAIL(&l->waiting, w, link);
	links_look(l);
}

static void on_timer(struct timer *t)
{
	struct links *l = container_of(t, struct links, timer);

	if (!l->looking)
		look(l);
}

struct links *links_new(struct api *a)
{
	struct links *l = calloc(1, sizeof(*l));

	if (!l)
		abort();
	l->api = a;
	TAILQ_INIT(&l->waiting);
	TAILQ_INIT(&l->served);
	timer_init(&l->timer, a->loop, on_timer);
	timer_set(&l->timer, POLL_US);
	return l;
}

/* With the connections gone, nothing of ours will be told that it is done. */
void links_free(struct links *l)
{
	if (!l)
		return;
	timer_done(&l->timer);
	if (l->looking && !l->running)
		unit_done(&l->unit);
	for (int i = 0; i < AT_ONCE; i++) {
		if (l->openings[i].pool)
			opening_done(&l->openings[i]);
	}
	free(l);
}

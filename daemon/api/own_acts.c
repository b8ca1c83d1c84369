/*
 * The daemon's own acts, under the name kezekd: what follows of a breach by the standard (tacit
 * approval, deemed refusal, lapse, going on), and of a linked request (its origin is told, or it
 * falls with it). They are acts like any other. Several daemons may come to the same one: acts
 * compare and set, so that one of them does it.
 */
#include "daemon/api/own_acts.h"
#include "daemon/api/act.h"
#include "daemon/log.h"

#define AT_ONCE 16
#define POLL_US (5 * 1000000LL) /* a round that failed, and what another daemon left */

struct own_act {
	struct own_acts *owner;
	struct call call;
	struct act_run run;
};

struct own_acts {
	struct api *api;
	struct timer timer;
	struct unit unit;
	bool looking, again, failed;
	int running;
	struct own_act acts[AT_ONCE];
};

static void look(struct own_acts *x);

/* After a round: another where there may be more, later where something failed. */
static void round_done(struct own_acts *x, bool more)
{
	bool again = x->again || more;

	x->looking = x->again = false;
	timer_set(&x->timer, POLL_US);
	if (again && !x->failed)
		look(x);
}

static void own_act_done(struct own_act *own)
{
	json_object_put(own->run.body);
	act_run_done(&own->run);
	book_unref(own->call.book);
	own->call.book = NULL;
}

static void on_act_done(struct act_run *r)
{
	struct own_act *own = container_of(r, struct own_act, run);
	struct own_acts *x = own->owner;
	char id[UUID_TEXT_SIZE];

	/* Not open any more: somebody came first, and nothing is left to do. */
	if (r->result != ACT_DONE && r->result != ACT_NOT_OPEN) {
		uuid_format(&r->request, id);
		log_event(LOG_LEVEL_WARNING, "own_act_failed", LOG_S("request", id),
			LOG_S("act", act_name(r->act)), LOG_N("result", r->result));
		x->failed = true;
	}
	own_act_done(own);
	if (--x->running == 0)
		round_done(x, true);
}

static bool start(struct own_acts *x, struct own_act *own, struct row *r)
{
	char id[UUID_TEXT_SIZE];
	struct uuid subject;

	memset(own, 0, sizeof(*own));
	own->owner = x;
	own->call.api = x->api;
	own->call.who.role = KEZEK_ROLE_COUNT; /* beside the roles: LIFECYCLE_DAEMON */
	memcpy(own->call.who.name, "kezekd", sizeof("kezekd"));
	own->call.lang = LANG_EN;
	own->run.c = &own->call;
	own->run.on_done = on_act_done;
	row_uuid(r, &own->run.request);
	if (!act_parse(row_span(r), &own->run.act))
		return false;
	own->run.body = json_made(json_object_new_object());
	if (row_uuid(r, &subject) && own->run.act == KEZEK_ACT_answered) {
		uuid_format(&subject, id);
		json_put(own->run.body, "request", json_object_new_string(id));
	}
	own->call.book = book_ref(x->api->book);
	return true;
}

static void on_found(struct unit *u, enum unit_how how)
{
	struct own_acts *x = container_of(u, struct own_acts, unit);
	int n = how == UNIT_DONE ? rows_count(u, 1) : 0;

	x->failed = how != UNIT_DONE;
	for (int i = 0; i < n; i++) {
		struct row r = row_of(u, 1, i);

		x->running += start(x, &x->acts[x->running], &r);
	}
	unit_done(u);
	n = x->running;
	if (!n)
		round_done(x, false);
	/* Each may be done in a later turn only, so that none is freed under the loop's feet. */
	for (int i = 0; i < n; i++)
		act_start(&x->acts[i].run);
}

static void look(struct own_acts *x)
{
	x->looking = true;
	unit_init(&x->unit, on_found);
	params_text(unit_add(&x->unit, SQL_ENTER), "kezekd");
	params_int(unit_add(&x->unit, SQL_OWN_ACTS_DUE), AT_ONCE);
	if (!x->api->book || pg_submit(x->api->reads, &x->unit) < 0) {
		unit_done(&x->unit);
		x->looking = false;
		timer_set(&x->timer, POLL_US);
	}
}

void own_acts_look(struct own_acts *x)
{
	x->again = x->looking;
	if (!x->looking)
		look(x);
}

static void on_timer(struct timer *t)
{
	own_acts_look(container_of(t, struct own_acts, timer));
}

struct own_acts *own_acts_new(struct api *a)
{
	struct own_acts *x = calloc(1, sizeof(*x));

	if (!x)
		abort();
	x->api = a;
	timer_init(&x->timer, a->loop, on_timer);
	timer_set(&x->timer, POLL_US);
	return x;
}

/* With the connections gone, no act of ours will be told that it is done. */
void own_acts_free(struct own_acts *x)
{
	if (!x)
		return;
	timer_done(&x->timer);
	if (x->looking && !x->running)
		unit_done(&x->unit);
	for (int i = 0; i < AT_ONCE; i++) {
		if (x->acts[i].call.book)
			own_act_done(&x->acts[i]);
	}
	free(x);
}

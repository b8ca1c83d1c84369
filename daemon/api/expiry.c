/*
 * The daemon's own acts: a breach whose standard says what follows (tacit approval, deemed refusal,
 * lapse, going on) is carried out as an act like any other, under the name kezekd. Several daemons
 * may come to the same one: acts compare and set, so that one of them does it.
 */
#include "daemon/api/expiry.h"
#include "daemon/api/act.h"
#include "daemon/log.h"

#define AT_ONCE  16
#define RETRY_US (5 * 1000000LL)

struct own_act {
	struct expiry *expiry;
	struct call call;
	struct act_run run;
};

struct expiry {
	struct api *api;
	struct timer timer;
	struct unit unit;
	bool looking, again, failed;
	int running;
	json_object *nothing; /* the body of every act of ours */
	struct own_act acts[AT_ONCE];
};

static void look(struct expiry *x);

/* After a round: another where there may be more, later where something failed. */
static void round_done(struct expiry *x, bool more)
{
	bool again = x->again || more;

	x->looking = x->again = false;
	if (x->failed)
		timer_set(&x->timer, RETRY_US);
	else if (again)
		look(x);
}

static void own_act_done(struct own_act *own)
{
	act_run_done(&own->run);
	book_unref(own->call.book);
	own->call.book = NULL;
}

static void on_act_done(struct act_run *r)
{
	struct own_act *own = container_of(r, struct own_act, run);
	struct expiry *x = own->expiry;
	char id[UUID_TEXT_SIZE];

	/* Not open any more: somebody came first, and nothing is left to do. */
	if (r->result != ACT_DONE && r->result != ACT_NOT_OPEN) {
		uuid_format(&r->request, id);
		log_event(LOG_LEVEL_WARNING, "expiry_failed", LOG_S("request", id),
			LOG_S("act", act_name(r->act)), LOG_N("result", r->result));
		x->failed = true;
	}
	own_act_done(own);
	if (--x->running == 0)
		round_done(x, true);
}

static bool start(struct expiry *x, struct own_act *own, struct row *r)
{
	memset(own, 0, sizeof(*own));
	own->expiry = x;
	own->call.api = x->api;
	own->call.who.role = KEZEK_ROLE_COUNT; /* beside the roles: LIFECYCLE_DAEMON */
	memcpy(own->call.who.name, "kezekd", sizeof("kezekd"));
	own->call.lang = LANG_EN;
	own->run.c = &own->call;
	own->run.body = x->nothing;
	own->run.on_done = on_act_done;
	row_uuid(r, &own->run.request);
	if (!act_parse(row_span(r), &own->run.act))
		return false;
	own->call.book = book_ref(x->api->book);
	return true;
}

static void on_found(struct unit *u, enum unit_how how)
{
	struct expiry *x = container_of(u, struct expiry, unit);
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

static void look(struct expiry *x)
{
	x->looking = true;
	unit_init(&x->unit, on_found);
	params_text(unit_add(&x->unit, SQL_ENTER), "kezekd");
	params_int(unit_add(&x->unit, SQL_EFFECTS_DUE), AT_ONCE);
	if (!x->api->book || pg_submit(x->api->reads, &x->unit) < 0) {
		unit_done(&x->unit);
		x->looking = false;
		timer_set(&x->timer, RETRY_US);
	}
}

void expiry_look(struct expiry *x)
{
	x->again = x->looking;
	if (!x->looking)
		look(x);
}

static void on_timer(struct timer *t)
{
	expiry_look(container_of(t, struct expiry, timer));
}

struct expiry *expiry_new(struct api *a)
{
	struct expiry *x = calloc(1, sizeof(*x));

	if (!x)
		abort();
	x->api = a;
	x->nothing = json_object_new_object();
	timer_init(&x->timer, a->loop, on_timer);
	return x;
}

/* With the connections gone, no act of ours will be told that it is done. */
void expiry_free(struct expiry *x)
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
	json_object_put(x->nothing);
	free(x);
}

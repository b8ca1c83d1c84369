/* Group commit: gathering members, sending batches, telling each member its own result. */
#include <errno.h>

#include "daemon/db/batch.h"
#include "daemon/log.h"
#include "daemon/metrics.h"

#define BATCH_MEMBERS_MAX 256
/* How long a member in doubt waits for PostgreSQL to come back, before its client is told to ask
 * again with the same key: a crash is recovered from within it, an outage is not. */
#define DOUBT_PATIENCE_US (1500 * 1000LL)
#define TRIES_MAX         6

TAILQ_HEAD(member_list, member);

/* One batch on the wire. */
struct batch {
	struct batcher *batcher;
	struct unit unit;
	const struct batch_kind *kind;
	struct member *members[BATCH_MEMBERS_MAX];
	int n;
	int64_t sent_mono;
	bool busy;
};

struct batcher {
	struct loop *loop;
	struct pg *pg;
	struct batcher_options options;
	struct member_list waiting;
	int waiting_count;
	int64_t each_us;   /* a member took of late, while there always was a next one */
	int64_t done_mono; /* when the last batch ended with some waiting behind it; 0: with none */
	struct timer sweep; /* gives up members in doubt while PostgreSQL stays away */
	struct timer kick;  /* pumps in the next turn */
	int batch_count;
	struct batch *batches;
};

static void pump(struct batcher *b);

static void enqueue(struct batcher *b, struct member *m, bool first)
{
	m->is_held = first;
	if (first)
		TAILQ_INSERT_HEAD(&b->waiting, m, link);
	else
		TAILQ_INSERT_TAIL(&b->waiting, m, link);
	b->waiting_count++;
}

static void dequeue(struct batcher *b, struct member *m)
{
	TAILQ_REMOVE(&b->waiting, m, link);
	b->waiting_count--;
}

static bool lock_in_flight(const struct batcher *b, const struct member *m)
{
	if (uuid_is_nil(&m->lock))
		return false;
	for (int i = 0; i < b->batch_count; i++) {
		for (int j = 0; b->batches[i].busy && j < b->batches[i].n; j++) {
			if (uuid_compare(&b->batches[i].members[j]->lock, &m->lock) == 0)
				return true;
		}
	}
	return false;
}

/* The oldest waiting member that may run decides the kind; those of its kind behind it come along.
 */
static void gather(struct batcher *b, struct batch *batch)
{
	struct member *m, *next;

	batch->kind = NULL;
	batch->n = 0;
	batch->busy = true;
	for (m = TAILQ_FIRST(&b->waiting); m && batch->n < b->options.members; m = next) {
		next = TAILQ_NEXT(m, link);
		if (batch->kind && (m->kind != batch->kind || m->alone))
			continue;
		if (lock_in_flight(b, m)) {
			m->is_held = true;
			continue;
		}
		dequeue(b, m);
		batch->kind = m->kind;
		batch->members[batch->n++] = m;
		if (m->alone)
			break;
	}
	if (!batch->n)
		batch->busy = false;
}

static void tell(struct member *m, enum member_result result)
{
	m->on_done(m, result);
}

static void on_batch_done(struct unit *u, enum unit_how how);

static void send_batch(struct batcher *b, struct batch *batch)
{
	unit_init(&batch->unit, on_batch_done);
	batch->kind->write(
		batch->members, batch->n, unit_add(&batch->unit, batch->kind->statement));
	batch->sent_mono = loop_mono();
	metric_add(METRIC_database_batches_total, batch->kind->name, 1);
	metric_add(METRIC_database_batch_members_total, batch->kind->name, batch->n);
	if (pg_submit(b->pg, &batch->unit) == 0)
		return;
	for (int i = batch->n - 1; i >= 0; i--)
		enqueue(b, batch->members[i], true);
	batch->busy = false;
	unit_done(&batch->unit);
	timer_set(&b->kick, 10000);
}

static void pump(struct batcher *b)
{
	for (int i = 0; i < b->batch_count && !TAILQ_EMPTY(&b->waiting); i++) {
		struct batch *batch = &b->batches[i];

		if (batch->busy)
			continue;
		if (!pg_has_room(b->pg))
			return;
		gather(b, batch);
		if (!batch->n)
			return;
		send_batch(b, batch);
	}
}

/* Serialization failure, deadlock, lock or statement time-out: worth another try. */
static bool is_transient(const char *sqlstate)
{
	return strncmp(sqlstate, "40", 2) == 0 || strcmp(sqlstate, "55P03") == 0 ||
	       strcmp(sqlstate, "57014") == 0 || strncmp(sqlstate, "57P", 3) == 0;
}

static enum member_result result_of_sqlstate(const char *sqlstate)
{
	if (strncmp(sqlstate, "53", 2) == 0 || strcmp(sqlstate, "58030") == 0)
		return MEMBER_DISK_FULL;
	return is_transient(sqlstate) ? MEMBER_UNKNOWN : MEMBER_FAILED;
}

/* A try may itself wait for a lock: none begins in the second half of the time there is. */
static bool has_time_for_another(const struct batcher *b, const struct member *m)
{
	return m->tries < TRIES_MAX && loop_mono() - m->queued_mono < b->options.timeout_us / 2;
}

static void batch_refused(struct batcher *b, struct member **members, int n, const char *sqlstate)
{
	enum member_result result = result_of_sqlstate(sqlstate);

	for (int i = n - 1; i >= 0; i--) {
		struct member *m = members[i];
		bool again = n > 1 && result != MEMBER_DISK_FULL;

		if (n == 1 && is_transient(sqlstate)) {
			m->tries++;
			again = has_time_for_another(b, m);
		}
		if (again) {
			m->alone = true;
			enqueue(b, m, true);
		} else {
			tell(m, result);
		}
	}
}

static void batch_lost(
	struct batcher *b, const struct batch_kind *kind, struct member **members, int n)
{
	for (int i = n - 1; i >= 0; i--) {
		struct member *m = members[i];

		if (!m->in_doubt)
			m->doubted_mono = loop_mono();
		m->in_doubt = true;
		if (kind->is_repeatable && loop_mono() - m->queued_mono < b->options.timeout_us)
			enqueue(b, m, true);
		else
			tell(m, MEMBER_UNKNOWN);
	}
	timer_set(&b->sweep, 200000);
}

static void note_pace(struct batcher *b, int n)
{
	int64_t now = loop_mono();

	if (b->done_mono)
		b->each_us += ((now - b->done_mono) / n - b->each_us) / 8;
	b->done_mono = TAILQ_EMPTY(&b->waiting) ? 0 : now;
}

static void on_batch_done(struct unit *u, enum unit_how how)
{
	struct batch *batch = container_of(u, struct batch, unit);
	struct batcher *b = batch->batcher;
	struct member *members[BATCH_MEMBERS_MAX];
	int n = batch->n;

	memcpy(members, batch->members, sizeof(members[0]) * (size_t)n);
	note_pace(b, n);
	if (how == UNIT_DONE) {
		int64_t now;

		for (int i = 0; i < n; i++)
			members[i]->result = MEMBER_FAILED;
		now = batch->kind->read(members, n, u);
		if (now != MOMENT_NONE)
			loop_learn_now(b->loop, now, batch->unit.sent_mono, loop_mono());
		log_event(LOG_LEVEL_DEBUG, "batch", LOG_S("kind", batch->kind->name),
			LOG_N("members", n), LOG_N("us", loop_mono() - batch->sent_mono));
	}
	batch->busy = false;
	unit_done(u);
	if (how == UNIT_DONE) {
		/* The next batch leaves before the replies of this one are written. */
		pump(b);
		for (int i = 0; i < n; i++)
			tell(members[i], members[i]->result);
	} else if (how == UNIT_REFUSED) {
		batch_refused(b, members, n, u->sqlstate);
	} else {
		batch_lost(b, batch->kind, members, n);
	}
	timer_set(&b->kick, 0);
}

int batcher_submit(struct batcher *b, struct member *m)
{
	if (!pg_is_ready(b->pg))
		return -ENOTCONN;
	if (b->waiting_count >= b->options.queue)
		return -EBUSY;
	m->queued_mono = loop_mono();
	m->alone = m->in_doubt = false;
	m->tries = 0;
	enqueue(b, m, false);
	if (!timer_is_set(&b->kick))
		timer_set(&b->kick, 0);
	return 0;
}

static void on_kick(struct timer *t)
{
	pump(container_of(t, struct batcher, kick));
}

/* While PostgreSQL is away: what was never sent is told so at once, what is in doubt waits its
 * time. */
static void on_sweep(struct timer *t)
{
	struct batcher *b = container_of(t, struct batcher, sweep);
	struct member_list given_up = TAILQ_HEAD_INITIALIZER(given_up);
	struct member *m, *next;

	if (pg_is_ready(b->pg)) {
		pump(b);
		return;
	}
	for (m = TAILQ_FIRST(&b->waiting); m; m = next) {
		next = TAILQ_NEXT(m, link);
		if (m->in_doubt && loop_mono() - m->doubted_mono < DOUBT_PATIENCE_US)
			continue;
		dequeue(b, m);
		TAILQ_INSERT_TAIL(&given_up, m, link);
	}
	while ((m = TAILQ_FIRST(&given_up))) {
		TAILQ_REMOVE(&given_up, m, link);
		tell(m, m->in_doubt ? MEMBER_UNKNOWN : MEMBER_AWAY);
	}
	if (!TAILQ_EMPTY(&b->waiting))
		timer_set(t, 200000);
}

static void on_pool_change(void *arg)
{
	struct batcher *b = arg;

	if (!pg_is_ready(b->pg))
		timer_set(&b->sweep, 0);
	else if (!timer_is_set(&b->kick))
		timer_set(&b->kick, 0);
	if (b->options.on_change)
		b->options.on_change(b->options.arg);
}

int batcher_new(struct loop *l, const struct batcher_options *options, struct batcher **ret)
{
	struct batcher *b = calloc(1, sizeof(*b));
	struct pg_options pool = {
		.name = "write",
		.conninfo = options->conninfo,
		.connections = options->connections,
		.depth = 1,
		.queue = options->connections,
		.timeout_us = options->timeout_us,
		.on_change = on_pool_change,
	};
	int r;

	if (!b)
		return -ENOMEM;
	b->loop = l;
	b->options = *options;
	if (b->options.members > BATCH_MEMBERS_MAX)
		b->options.members = BATCH_MEMBERS_MAX;
	b->batch_count = options->connections;
	b->batches = calloc((size_t)b->batch_count, sizeof(*b->batches));
	if (!b->batches) {
		free(b);
		return -ENOMEM;
	}
	for (int i = 0; i < b->batch_count; i++)
		b->batches[i].batcher = b;
	TAILQ_INIT(&b->waiting);
	timer_init(&b->sweep, l, on_sweep);
	timer_init(&b->kick, l, on_kick);
	pool.arg = b;
	r = pg_new(l, &pool, &b->pg);
	if (r < 0) {
		batcher_free(b);
		return r;
	}
	*ret = b;
	return 0;
}

void batcher_free(struct batcher *b)
{
	if (!b)
		return;
	timer_done(&b->sweep);
	timer_done(&b->kick);
	pg_free(b->pg);
	free(b->batches);
	free(b);
}

int64_t batcher_wait(const struct batcher *b)
{
	int64_t expected = b->waiting_count * b->each_us;
	const struct member *m;

	TAILQ_FOREACH(m, &b->waiting, link)
	{
		if (!m->is_held) {
			int64_t waited = loop_mono() - m->queued_mono;

			return waited > expected ? waited : expected;
		}
	}
	return 0;
}

bool batcher_is_ready(const struct batcher *b)
{
	return pg_is_ready(b->pg);
}

bool batcher_is_idle(const struct batcher *b)
{
	for (int i = 0; i < b->batch_count; i++) {
		if (b->batches[i].busy)
			return false;
	}
	return TAILQ_EMPTY(&b->waiting);
}

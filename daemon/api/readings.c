/* Gathers what principals ask for: one transaction under way for each of them. */
#include <errno.h>

#include "daemon/api/readings.h"
#include "daemon/api/shelf.h"
#include "daemon/db/request_row.h"

#define TOGETHER_MAX 100
#define WAITING_MAX  4096

TAILQ_HEAD(reading_list, reading);

/* One principal that waits for something. */
struct reader {
	struct readings *owner;
	char principal[NAME_SIZE];
	struct reading_list waiting, sent;
	struct unit unit;
	struct timer timer;
	TAILQ_ENTRY(reader) link;
};

struct readings {
	struct api *api;
	TAILQ_HEAD(, reader) readers;
	int waiting;
};

static void reader_free(void *object)
{
	struct reader *r = object;

	unit_done(&r->unit);
	timer_done(&r->timer);
	free(r);
}

/* Who the rows speak of. */
struct found {
	const struct unit *unit;
	struct uuid id[TOGETHER_MAX], claim[TOGETHER_MAX];
	int count, stored;
};

static void found_read(struct found *f, const struct unit *u)
{
	*f = (struct found){.unit = u, .count = rows_count(u, READING_REQUESTS)};
	f->stored = u->count > READING_STORED ? rows_count(u, READING_STORED) : 0;
	for (int i = 0; i < f->count; i++) {
		struct request_row row;

		request_row_read(row_of(u, READING_REQUESTS, i), &row);
		f->id[i] = row.id;
		f->claim[i] = row.claim;
	}
}

static int row_for(const struct found *f, const struct reading *x)
{
	const struct uuid *ids = x->by_claim ? f->claim : f->id;

	for (int i = 0; i < f->count; i++) {
		if (uuid_compare(&ids[i], &x->id) == 0)
			return i;
	}
	return -1;
}

static int stored_for(const struct found *f, const struct reading *x)
{
	for (int i = 0; x->key && i < f->stored; i++) {
		struct row row = row_of(f->unit, READING_STORED, i);

		if (strcmp(row_text(&row), x->key) == 0)
			return i;
	}
	return -1;
}

/* Those whose rows go on the shelf. */
struct handed {
	struct uuid claim[TOGETHER_MAX];
	int row[TOGETHER_MAX];
	int count;
};

static void note_handed(struct handed *h, const struct found *f, int row)
{
	h->claim[h->count] = f->claim[row];
	h->row[h->count++] = row;
}

static void deliver(struct reader *r, struct reading_list *list, enum unit_how how, int error)
{
	struct found found = {0};
	struct handed handed = {.count = 0};
	struct reading *x;

	if (how == UNIT_DONE)
		found_read(&found, &r->unit);
	while ((x = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, x, link);
		x->error = error;
		x->how = how;
		x->unit = &r->unit;
		x->is_entered = how == UNIT_DONE && rows_count(&r->unit, READING_ENTER);
		x->row = row_for(&found, x);
		x->stored = stored_for(&found, x);
		if (x->is_handed_out && x->row >= 0 && !uuid_is_nil(&found.claim[x->row]))
			note_handed(&handed, &found, x->row);
		x->on_read(x);
	}
	if (handed.count)
		shelf_put(r->owner->api->shelf, unit_take(&r->unit, READING_REQUESTS), handed.claim,
			handed.row, handed.count);
}

static void rest(struct reader *r)
{
	TAILQ_REMOVE(&r->owner->readers, r, link);
	loop_reap(r->owner->api->loop, r, reader_free);
}

static void on_read(struct unit *u, enum unit_how how);

/* What one transaction asks for; paper_…: those whose documents are wanted too. */
struct asked {
	struct columns ids, claims, keys, paper_ids, paper_claims;
};

static void gather(struct reader *r, struct asked *a)
{
	struct reading *x;

	for (int n = 0; n < TOGETHER_MAX && (x = TAILQ_FIRST(&r->waiting)); n++) {
		TAILQ_REMOVE(&r->waiting, x, link);
		TAILQ_INSERT_TAIL(&r->sent, x, link);
		r->owner->waiting--;
		cell_uuid(x->by_claim ? &a->claims : &a->ids, &x->id);
		if (x->key)
			cell_text(&a->keys, x->key);
		if (x->with_documents)
			cell_uuid(x->by_claim ? &a->paper_claims : &a->paper_ids, &x->id);
	}
}

/* A statement that nobody asks for is left out, where none follows it. */
static void add_statements(struct reader *r, struct asked *a)
{
	bool with_documents = a->paper_ids.rows || a->paper_claims.rows;
	struct params *p;

	params_text(unit_add(&r->unit, SQL_ENTER), r->principal);
	p = unit_add(&r->unit, SQL_REQUESTS_READ);
	params_columns(p, &a->ids);
	params_columns(p, &a->claims);
	if (a->keys.rows || with_documents) {
		p = unit_add(&r->unit, SQL_STORED_ANSWERS);
		params_text(p, r->principal);
		params_columns(p, &a->keys);
	}
	if (with_documents) {
		p = unit_add(&r->unit, SQL_DOCUMENTS_OF);
		params_columns(p, &a->paper_ids);
		params_columns(p, &a->paper_claims);
	}
}

static void send_gathered(struct reader *r)
{
	struct asked a;
	int e;

	columns_init(&a.ids, "u");
	columns_init(&a.claims, "u");
	columns_init(&a.keys, "t");
	columns_init(&a.paper_ids, "u");
	columns_init(&a.paper_claims, "u");
	gather(r, &a);
	unit_init(&r->unit, on_read);
	add_statements(r, &a);
	columns_done(&a.keys);
	columns_done(&a.paper_ids);
	columns_done(&a.paper_claims);
	e = pg_submit(r->owner->api->reads, &r->unit);
	if (e < 0) {
		deliver(r, &r->sent, UNIT_LOST, e);
		unit_done(&r->unit);
		timer_set(&r->timer, 0);
	}
}

static void go_on(struct reader *r)
{
	if (TAILQ_EMPTY(&r->waiting))
		rest(r);
	else
		send_gathered(r);
}

static void on_read(struct unit *u, enum unit_how how)
{
	struct reader *r = container_of(u, struct reader, unit);

	deliver(r, &r->sent, how, 0);
	unit_done(u);
	go_on(r);
}

static void on_timer(struct timer *t)
{
	go_on(container_of(t, struct reader, timer));
}

static struct reader *reader_of(struct readings *all, const char *principal)
{
	struct reader *r;

	TAILQ_FOREACH(r, &all->readers, link)
	{
		if (strcmp(r->principal, principal) == 0)
			return r;
	}
	r = calloc(1, sizeof(*r));
	if (!r)
		abort();
	r->owner = all;
	snprintf(r->principal, sizeof(r->principal), "%s", principal);
	TAILQ_INIT(&r->waiting);
	TAILQ_INIT(&r->sent);
	timer_init(&r->timer, all->api->loop, on_timer);
	TAILQ_INSERT_TAIL(&all->readers, r, link);
	/* In the next turn: what else this turn asks for comes along. */
	timer_set(&r->timer, 0);
	return r;
}

int reading_submit(struct readings *all, struct reading *x)
{
	if (!pg_is_ready(all->api->reads))
		return -ENOTCONN;
	if (all->waiting >= WAITING_MAX)
		return -EBUSY;
	x->asked_mono = loop_mono();
	TAILQ_INSERT_TAIL(&reader_of(all, x->principal)->waiting, x, link);
	all->waiting++;
	return 0;
}

int64_t readings_waited(const struct readings *all)
{
	int64_t now = loop_mono(), oldest = now;
	const struct reader *r;

	TAILQ_FOREACH(r, &all->readers, link)
	{
		const struct reading *x = TAILQ_FIRST(&r->waiting);

		if (x && x->asked_mono < oldest)
			oldest = x->asked_mono;
	}
	return now - oldest;
}

struct readings *readings_new(struct api *a)
{
	struct readings *all = calloc(1, sizeof(*all));

	if (!all)
		abort();
	all->api = a;
	TAILQ_INIT(&all->readers);
	return all;
}

void readings_free(struct readings *all)
{
	struct reader *r;

	if (!all)
		return;
	while ((r = TAILQ_FIRST(&all->readers))) {
		TAILQ_REMOVE(&all->readers, r, link);
		reader_free(r);
	}
	free(all);
}

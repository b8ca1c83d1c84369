/* Registration numbers in blocks: a block is asked for when it is first wanted, and again before it
 * ends. */
#include <errno.h>

#include "daemon/api/call.h"
#include "daemon/api/numbers.h"

#define BLOCK_SIZE  256
#define BLOCK_AHEAD 64 /* fewer left than this: the next block is asked for */

TAILQ_HEAD(waiter_list, number_waiter);

struct block {
	struct numbers *numbers;
	char body[NAME_SIZE];
	int year;
	int64_t next, end;             /* in use */
	int64_t spare_next, spare_end; /* leased ahead */
	bool asking;
	struct unit unit;
	struct waiter_list waiting;
	struct block *more;
};

struct numbers {
	struct api *api;
	struct block *blocks;
};

struct numbers *numbers_new(struct api *a)
{
	struct numbers *n = calloc(1, sizeof(*n));

	if (!n)
		abort();
	n->api = a;
	return n;
}

void numbers_free(struct numbers *n)
{
	if (!n)
		return;
	while (n->blocks) {
		struct block *b = n->blocks;

		n->blocks = b->more;
		unit_done(&b->unit);
		free(b);
	}
	free(n);
}

static void tell_waiting(struct block *b, bool there_is_one)
{
	struct waiter_list waiting = TAILQ_HEAD_INITIALIZER(waiting);
	struct number_waiter *w;

	TAILQ_CONCAT(&waiting, &b->waiting, link);
	while ((w = TAILQ_FIRST(&waiting))) {
		TAILQ_REMOVE(&waiting, w, link);
		w->on_number(w, there_is_one);
	}
}

static void on_leased(struct unit *u, enum unit_how how)
{
	struct block *b = container_of(u, struct block, unit);
	bool ok = how == UNIT_DONE && rows_count(u, 0) == 1;

	if (ok) {
		struct row r = row_of(u, 0, 0);

		b->spare_next = row_int64(&r);
		b->spare_end = b->spare_next + BLOCK_SIZE;
	}
	unit_done(u);
	b->asking = false;
	tell_waiting(b, ok);
}

/* False: PostgreSQL is away. */
static bool ask(struct block *b)
{
	struct params *p;

	if (b->asking)
		return true;
	unit_init(&b->unit, on_leased);
	p = unit_add(&b->unit, SQL_LEASE_NUMBERS);
	params_text(p, b->body);
	params_int(p, b->year);
	params_int(p, BLOCK_SIZE);
	b->asking = pg_submit(b->numbers->api->reads, &b->unit) == 0;
	if (!b->asking)
		unit_done(&b->unit);
	return b->asking;
}

static struct block *block_get(struct numbers *n, const char *body, int year)
{
	struct block *b;

	for (b = n->blocks; b; b = b->more) {
		if (b->year == year && strcmp(b->body, body) == 0)
			return b;
	}
	b = calloc(1, sizeof(*b));
	if (!b)
		abort();
	b->numbers = n;
	b->year = year;
	memcpy(b->body, body, strnlen(body, sizeof(b->body) - 1));
	TAILQ_INIT(&b->waiting);
	b->more = n->blocks;
	n->blocks = b;
	return b;
}

int numbers_take(
	struct numbers *n, const char *body, int year, struct number_waiter *w, int64_t *ret_number)
{
	struct block *b = block_get(n, body, year);

	if (b->next == b->end) {
		b->next = b->spare_next;
		b->end = b->spare_end;
		b->spare_next = b->spare_end = 0;
	}
	if (b->end - b->next < BLOCK_AHEAD && b->spare_next == b->spare_end && !ask(b) &&
		b->next == b->end)
		return -ENOTCONN;
	if (b->next == b->end) {
		TAILQ_INSERT_TAIL(&b->waiting, w, link);
		return NUMBERS_WAIT;
	}
	*ret_number = b->next++;
	return 0;
}

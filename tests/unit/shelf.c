/* shelf: rows found by their claims, each until it is dropped or the newer need its room. */
#include <libpq-fe.h>
#include <stdlib.h>

#include "daemon/api/shelf.h"
#include "tests/unit/tap.h"

#define ROWS 100

static struct uuid claim_of(unsigned n)
{
	/* All of them in few buckets. */
	return (struct uuid){
		{(uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n, [15] = (uint8_t)(n % 3)}};
}

/* Rows that each say which they are, the last one's claim first. */
static void put(struct shelf *s, unsigned first, int n, size_t len)
{
	static char name[] = "bytes";
	PGresAttDesc column = {.name = name, .format = 1, .typid = 17, .typlen = -1};
	PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	struct uuid claims[ROWS];
	int rows[ROWS];
	char *bytes = calloc(1, len);

	if (!bytes || !PQsetResultAttrs(result, 1, &column))
		abort();
	for (int i = 0; i < n; i++) {
		bytes[0] = (char)(first + (unsigned)i);
		if (!PQsetvalue(result, i, 0, bytes, (int)len))
			abort();
		claims[n - 1 - i] = claim_of(first + (unsigned)i);
		rows[n - 1 - i] = i;
	}
	free(bytes);
	shelf_put(s, (struct pg_result *)result, claims, rows, n);
}

static bool holds(const struct shelf *s, unsigned n)
{
	struct uuid claim = claim_of(n);
	struct row row;

	return shelf_find(s, &claim, &row) && row_bytes(&row).at[0] == (char)n;
}

static void drop(struct shelf *s, unsigned n)
{
	struct uuid claim = claim_of(n);

	shelf_drop(s, &claim);
}

static void test_finding(void)
{
	struct shelf *s = shelf_new();

	check(!holds(s, 1), "nothing is on an empty one");
	put(s, 1, 5, 10);
	put(s, 11, 5, 10);
	check(holds(s, 1) && holds(s, 5) && holds(s, 11) && holds(s, 15), "each by its claim");
	check(!holds(s, 6) && !holds(s, 10), "and no other");
	drop(s, 3);
	drop(s, 3);
	drop(s, 99);
	check(!holds(s, 3) && holds(s, 2) && holds(s, 4), "dropped alone");
	for (unsigned i = 1; i <= 5; i++)
		drop(s, i);
	check(!holds(s, 1) && !holds(s, 5) && holds(s, 11), "the last row takes its sheet along");
	put(s, 11, 1, 10);
	drop(s, 11);
	check(!holds(s, 11) && holds(s, 12),
		"a claim stands there once, as it was handed out last");
	shelf_free(s);
}

static void test_room(void)
{
	struct shelf *s = shelf_new();
	unsigned oldest = 0;

	for (unsigned i = 0; i < 120; i++)
		put(s, i * ROWS, ROWS, 1000);
	while (oldest < 120 * ROWS && !holds(s, oldest))
		oldest++;
	check(oldest > 0 && oldest % ROWS == 0, "the oldest have left, sheet by sheet");
	check(holds(s, 120 * ROWS - 1) && 120 * ROWS - oldest > 5000,
		"the newest stay, some thousand");
	put(s, 120 * ROWS, ROWS, 100000);
	check(!holds(s, 120 * ROWS) && !holds(s, 120 * ROWS - 1),
		"what is larger than it leaves at once");
	shelf_free(s);
}

int main(void)
{
	test_finding();
	test_room();
	return tap_end();
}

/* A table by claim into the results that hold their rows; a result leaves with its last row. */
#include "daemon/api/shelf.h"

#define BUCKETS   4096
#define BYTES_MAX (8 << 20) /* some thousand requests */

struct kept {
	struct uuid claim;
	struct sheet *sheet;
	int row;
	LIST_ENTRY(kept) link;
};

/* One result. */
struct sheet {
	struct pg_result *result;
	size_t bytes;
	int left; /* of its rows, those that are still in the table */
	TAILQ_ENTRY(sheet) link;
	struct kept kept[];
};

struct shelf {
	TAILQ_HEAD(, sheet) sheets; /* the oldest first */
	size_t bytes;
	LIST_HEAD(, kept) buckets[BUCKETS];
};

struct shelf *shelf_new(void)
{
	struct shelf *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	TAILQ_INIT(&s->sheets);
	return s;
}

/* The last bytes of a version 7 are random (RFC 9562, 5.7). */
static unsigned bucket_of(const struct uuid *claim)
{
	return (claim->bytes[14] << 8 | claim->bytes[15]) % BUCKETS;
}

static struct kept *find(const struct shelf *s, const struct uuid *claim)
{
	struct kept *k;

	LIST_FOREACH(k, &s->buckets[bucket_of(claim)], link)
	{
		if (uuid_compare(&k->claim, claim) == 0)
			return k;
	}
	return NULL;
}

static void drop(struct shelf *s, struct kept *k)
{
	struct sheet *sheet = k->sheet;

	LIST_REMOVE(k, link);
	k->sheet = NULL;
	if (--sheet->left)
		return;
	TAILQ_REMOVE(&s->sheets, sheet, link);
	s->bytes -= sheet->bytes;
	result_free(sheet->result);
	free(sheet);
}

static void drop_oldest(struct shelf *s)
{
	struct sheet *sheet = TAILQ_FIRST(&s->sheets);

	for (int i = 0, left = sheet->left; left; i++) {
		if (!sheet->kept[i].sheet)
			continue;
		left--;
		drop(s, &sheet->kept[i]);
	}
}

void shelf_free(struct shelf *s)
{
	if (!s)
		return;
	while (!TAILQ_EMPTY(&s->sheets))
		drop_oldest(s);
	free(s);
}

void shelf_put(struct shelf *s, struct pg_result *result, const struct uuid claims[],
	const int rows[], int n)
{
	size_t bytes = sizeof(struct sheet) + (size_t)n * sizeof(struct kept);
	struct sheet *sheet = calloc(1, bytes);

	if (!sheet)
		abort();
	sheet->result = result;
	sheet->left = n;
	sheet->bytes = bytes + result_bytes(result);
	for (int i = 0; i < n; i++) {
		shelf_drop(s, &claims[i]);
		sheet->kept[i] = (struct kept){claims[i], sheet, rows[i], {0}};
		LIST_INSERT_HEAD(&s->buckets[bucket_of(&claims[i])], &sheet->kept[i], link);
	}
	TAILQ_INSERT_TAIL(&s->sheets, sheet, link);
	s->bytes += sheet->bytes;
	while (s->bytes > BYTES_MAX)
		drop_oldest(s);
}

bool shelf_find(const struct shelf *s, const struct uuid *claim, struct row *ret)
{
	const struct kept *k = find(s, claim);

	if (k)
		*ret = result_row(k->sheet->result, k->row);
	return k;
}

void shelf_drop(struct shelf *s, const struct uuid *claim)
{
	struct kept *k = find(s, claim);

	if (k)
		drop(s, k);
}

/* Reading results in PostgreSQL's binary format, column after column. */
#include <assert.h>
#include <endian.h>
#include <libpq-fe.h>

#include "daemon/db/pg.h"

#define PG_EPOCH_US  946684800000000LL
#define PG_EPOCH_DAY 10957

int rows_count(const struct unit *u, int statement)
{
	return u->result[statement] ? PQntuples(u->result[statement]) : 0;
}

struct row result_row(const struct pg_result *result, int row)
{
	return (struct row){.result = result, .row = row};
}

struct row row_of(const struct unit *u, int statement, int row)
{
	return result_row(u->result[statement], row);
}

static int64_t int64_of(struct span s)
{
	uint64_t net;

	if (!s.at)
		return 0;
	assert(s.len == sizeof(net));
	memcpy(&net, s.at, sizeof(net));
	return (int64_t)be64toh(net);
}

static int64_t moment_of(struct span s)
{
	int64_t at = int64_of(s);

	if (!s.at)
		return MOMENT_NONE;
	return at == INT64_MAX ? INT64_MAX : at + PG_EPOCH_US;
}

static uint32_t take_word(struct span *s)
{
	uint32_t net;

	assert(s->len >= sizeof(net));
	memcpy(&net, s->at, sizeof(net));
	s->at += sizeof(net);
	s->len -= sizeof(net);
	return be32toh(net);
}

/* A length and as many bytes; a length of -1 is null. */
static struct span take_value(struct span *s)
{
	uint32_t len = take_word(s);
	struct span value = {s->at, len};

	if (len == UINT32_MAX)
		return (struct span){0};
	assert(s->len >= len);
	s->at += len;
	s->len -= len;
	return value;
}

/* As array_send writes it: dimensions, a flag, the type; then length and lower bound of the one
 * dimension. */
struct elements row_elements(struct row *r)
{
	struct span s = row_span(r);
	uint32_t dimensions = s.at ? take_word(&s) : 0;
	int count;

	if (!dimensions)
		return (struct elements){0};
	assert(dimensions == 1);
	take_word(&s);
	take_word(&s);
	count = (int)take_word(&s);
	take_word(&s);
	return (struct elements){s, count};
}

bool elements_next_record(struct elements *e, struct row *ret)
{
	if (!e->count)
		return false;
	e->count--;
	*ret = (struct row){.record = take_value(&e->left)};
	take_word(&ret->record); /* how many columns */
	return true;
}

bool elements_next_moment(struct elements *e, int64_t *ret)
{
	if (!e->count)
		return false;
	e->count--;
	*ret = moment_of(take_value(&e->left));
	return true;
}

bool row_is_null(const struct row *r)
{
	struct span left = r->record;

	if (r->result)
		return PQgetisnull(r->result, r->row, r->at);
	take_word(&left); /* its type */
	return !take_value(&left).at;
}

struct span row_span(struct row *r)
{
	int at = r->at++;

	if (!r->result) {
		take_word(&r->record); /* its type */
		return take_value(&r->record);
	}
	assert(at < PQnfields(r->result));
	if (PQgetisnull(r->result, r->row, at))
		return (struct span){0};
	return (struct span){
		PQgetvalue(r->result, r->row, at), (size_t)PQgetlength(r->result, r->row, at)};
}

const char *row_text(struct row *r)
{
	return row_span(r).at;
}

struct span row_bytes(struct row *r)
{
	return row_span(r);
}

bool row_uuid(struct row *r, struct uuid *ret)
{
	struct span s = row_span(r);

	*ret = (struct uuid){0};
	if (s.len != sizeof(ret->bytes))
		return false;
	memcpy(ret->bytes, s.at, sizeof(ret->bytes));
	return true;
}

int32_t row_int(struct row *r)
{
	struct span s = row_span(r);
	uint32_t net;

	if (!s.at)
		return 0;
	assert(s.len == sizeof(net));
	memcpy(&net, s.at, sizeof(net));
	return (int32_t)be32toh(net);
}

int64_t row_int64(struct row *r)
{
	return int64_of(row_span(r));
}

bool row_bool(struct row *r)
{
	struct span s = row_span(r);

	return s.at && s.at[0];
}

int64_t row_moment(struct row *r)
{
	return moment_of(row_span(r));
}

int32_t row_day(struct row *r)
{
	bool null = row_is_null(r);
	int32_t day = row_int(r);

	return null ? DAY_NONE : day + PG_EPOCH_DAY;
}

double row_real(struct row *r)
{
	union {
		int64_t bits;
		double real;
	} u = {.bits = row_int64(r)};

	return u.real;
}

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

struct row row_of(const struct unit *u, int statement, int row)
{
	return (struct row){u->result[statement], row, 0};
}

bool row_is_null(const struct row *r)
{
	return PQgetisnull(r->result, r->row, r->at);
}

struct span row_span(struct row *r)
{
	int at = r->at++;

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
	struct span s = row_span(r);
	uint64_t net;

	if (!s.at)
		return 0;
	assert(s.len == sizeof(net));
	memcpy(&net, s.at, sizeof(net));
	return (int64_t)be64toh(net);
}

bool row_bool(struct row *r)
{
	struct span s = row_span(r);

	return s.at && s.at[0];
}

int64_t row_moment(struct row *r)
{
	bool null = row_is_null(r);
	int64_t at = row_int64(r);

	if (null)
		return MOMENT_NONE;
	return at == INT64_MAX ? INT64_MAX : at + PG_EPOCH_US;
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

/* Parameters in PostgreSQL's binary format: network order, moments from 2000-01-01. */
#include <arpa/inet.h>
#include <assert.h>
#include <endian.h>

#include "daemon/db/params.h"

#define PG_EPOCH_US  946684800000000LL /* 2000-01-01 in µs since 1970 */
#define PG_EPOCH_DAY 10957

/* Type oids of pg_type.dat, fixed for ever. */
static uint32_t letter_oid(char letter)
{
	switch (letter) {
	case 'u':
		return 2950;
	case 't':
		return 25;
	case 'b':
		return 17;
	case 'i':
		return 23;
	case 'l':
		return 20;
	case 'z':
		return 1184;
	case 'd':
		return 1082;
	case 'o':
		return 16;
	case 'v':
		return 1186;
	}
	abort();
}

void params_done(struct params *p)
{
	text_done(&p->store);
	p->count = 0;
}

static void add_param(struct params *p, const void *bytes, size_t len)
{
	assert(p->count < PARAMS_MAX);
	p->at[p->count] = p->store.len;
	p->len[p->count] = bytes ? (int)len : -1;
	p->count++;
	if (bytes)
		text_add(&p->store, bytes, len);
}

void params_text(struct params *p, const char *s)
{
	add_param(p, s, s ? strlen(s) : 0);
}

void params_span(struct params *p, struct span s)
{
	add_param(p, s.at, s.len);
}

void params_bytes(struct params *p, const void *bytes, size_t len)
{
	add_param(p, bytes, len);
}

void params_uuid(struct params *p, const struct uuid *u)
{
	add_param(p, u ? u->bytes : NULL, 16);
}

void params_int(struct params *p, int32_t n)
{
	uint32_t net = htonl((uint32_t)n);

	add_param(p, &net, sizeof(net));
}

void params_int64(struct params *p, int64_t n)
{
	uint64_t net = htobe64((uint64_t)n);

	add_param(p, &net, sizeof(net));
}

void params_bool(struct params *p, bool b)
{
	add_param(p, b ? "\1" : "\0", 1);
}

void params_moment(struct params *p, int64_t at)
{
	if (at == MOMENT_NONE)
		add_param(p, NULL, 0);
	else
		params_int64(p, at - PG_EPOCH_US);
}

void params_moment_last(struct params *p, int64_t at)
{
	params_int64(p, at == MOMENT_NONE ? INT64_MAX : at - PG_EPOCH_US);
}

void columns_init(struct columns *c, const char *signature)
{
	memset(c, 0, sizeof(*c));
	c->signature = signature;
	c->width = (int)strlen(signature);
	assert(c->width <= COLUMNS_MAX);
}

void columns_done(struct columns *c)
{
	for (int i = 0; i < c->width; i++)
		text_done(&c->column[i].data);
	c->rows = c->at = 0;
}

static void add_cell(struct columns *c, char letter, const void *bytes, size_t len)
{
	uint32_t size = htonl(bytes ? (uint32_t)len : UINT32_MAX);

	assert(c->signature[c->at] == letter);
	text_add(&c->column[c->at].data, &size, sizeof(size));
	if (bytes)
		text_add(&c->column[c->at].data, bytes, len);
	else
		c->column[c->at].has_null = true;
	if (++c->at == c->width) {
		c->at = 0;
		c->rows++;
	}
}

void cell_text(struct columns *c, const char *s)
{
	add_cell(c, 't', s, s ? strlen(s) : 0);
}

void cell_span(struct columns *c, struct span s)
{
	add_cell(c, 't', s.at, s.len);
}

void cell_bytes(struct columns *c, const void *bytes, size_t len)
{
	add_cell(c, 'b', bytes, len);
}

void cell_uuid(struct columns *c, const struct uuid *u)
{
	add_cell(c, 'u', u ? u->bytes : NULL, 16);
}

void cell_int(struct columns *c, int32_t n)
{
	uint32_t net = htonl((uint32_t)n);

	add_cell(c, 'i', &net, sizeof(net));
}

static void add_int64(struct columns *c, char letter, int64_t n)
{
	uint64_t net = htobe64((uint64_t)n);

	add_cell(c, letter, &net, sizeof(net));
}

void cell_int64(struct columns *c, int64_t n)
{
	add_int64(c, 'l', n);
}

void cell_bool(struct columns *c, bool b)
{
	add_cell(c, 'o', b ? "\1" : "\0", 1);
}

void cell_moment(struct columns *c, int64_t at)
{
	if (at == MOMENT_NONE)
		add_cell(c, 'z', NULL, 0);
	else
		add_int64(c, 'z', at - PG_EPOCH_US);
}

void cell_day(struct columns *c, int32_t day)
{
	uint32_t net = htonl((uint32_t)day - PG_EPOCH_DAY);

	if (day == DAY_NONE)
		add_cell(c, 'd', NULL, 0);
	else
		add_cell(c, 'd', &net, sizeof(net));
}

void cell_interval(struct columns *c, int64_t us)
{
	uint8_t wire[16] = {0}; /* µs, days, months */
	uint64_t net = htobe64((uint64_t)us);

	memcpy(wire, &net, sizeof(net));
	add_cell(c, 'v', wire, sizeof(wire));
}

/* The header of array_recv: dimensions, null flag, element type, then length and lower bound of
 * each. */
void params_columns(struct params *p, struct columns *c)
{
	assert(c->at == 0);
	for (int i = 0; i < c->width; i++) {
		struct text *data = &c->column[i].data;
		uint32_t header[5] = {
			htonl(c->rows ? 1 : 0),
			htonl(c->column[i].has_null ? 1 : 0),
			htonl(letter_oid(c->signature[i])),
			htonl((uint32_t)c->rows),
			htonl(1),
		};
		size_t len = c->rows ? sizeof(header) : 3 * sizeof(header[0]);

		add_param(p, header, len);
		text_add_span(&p->store, text_span(data));
		p->len[p->count - 1] += (int)data->len;
	}
	columns_done(c);
}

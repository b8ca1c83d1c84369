/* Statement parameters and array columns in PostgreSQL's binary format. */
#pragma once

#include "lib/moment.h"
#include "lib/text.h"
#include "lib/uuid.h"

#define PARAMS_MAX 96 /* MOMENT_NONE and DAY_NONE are null */

/* The parameters of one statement, in order. Zero-initialised is empty. */
struct params {
	struct text store;
	size_t at[PARAMS_MAX];
	int len[PARAMS_MAX]; /* -1: null */
	int count;
};

void params_done(struct params *p);
void params_text(struct params *p, const char *s); /* NULL is null */
void params_span(struct params *p, struct span s);
void params_bytes(struct params *p, const void *bytes, size_t len); /* NULL is null */
void params_uuid(struct params *p, const struct uuid *u);           /* NULL is null */
void params_int(struct params *p, int32_t n);
void params_int64(struct params *p, int64_t n);
void params_bool(struct params *p, bool b);
void params_moment(struct params *p, int64_t at);      /* µs since 1970, MOMENT_NONE */
void params_moment_last(struct params *p, int64_t at); /* MOMENT_NONE is infinity */

/*
 * A block of array columns, filled row by row, left to right. The signature has one letter a
 * column: u uuid, t text, b bytea, i int4, l int8, z timestamptz, d date, o boolean, v interval.
 * Each cell call is asserted against it.
 */
#define COLUMNS_MAX 40

struct columns {
	const char *signature;
	int width, at, rows;
	struct {
		struct text data;
		bool has_null;
	} column[COLUMNS_MAX];
};

void columns_init(struct columns *c, const char *signature);
void columns_done(struct columns *c);
void cell_text(struct columns *c, const char *s);
void cell_span(struct columns *c, struct span s);
void cell_bytes(struct columns *c, const void *bytes, size_t len);
void cell_uuid(struct columns *c, const struct uuid *u);
void cell_int(struct columns *c, int32_t n);
void cell_int64(struct columns *c, int64_t n);
void cell_bool(struct columns *c, bool b);
void cell_moment(struct columns *c, int64_t at);
void cell_day(struct columns *c, int32_t day);
void cell_interval(struct columns *c, int64_t us);
/* Every column becomes one array parameter; the block is empty afterwards. */
void params_columns(struct params *p, struct columns *c);

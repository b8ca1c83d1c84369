/* A catalogue while it is read: what its readers share. Private to lib/catalogue*.c and
 * standard*.c. */
#pragma once

#include "lib/catalogue_index.h"
#include "lib/json.h"
#include "lib/route.h"

#define CODE_MAX  63
#define ITEMS_MAX 100000 /* of one kind */
#define TEXT_MAX  4000

/* Each kind's own array, writable while reading; the catalogue shows the same memory as const. */
struct draft {
	struct catalogue *c;
	const struct catalogue_checks *checks;
	struct territory *territories;
	struct agency *agencies;
	struct office *offices;
	struct service *services;
	struct route *routes;
};

/* Zeroed memory of the catalogue's own; count may be 0. */
void *draft_take(struct draft *d, size_t count, size_t size);
/* Where nothing (valid) is given: "", so that look-ups need no care; the fault is reported. */
const char *draft_code(struct json_reader *r, const char *name, enum json_need need);
struct names draft_names(
	struct json_reader *r, const char *name, enum json_need need, const char *otherwise);
/* "YYYY-MM-DD"; `otherwise` where it is absent or faulty. */
int32_t draft_day(struct json_reader *r, const char *name, enum json_need need, int32_t otherwise);
/* valid_from and valid_to, in order. */
void draft_validity(struct json_reader *r, int32_t *ret_from, int32_t *ret_to);
/* A code of a calendar that exists, or `otherwise`. */
const char *draft_calendar(struct draft *d, struct json_reader *r, const char *name,
	enum json_need need, const char *otherwise);
/* References: NULL where absent or not found, which is reported. */
const struct territory *draft_territory(
	struct draft *d, struct json_reader *r, const char *name, enum json_need need);
const struct agency *draft_agency(
	struct draft *d, struct json_reader *r, const char *name, enum json_need need);
/* A rule, or with `is_span` an amount and unit alone; NULL where absent or faulty. */
const struct term_rule *draft_rule(struct draft *d, struct json_reader *r, const char *name,
	enum json_need need, bool is_span);
/* An array member and its length; (NULL, 0) where absent. */
json_object *draft_array(
	struct json_reader *r, const char *name, enum json_need need, size_t *ret_count);

/* One service; offices and agencies have been read. */
void standard_read(struct draft *d, struct json_reader *r, struct service *s);
/* Its variants and stages, which check each other. */
void standard_read_terms(struct draft *d, struct json_reader *r, struct service *s);

/*
 * Whole lists as CSV or NDJSON: keyset pages, each a transaction of its own, fetched as the client
 * drains, so that memory stays bounded however long the list is.
 */
#pragma once

#include "daemon/api/dossier.h"
#include "daemon/api/resources.h"

enum export_format { EXPORT_NONE, EXPORT_CSV, EXPORT_NDJSON };

/* What the Accept header asks for; EXPORT_NONE: a page of JSON. */
enum export_format export_wanted(const struct call *c);

struct export_list {
	/* Asks for a page, after c's unit has been begun with kezek.enter(). */
	void (*ask)(struct call *c, const struct page *page);
	/* Writes row `i` of `statement`, if it can be read, and moves `after` past it. */
	void (*add)(const struct export_list *list, struct text *t, struct call *c, int i,
		enum export_format format, struct page *after);
	const char *head; /* of the CSV: names with commas between them */
	int statement;
	/* Whether there is such a list, by the first page; NULL: always. False: answered. */
	bool (*exists)(struct call *c);
	/* For export_add_item: one item as JSON, as page_reply has it. */
	void (*item)(struct text *t, struct call *c, struct row r, struct uuid *ret_id);
	bool is_personal; /* each line tells of somebody: access log */
	bool by_due;      /* a list of requests whose sort key is due_at, id; else id */
};

/* Streams the list; `filters` is handed to `ask` through c->state and freed with the call. */
void export_begin(struct call *c, const struct export_list *list, enum export_format format);
/* The call's own filters, as they were before export_begin took its state. */
void *export_filters(const struct call *c);

/* `add` of a list whose items are flat: the CSV has their members. */
void export_add_item(const struct export_list *list, struct text *t, struct call *c, int i,
	enum export_format format, struct page *after);
/* One item, written as JSON: as it is, or as cells; `item` is emptied. */
void export_put(struct text *t, struct text *item, const struct export_list *list,
	enum export_format format);

/* `add` and head of a list of requests; the latter's second form has working_days_late. */
void export_add_request(const struct export_list *list, struct text *t, struct call *c, int i,
	enum export_format format, struct page *after);
#define EXPORT_REQUEST_HEAD                                                                        \
	"number,id,state,overdue,service,variant,agency,office,channel,decide,outcome,"            \
	"responsible,received_at,registered_at,due_at,closed_at,due_on,promised_due_on"
#define EXPORT_OVERDUE_HEAD EXPORT_REQUEST_HEAD ",working_days_late"

/* Working days after the due date up to now, by the agency's calendar: 0 when not late. */
long long dossier_days_late(const struct dossier *d);
/* A cell of RFC 4180; one that a spreadsheet would take for a formula is disarmed. */
void csv_add_cell(struct text *t, const char *value);

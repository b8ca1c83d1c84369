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

/* One list: how its next page is asked for (after c's unit has been begun with kezek.enter()), and
 * what a row has beside the request. */
struct export_list {
	void (*ask)(struct call *c, const struct page *page);
	bool by_due; /* the sort key is due_at, id; else id */
	bool has_days_late;
};

/* Streams the list; `filters` is handed to `ask` through c->state and freed with the call. */
void export_begin(struct call *c, const struct export_list *list, enum export_format format);
/* The call's own filters, as they were before export_begin took its state. */
void *export_filters(const struct call *c);

/* Working days after the due date up to now, by the agency's calendar: 0 when not late. */
long long dossier_days_late(const struct dossier *d);

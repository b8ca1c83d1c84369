/* The handlers of the route table, one file a resource. */
#pragma once

#include "daemon/api/call.h"

/* services.c */
void services_list_begin(struct call *c);
void services_get_begin(struct call *c);
/* routing.c */
void routing_begin(struct call *c);
/* requests.c */
void request_get_begin(struct call *c);
void requests_list_begin(struct call *c);
void request_events_begin(struct call *c);
void request_deadlines_begin(struct call *c);
void request_receipt_begin(struct call *c);
void request_certificate_begin(struct call *c);
void receipt_key_begin(struct call *c);
/* erasure.c */
void erasure_begin(struct call *c);
/* access_log.c */
void request_access_begin(struct call *c);
void search_begin(struct call *c);
/* supervise.c */
void overview_begin(struct call *c);
void overdue_begin(struct call *c);
void queues_begin(struct call *c);
void queue_begin(struct call *c);
/* notifications.c */
void events_begin(struct call *c);
void notifications_list_begin(struct call *c);
void notifications_seen_begin(struct call *c);
/* reassignments.c */
void reassignments_begin(struct call *c);
/* delegations.c, delegation_add.c */
void delegations_list_begin(struct call *c);
void delegations_add_begin(struct call *c);
void delegation_end_begin(struct call *c);
/* register.c */
/* catalogue_load.c */
void catalogue_put_begin(struct call *c);
/* register.c */
void catalogue_get_begin(struct call *c);
void test_clock_begin(struct call *c);
/* calendars.c */
void calendar_put_begin(struct call *c);
void calendar_get_begin(struct call *c);
void calendars_list_begin(struct call *c);
/* jobs.c */
void job_get_begin(struct call *c);
void jobs_list_begin(struct call *c);
/* principals.c */
void principals_list_begin(struct call *c);
void principals_add_begin(struct call *c);
void principals_disable_begin(struct call *c);
void principals_rotate_begin(struct call *c);
void principals_enable_begin(struct call *c);
void me_begin(struct call *c);
/* What principals and webhooks may be called. */
bool principal_name_is_sound(const char *name);
/* webhooks.c */
void webhooks_list_begin(struct call *c);
void webhook_get_begin(struct call *c);
void webhook_add_begin(struct call *c);
void webhook_remove_begin(struct call *c);
void webhook_rotate_begin(struct call *c);
/* webhook_deliveries.c */
void webhook_test_begin(struct call *c);
void webhook_deliveries_begin(struct call *c);
void webhook_redeliver_begin(struct call *c);
/* documents.c, uploads.c */
void documents_list_begin(struct call *c);
void document_get_begin(struct call *c);
void document_put_begin(struct call *c);
/* imports.c */
void imports_begin(struct call *c);
/* plain.c */
void healthz_begin(struct call *c);
void readyz_begin(struct call *c);
void openapi_begin(struct call *c);
void metrics_begin(struct call *c);
void root_begin(struct call *c);

/* Lists: `limit` (50, at most 500) and the opaque `after`. False: answered. */
struct page {
	int limit;
	struct uuid after_id;
	int64_t after_at;
	bool has_after;
};
#define PAGE_LIMIT_MAX 500
bool page_read(struct call *c, struct page *ret);
/* The limit alone, for lists whose cursor is another. */
bool page_read_limit(struct call *c, struct page *ret);
/* Into the members about it. False: no cursor of ours. */
bool page_parse_after(const char *cursor, struct page *ret);
/* `],"page":{"end_cursor":…,"has_more":…}`; `last` NULL when the page is empty. */
/* Answers with the rows of a statement that was asked for one more than the page holds, which is
 * c->state; `add` writes one as an object and tells its id. */
void page_reply(struct call *c, int statement,
	void (*add)(struct text *t, struct call *c, struct row r, struct uuid *ret_id));
void page_write(struct text *t, const struct uuid *last, int64_t last_at, bool has_more);

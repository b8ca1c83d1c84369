/* The route table: every path, who may, what it takes, and who answers. */
#include "daemon/api/act.h"
#include "daemon/api/claims.h"
#include "daemon/api/feed.h"
#include "daemon/api/resources.h"
#include "daemon/api/submit.h"

#define JSON  ROUTE_BODY
#define ACTOR ROUTE_ACTOR

const struct route_entry routes[] = {
	{HTTP1_GET, "/", ACCESS_me_read, ROUTE_OPEN, root_begin},
	{HTTP1_GET, "/healthz", ACCESS_me_read, ROUTE_OPEN, healthz_begin},
	{HTTP1_GET, "/readyz", ACCESS_me_read, ROUTE_OPEN, readyz_begin},
	{HTTP1_GET, "/openapi.json", ACCESS_me_read, ROUTE_OPEN, openapi_begin},
	{HTTP1_GET, "/v1/receipt-key", ACCESS_me_read, ROUTE_OPEN, receipt_key_begin},
	{HTTP1_GET, "/metrics", ACCESS_metrics_read, ROUTE_OPEN, metrics_begin},
	{HTTP1_GET, "/v1/me", ACCESS_me_read, 0, me_begin},
	{HTTP1_GET, "/v1/services", ACCESS_services_read, 0, services_list_begin},
	{HTTP1_GET, "/v1/services/{code}", ACCESS_services_read, 0, services_get_begin},
	{HTTP1_POST, "/v1/requests", ACCESS_request_submit, JSON | ROUTE_KEY | ACTOR, submit_begin},
	{HTTP1_GET, "/v1/requests", ACCESS_request_read, ACTOR, requests_list_begin},
	{HTTP1_GET, "/v1/requests/{id}", ACCESS_request_read, ACTOR, request_get_begin},
	{HTTP1_GET, "/v1/requests/{id}/events", ACCESS_journal_read, ACTOR, request_events_begin},
	{HTTP1_GET, "/v1/requests/{id}/deadlines", ACCESS_request_read, 0, request_deadlines_begin},
	{HTTP1_GET, "/v1/requests/{id}/receipt", ACCESS_receipt_read, ACTOR, request_receipt_begin},
	{HTTP1_GET, "/v1/requests/{id}/access", ACCESS_accesses_read, ACTOR, request_access_begin},
	{HTTP1_GET, "/v1/requests/{id}/certificate", ACCESS_receipt_read, ACTOR,
		request_certificate_begin},
	{HTTP1_GET, "/v1/requests/{id}/documents", ACCESS_document_read, ACTOR,
		documents_list_begin},
	{HTTP1_GET, "/v1/requests/{id}/documents/{name}", ACCESS_document_read, ACTOR,
		document_get_begin},
	{HTTP1_PUT, "/v1/requests/{id}/documents/{name}", ACCESS_document_write,
		ROUTE_FILE | ROUTE_KEY_OPTIONAL | ACTOR, document_put_begin},
	{HTTP1_GET, "/v1/requests/{id}/parent/documents", ACCESS_document_read, ROUTE_WHOLE | ACTOR,
		documents_list_begin},
	{HTTP1_GET, "/v1/requests/{id}/parent/documents/{name}", ACCESS_document_read,
		ROUTE_WHOLE | ACTOR, document_get_begin},
	{HTTP1_POST, "/v1/requests/{id}/erasure", ACCESS_request_erase,
		JSON | ROUTE_KEY_OPTIONAL | ACTOR, erasure_begin},
	{HTTP1_POST, "/v1/requests/{id}/{act}", ACCESS_request_act, JSON | ROUTE_KEY | ACTOR,
		act_begin},
	{HTTP1_POST, "/v1/searches", ACCESS_search, JSON | ACTOR, search_begin},
	{HTTP1_GET, "/v1/queues", ACCESS_queues_read, 0, queues_begin},
	{HTTP1_GET, "/v1/queues/{agency}", ACCESS_queues_read, ACTOR, queue_begin},
	{HTTP1_POST, "/v1/queues/{agency}/claims", ACCESS_claim_work,
		JSON | ACTOR | ROUTE_NO_BODY_OK, claims_begin},
	{HTTP1_GET, "/v1/claims", ACCESS_claims_read, ACTOR, claims_list_begin},
	{HTTP1_POST, "/v1/claims/renew", ACCESS_claim_work, JSON | ACTOR, claims_renew_begin},
	{HTTP1_POST, "/v1/claims/release", ACCESS_claim_work, JSON | ACTOR, claims_release_begin},
	{HTTP1_POST, "/v1/claims/decide", ACCESS_claim_work, JSON | ACTOR | ROUTE_KEY_OPTIONAL,
		claims_decide_begin},
	{HTTP1_POST, "/v1/claims/{claim}/accept", ACCESS_claim_work,
		JSON | ACTOR | ROUTE_KEY_OPTIONAL, act_accept_begin},
	{HTTP1_GET, "/v1/overview", ACCESS_overview_read, 0, overview_begin},
	{HTTP1_GET, "/v1/overdue", ACCESS_overview_read, ACTOR, overdue_begin},
	{HTTP1_GET, "/v1/notifications", ACCESS_notifications_read, ACTOR,
		notifications_list_begin},
	{HTTP1_POST, "/v1/notifications/seen", ACCESS_notifications_write, JSON | ACTOR,
		notifications_seen_begin},
	{HTTP1_POST, "/v1/reassignments", ACCESS_reassign_many, JSON | ROUTE_KEY_OPTIONAL | ACTOR,
		reassignments_begin},
	{HTTP1_GET, "/v1/delegations", ACCESS_delegations_read, ACTOR, delegations_list_begin},
	{HTTP1_POST, "/v1/delegations", ACCESS_delegations_write, JSON | ROUTE_KEY_OPTIONAL | ACTOR,
		delegations_add_begin},
	{HTTP1_POST, "/v1/delegations/{id}/end", ACCESS_delegations_write,
		JSON | ROUTE_NO_BODY_OK | ROUTE_KEY_OPTIONAL | ACTOR, delegation_end_begin},
	{HTTP1_GET, "/v1/events", ACCESS_feed_read, 0, events_begin},
	{HTTP1_GET, "/v1/stream", ACCESS_feed_read, 0, stream_begin},
	{HTTP1_GET, "/v1/catalogue", ACCESS_services_read, 0, catalogue_get_begin},
	{HTTP1_GET, "/v1/catalogue/route", ACCESS_services_read, 0, routing_begin},
	{HTTP1_PUT, "/v1/catalogue", ACCESS_catalogue_write, JSON | ROUTE_BULK | ACTOR,
		catalogue_put_begin},
	{HTTP1_GET, "/v1/calendars", ACCESS_services_read, 0, calendars_list_begin},
	{HTTP1_GET, "/v1/calendars/{code}", ACCESS_services_read, 0, calendar_get_begin},
	{HTTP1_PUT, "/v1/calendars/{code}", ACCESS_calendar_write, JSON | ROUTE_BULK | ACTOR,
		calendar_put_begin},
	{HTTP1_GET, "/v1/jobs", ACCESS_job_read, 0, jobs_list_begin},
	{HTTP1_GET, "/v1/jobs/{id}", ACCESS_job_read, 0, job_get_begin},
	{HTTP1_GET, "/v1/principals", ACCESS_principal_read, ACTOR, principals_list_begin},
	{HTTP1_POST, "/v1/principals", ACCESS_principal_write, JSON | ACTOR | ROUTE_KEY_OPTIONAL,
		principals_add_begin},
	{HTTP1_DELETE, "/v1/principals/{name}", ACCESS_principal_write, ACTOR,
		principals_disable_begin},
	{HTTP1_POST, "/v1/principals/{name}/enable", ACCESS_principal_write,
		JSON | ACTOR | ROUTE_NO_BODY_OK | ROUTE_KEY_OPTIONAL, principals_enable_begin},
	{HTTP1_POST, "/v1/principals/{name}/rotate", ACCESS_principal_write,
		JSON | ACTOR | ROUTE_NO_BODY_OK | ROUTE_KEY_OPTIONAL, principals_rotate_begin},
	{HTTP1_GET, "/v1/webhooks", ACCESS_webhook_read, ACTOR, webhooks_list_begin},
	{HTTP1_POST, "/v1/webhooks", ACCESS_webhook_write, JSON | ACTOR | ROUTE_KEY_OPTIONAL,
		webhook_add_begin},
	{HTTP1_GET, "/v1/webhooks/{name}", ACCESS_webhook_read, ACTOR, webhook_get_begin},
	{HTTP1_DELETE, "/v1/webhooks/{name}", ACCESS_webhook_write, ACTOR, webhook_remove_begin},
	{HTTP1_POST, "/v1/webhooks/{name}/rotate", ACCESS_webhook_write,
		JSON | ACTOR | ROUTE_NO_BODY_OK | ROUTE_KEY_OPTIONAL, webhook_rotate_begin},
	{HTTP1_POST, "/v1/webhooks/{name}/test", ACCESS_webhook_write,
		JSON | ACTOR | ROUTE_NO_BODY_OK, webhook_test_begin},
	{HTTP1_GET, "/v1/webhooks/{name}/deliveries", ACCESS_webhook_read, ACTOR,
		webhook_deliveries_begin},
	{HTTP1_POST, "/v1/webhooks/{name}/redeliver", ACCESS_webhook_write,
		JSON | ACTOR | ROUTE_NO_BODY_OK | ROUTE_KEY_OPTIONAL, webhook_redeliver_begin},
	{HTTP1_POST, "/v1/imports", ACCESS_import_write, ROUTE_NDJSON | ROUTE_BULK | ACTOR,
		imports_begin},
	{HTTP1_PUT, "/v1/test/clock", ACCESS_clock_write, JSON, test_clock_begin},
};
const size_t route_count = ARRAY_SIZE(routes);

/* Compares segment by segment; what a segment in braces stands for goes to ret_segments, in order.
 */
static bool path_fits(const char *pattern, const char *path, char ret_segments[SEGMENTS_MAX][128])
{
	int n = 0;

	while (*pattern && *path) {
		if (*pattern == '{') {
			size_t len = strcspn(path, "/");

			if (!len || len >= sizeof(ret_segments[0]) || n == SEGMENTS_MAX)
				return false;
			memcpy(ret_segments[n], path, len);
			ret_segments[n++][len] = '\0';
			path += len;
			pattern = strchr(pattern, '}') + 1;
		} else if (*pattern++ != *path++) {
			return false;
		}
	}
	return !*pattern && !*path;
}

const struct route_entry *route_match(enum http1_method method, const char *path,
	char ret_segments[SEGMENTS_MAX][128], bool *ret_known)
{
	if (method == HTTP1_HEAD)
		method = HTTP1_GET;
	for (size_t i = 0; i < route_count; i++) {
		memset(ret_segments, 0, SEGMENTS_MAX * sizeof(ret_segments[0]));
		if (!path_fits(routes[i].path, path, ret_segments))
			continue;
		*ret_known = true;
		if (routes[i].method == method)
			return &routes[i];
	}
	return NULL;
}

void route_methods(const char *path, struct text *ret)
{
	char unused[SEGMENTS_MAX][128];
	unsigned seen = 0;

	for (size_t i = 0; i < route_count; i++) {
		const struct route_entry *r = &routes[i];

		if ((seen & 1u << r->method) || !path_fits(r->path, path, unused))
			continue;
		seen |= 1u << r->method;
		text_adds(ret, ret->len ? ", " : "");
		text_adds(ret, http1_method_name(r->method));
		if (r->method == HTTP1_GET)
			text_adds(ret, ", HEAD");
	}
}

void api_print_routes(struct text *t)
{
	for (size_t i = 0; i < route_count; i++)
		text_addf(t, "%s\t%s\n", http1_method_name(routes[i].method), routes[i].path);
}

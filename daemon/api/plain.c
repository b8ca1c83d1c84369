/* The plain pages: liveness, readiness, metrics, the contract, and what this is. */
#include "daemon/api/dossier.h"
#include "daemon/api/openapi.h"
#include "daemon/api/resources.h"
#include "daemon/metrics.h"

void healthz_begin(struct call *c)
{
	struct text t = TEXT_INIT;

	text_adds(&t, "{\"status\":\"alive\"}");
	answer_json(c, 200, &t);
}

void readyz_begin(struct call *c)
{
	struct api *a = c->api;
	struct text t = TEXT_INIT;
	bool live = api_is_live(a);

	text_addf(&t, "{\"status\":\"%s\",\"database\":%s,\"schema\":%s,\"clock\":%s}",
		live ? "ready" : "not_ready",
		pg_is_ready(a->reads) && batcher_is_ready(a->writes) ? "true" : "false",
		a->schema_is_right ? "true" : "false", loop_knows_now(a->loop) ? "true" : "false");
	if (!live)
		exchange_header(c->x, "Retry-After", "1");
	answer_json(c, live ? 200 : 503, &t);
}

void openapi_begin(struct call *c)
{
	struct text t = TEXT_INIT;

	text_add_span(&t, openapi_text());
	answer_json(c, 200, &t);
}

/* Any principal; or, where the option says so, anybody on this host. */
void metrics_begin(struct call *c)
{
	struct text t = TEXT_INIT;

	if (!(c->x->peer->is_local && strcmp(c->api->settings->metrics_local, "yes") == 0) &&
		!call_authenticate(c))
		return;
	if (c->book) {
		int32_t day = zone_day(NULL, loop_now(c->api->loop));

		for (size_t i = 0; i < calendars_count(c->book->calendars); i++) {
			const char *code = calendars_code(c->book->calendars, i);
			const struct calendar *k = calendars_find(c->book->calendars, code);
			int32_t first, last;

			if (!k)
				continue;
			calendar_covers(k, &first, &last);
			metric_set(METRIC_calendar_coverage_days, code, last - day);
		}
	}
	(void)exchange_memory_left(c->x); /* its gauge is what it was when last looked at */
	metrics_write(&t);
	exchange_reply(c->x, 200, "text/plain; version=0.0.4; charset=utf-8", &t);
}

void root_begin(struct call *c)
{
	struct text t = TEXT_INIT;

	text_adds(&t,
		"<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>kezek</title>\n"
		"<h1>kezek " KEZEK_VERSION
		"</h1>\n<p>The daemon behind the counters of public services: it stores "
		"applications, routes them to the responsible agency, and keeps the statutory "
		"deadline.</p>\n"
		"<ul><li><a href=\"/openapi.json\">The HTTP contract (OpenAPI 3.1)</a></li>"
		"<li><a href=\"/healthz\">/healthz</a>, <a "
		"href=\"/readyz\">/readyz</a></li></ul></html>\n");
	exchange_reply(c->x, 200, "text/html; charset=utf-8", &t);
}

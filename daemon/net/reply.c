/* Writing a reply: the head, the bytes, the end of an exchange; and net's own problems. */
#include <assert.h>
#include <strings.h>

#include "daemon/log.h"
#include "daemon/metrics.h"
#include "daemon/net/inside.h"
#include "daemon/net/reply.h"
#include "lib/problem.h"

static const struct {
	int status;
	const char *phrase;
} phrases[] = {
	{200, "OK"},
	{201, "Created"},
	{202, "Accepted"},
	{204, "No Content"},
	{206, "Partial Content"},
	{301, "Moved Permanently"},
	{302, "Found"},
	{303, "See Other"},
	{304, "Not Modified"},
	{307, "Temporary Redirect"},
	{308, "Permanent Redirect"},
	{400, "Bad Request"},
	{401, "Unauthorized"},
	{403, "Forbidden"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{408, "Request Timeout"},
	{409, "Conflict"},
	{410, "Gone"},
	{412, "Precondition Failed"},
	{413, "Content Too Large"},
	{414, "URI Too Long"},
	{415, "Unsupported Media Type"},
	{417, "Expectation Failed"},
	{422, "Unprocessable Content"},
	{428, "Precondition Required"},
	{429, "Too Many Requests"},
	{431, "Request Header Fields Too Large"},
	{500, "Internal Server Error"},
	{501, "Not Implemented"},
	{503, "Service Unavailable"},
	{505, "HTTP Version Not Supported"},
};

static const char *phrase(int status)
{
	for (size_t i = 0; i < ARRAY_SIZE(phrases); i++) {
		if (phrases[i].status == status)
			return phrases[i].phrase;
	}
	return "Status";
}

static void add_number(struct text *t, uint64_t n)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	text_add(t, digits + at, sizeof(digits) - at);
}

static bool has_content(int status)
{
	return status >= 200 && status != 204 && status != 304;
}

void reply_head(struct flight *f, int status, const char *content_type, int64_t length)
{
	struct text *t = &f->out;

	f->status = status;
	text_adds(t, "HTTP/1.1 ");
	add_number(t, (uint64_t)status);
	text_add_char(t, ' ');
	text_adds(t, phrase(status));
	if (content_type) {
		text_adds(t, "\r\nContent-Type: ");
		text_adds(t, content_type);
	}
	if (length >= 0 && has_content(status)) {
		text_adds(t, "\r\nContent-Length: ");
		add_number(t, (uint64_t)length);
	} else if (f->is_chunked) {
		text_adds(t, "\r\nTransfer-Encoding: chunked");
	}
	text_adds(t, "\r\nX-Request-Id: ");
	text_adds(t, f->x.request_id);
	if (!f->has_extra_cache)
		text_adds(t, "\r\nCache-Control: no-store");
	if (f->must_close)
		text_adds(t, "\r\nConnection: close");
	text_adds(t, "\r\n");
	text_add_span(t, text_span(&f->extra));
	text_adds(t, "\r\n");
}

/* As much of the body as shares the head's TLS record is copied behind it; the rest leaves as it
 * is. */
static void add_body(struct flight *f, struct text *body)
{
	size_t room = f->out.len < CHANNEL_RECORD ? CHANNEL_RECORD - f->out.len : 0;
	size_t n = body->len < room ? body->len : room;

	text_add(&f->out, body->data, n);
	if (n < body->len) {
		f->rest = *body;
		f->rest_at = n;
		*body = TEXT_INIT;
	}
	text_done(body);
}

/* What has come of the body is skipped, so that the connection can live on. False: it must close.
 */
static bool skip_body(struct flight *f)
{
	size_t here = f->in.len - f->in_at;

	if (!http1_head_has_body(&f->head) || f->is_taken)
		return true;
	if (f->head.chunked || f->head.expect_continue || f->piece ||
		(uint64_t)f->head.content_length > here)
		return false;
	f->in_at += (size_t)f->head.content_length;
	return true;
}

void reply_whole(struct connection *c, int status, const char *content_type, struct text *body)
{
	struct flight *f = c->flight;
	struct text none = TEXT_INIT;

	if (!body)
		body = &none;
	if ((c->state == CONNECTION_deciding || f->is_pieced) && !skip_body(f))
		f->must_close = true;
	f->must_close = f->must_close || c->server->is_draining;
	f->is_replied = true;
	reply_head(f, status, content_type, (int64_t)body->len);
	if (!f->is_bare && has_content(status))
		add_body(f, body);
	text_done(body);
	metric_observe(METRIC_http_request_seconds, loop_mono() - f->x.began_mono);
	connection_move(c, CONNECTION_replying);
}

static void problem_text(
	struct flight *f, enum kezek_problem problem, const char *detail, struct text *ret_body)
{
	text_reset(&f->extra);
	f->has_extra_cache = false;
	f->must_close = true;
	if (problem_status(problem) == 503)
		text_adds(&f->extra, "Retry-After: 1\r\n");
	if (!f->x.request_id[0])
		strcpy(f->x.request_id, "-");
	/* What is wrong with the protocol is said in its own language, or by the title alone. */
	problem_write(ret_body, problem, f->x.lang, f->x.lang == LANG_EN ? detail : NULL,
		f->x.request_id, NULL);
}

void reply_problem(struct connection *c, enum kezek_problem problem, const char *detail)
{
	struct text body = TEXT_INIT;

	problem_text(c->flight, problem, detail, &body);
	reply_whole(c, problem_status(problem), PROBLEM_CONTENT_TYPE, &body);
}

/* Sends text from *at on. 0: all of it is out and the memory may go. */
static int send_text(struct connection *c, struct text *t, size_t *at)
{
	while (*at < t->len) {
		size_t n = 0;
		int r = channel_write(&c->channel, t->data + *at, t->len - *at, &n);

		if (r != 0)
			return r;
		*at += n;
		c->flight->moved += (int64_t)n;
	}
	*at = 0;
	text_reset(t);
	return 0;
}

int reply_flush(struct connection *c)
{
	struct flight *f = c->flight;
	int r = send_text(c, &f->out, &f->out_at);

	return r ? r : send_text(c, &f->rest, &f->rest_at);
}

void reply_early(struct connection *c, enum kezek_problem problem)
{
	struct flight *f = c->flight;
	struct text body = TEXT_INIT;

	problem_text(f, problem, NULL, &body);
	reply_head(f, problem_status(problem), PROBLEM_CONTENT_TYPE, (int64_t)body.len);
	if (!f->is_bare)
		add_body(f, &body);
	text_done(&body);
	if (reply_flush(c) != 0)
		return; /* what the socket does not take at once is not waited for */
}

static void log_reply(const struct connection *c, const struct flight *f, const char *status)
{
	enum log_level level = f->status >= 500   ? LOG_LEVEL_WARNING
			       : f->status >= 400 ? LOG_LEVEL_INFO
						  : LOG_LEVEL_DEBUG;

	if (!log_is_on(level) || (f->status == 503 && !server_may_log(c->server)))
		return;
	log_event(level, "request", LOG_S("request_id", f->x.request_id),
		LOG_S("route", f->x.route ? f->x.route : "none"),
		LOG_S("method", f->is_told ? http1_method_name(f->head.method) : NULL),
		LOG_S("status", status), LOG_N("us", loop_mono() - f->x.began_mono),
		LOG_N("connection", c->id), LOG_S("address", c->peer.address));
}

void reply_finish(struct connection *c)
{
	struct flight *f = c->flight;
	char status[8] = "none"; /* the client left before there was one */

	if (f->is_ended || (!f->is_told && !f->status))
		return;
	f->is_ended = true;
	if (f->status)
		snprintf(status, sizeof(status), "%d", f->status);
	metric_add(METRIC_http_requests_total, f->x.route ? f->x.route : "none", 1);
	metric_add(METRIC_http_responses_total, status, 1);
	log_reply(c, f, status);
	if (c->counts_stream) {
		c->counts_stream = false;
		c->principal->streams--;
	}
	if (f->is_told)
		f->x.ops->end(&f->x);
}

/* The reply is out: on to the next request, or goodbye. */
static enum step next_request(struct connection *c)
{
	struct flight *f = c->flight;
	bool must_close = f->must_close || f->is_cut;

	reply_finish(c);
	if (f->status == 503)
		c->rests_until = server_spread_refusal(c->server);
	if (must_close && f->is_cut) {
		connection_drop(c);
		return STEP_WAIT;
	}
	if (must_close) {
		flight_give_back(&c->server->pool, f);
		c->flight = NULL;
		channel_shutdown(&c->channel);
		connection_move(c, CONNECTION_lingering);
		return STEP_AGAIN;
	}
	if (!flight_renew(&c->server->pool, f)) {
		flight_give_back(&c->server->pool, f);
		c->flight = NULL;
	}
	connection_move(c, CONNECTION_idle);
	return STEP_AGAIN;
}

enum step step_replying(struct connection *c)
{
	switch (reply_flush(c)) {
	case 0:
		return next_request(c);
	case CHANNEL_WAIT:
		return STEP_WAIT;
	default:
		connection_drop(c);
		return STEP_WAIT;
	}
}

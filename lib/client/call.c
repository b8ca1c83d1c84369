/* One call over the kept-alive connection, and when it is repeated. */
#include <errno.h>
#include <stdio.h>
#include <strings.h>
#include <time.h>

#include "lib/client/client.h"

#define BODY_MAX     ((size_t)256 << 20) /* an answer beyond it is not one that kezekd gives */
#define EXPECT_MIN   ((size_t)1 << 20)   /* curl's own bound */
#define SLOW_RATE    16                  /* bytes a ms: a body's time counts on top at that rate */
#define PAUSE_MAX_MS 10000L /* no longer between two attempts, whatever Retry-After says */

/* One attempt, as curl's callbacks see it. */
struct attempt {
	struct kezek *k;
	const struct client_request *request;
	struct kezek_response *response;
	bool sunk;    /* bytes went to the caller's sink: no repeating any more */
	bool aborted; /* the sink said stop */
};

static size_t attempt_on_header(char *data, size_t one, size_t size, void *context)
{
	struct attempt *a = context;
	struct client_buffer *head = &a->response->head;
	size_t len = size * one;

	if (len > 5 && strncmp(data, "HTTP/", 5) == 0)
		head->size = 0;
	while (len && (data[len - 1] == '\r' || data[len - 1] == '\n'))
		len--;
	if (len && memchr(data, ':', len)) {
		client_buffer_add(head, data, len);
		client_buffer_add(head, "\n", 1);
	}
	return head->failed ? 0 : size * one;
}

static size_t attempt_on_body(char *data, size_t one, size_t size, void *context)
{
	struct attempt *a = context;
	struct client_buffer *body = &a->response->body;
	size_t len = size * one;
	long status = 0;

	curl_easy_getinfo(a->k->curl, CURLINFO_RESPONSE_CODE, &status);
	if (a->request->sink && status >= 200 && status < 300) {
		a->sunk = true;
		a->aborted = a->request->sink(data, len, a->request->sink_context) != 0;
		return a->aborted ? 0 : len;
	}
	if (body->size + len > BODY_MAX)
		return 0;
	client_buffer_add(body, data, len);
	return body->failed ? 0 : len;
}

static bool headers_have(const char *const *headers, const char *name)
{
	size_t len = strlen(name);

	for (; headers && *headers; headers++) {
		if (strncasecmp(*headers, name, len) == 0 && (*headers)[len] == ':')
			return true;
	}
	return false;
}

static bool header_add(struct curl_slist **list, const char *name, const char *value)
{
	size_t room = strlen(name) + strlen(value) + 3;
	char *line = malloc(room);
	struct curl_slist *longer;

	if (!line)
		return false;
	snprintf(line, room, *value ? "%s: %s" : "%s:", name, value);
	longer = curl_slist_append(*list, line);
	free(line);
	if (!longer)
		return false;
	*list = longer;
	return true;
}

/* The header fields of a call, the same at every attempt. NULL: no memory. */
static struct curl_slist *headers_make(
	const struct kezek *k, const struct client_request *q, const char *key)
{
	/* An empty Expect keeps curl from waiting for "100 Continue"; before much is sent, it is
	 * worth the wait to hear that it is not wanted. */
	bool is_large = q->body && q->body->size > EXPECT_MIN;
	struct curl_slist *list = is_large ? NULL : curl_slist_append(NULL, "Expect:");
	char bearer[512];
	bool ok = is_large || list;

	if (k->options[KEZEK_OPTION_token]) {
		snprintf(bearer, sizeof(bearer), "Bearer %s", k->options[KEZEK_OPTION_token]);
		ok = ok && header_add(&list, "Authorization", bearer);
	}
	if (!headers_have(q->headers, "Accept"))
		ok = ok &&
		     header_add(&list, "Accept",
			     q->accept ? q->accept : "application/json, application/problem+json");
	ok = ok && header_add(&list, "Accept-Language", k->options[KEZEK_OPTION_language]);
	if (k->options[KEZEK_OPTION_actor])
		ok = ok && header_add(&list, "Kezek-Actor", k->options[KEZEK_OPTION_actor]);
	if (key)
		ok = ok && header_add(&list, "Idempotency-Key", key);
	if (q->body)
		ok = ok && header_add(&list, "Content-Type",
				   q->body->type ? q->body->type : "application/json");
	else
		ok = ok && header_add(&list, "Content-Type", ""); /* none, not curl's own idea */
	for (size_t i = 0; ok && q->headers && q->headers[i]; i++) {
		struct curl_slist *longer = curl_slist_append(list, q->headers[i]);

		ok = longer != NULL;
		list = longer ? longer : list;
	}
	if (ok)
		return list;
	curl_slist_free_all(list);
	return NULL;
}

static void tls_setup(struct kezek *k)
{
	CURL *c = k->curl;
	const char *key = k->options[KEZEK_OPTION_key];

	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_SSL_CTX_FUNCTION, client_tls_listen);
	curl_easy_setopt(c, CURLOPT_SSL_CTX_DATA, k);
	if (k->options[KEZEK_OPTION_ca]) {
		curl_easy_setopt(c, CURLOPT_CAINFO, k->options[KEZEK_OPTION_ca]);
		curl_easy_setopt(c, CURLOPT_CAPATH, NULL); /* that CA, and not the system's too */
	}
	if (k->options[KEZEK_OPTION_crl])
		curl_easy_setopt(c, CURLOPT_CRLFILE, k->options[KEZEK_OPTION_crl]);
	if (k->options[KEZEK_OPTION_certificate]) {
		curl_easy_setopt(c, CURLOPT_SSLCERT, k->options[KEZEK_OPTION_certificate]);
		curl_easy_setopt(
			c, CURLOPT_SSLKEY, key ? key : k->options[KEZEK_OPTION_certificate]);
	}
}

/* An answer as a whole has its time; a stream may last, and has that time for every pause in it. */
static void limits_setup(struct kezek *k, const struct client_request *q)
{
	long ms = atol(k->options[KEZEK_OPTION_answer_ms]);

	curl_easy_setopt(
		k->curl, CURLOPT_CONNECTTIMEOUT_MS, atol(k->options[KEZEK_OPTION_connect_ms]));
	if (!q->sink) {
		long sending = q->body ? (long)(q->body->size / SLOW_RATE) : 0;

		curl_easy_setopt(k->curl, CURLOPT_TIMEOUT_MS, ms + q->extra_ms + sending);
		return;
	}
	curl_easy_setopt(k->curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(k->curl, CURLOPT_LOW_SPEED_TIME, (ms + 999) / 1000);
}

static int attempt_on_progress(
	void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
	const struct attempt *a = context;

	if (a->request->body)
		a->k->on_progress(up, up_total, a->k->progress_context);
	else
		a->k->on_progress(down, down_total, a->k->progress_context);
	return 0;
}

static void transfer_setup(struct kezek *k, const struct client_request *q, struct attempt *a)
{
	CURL *c = k->curl;

	curl_easy_reset(c); /* forgets options; keeps connections and TLS sessions */
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(c, CURLOPT_PROXY, k->options[KEZEK_OPTION_proxy]);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "libkezek/" KEZEK_VERSION);
	curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
	limits_setup(k, q);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, k->error);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, attempt_on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, a);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, attempt_on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, a);
	if (k->on_progress) {
		curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, attempt_on_progress);
		curl_easy_setopt(c, CURLOPT_XFERINFODATA, a);
		curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	}
	tls_setup(k);
	if (q->body || strcmp(q->method, "GET") != 0) {
		curl_easy_setopt(c, CURLOPT_POST, 1L);
		curl_easy_setopt(
			c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)(q->body ? q->body->size : 0));
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, q->body ? q->body->data : "");
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, q->method);
	}
}

/* 0: a 2xx answer is in a->response; refused: the problem is in the handle. */
static int attempt_make(struct attempt *a, const char *url, struct curl_slist *headers)
{
	struct kezek *k = a->k;
	CURLcode code;
	long status = 0;

	a->response->head.size = a->response->body.size = 0;
	a->response->head.data[0] = a->response->body.data[0] = '\0';
	json_object_put(a->response->json);
	a->response->json = NULL;
	client_refusal_forget(k);
	k->error[0] = '\0';
	k->alert = 0;
	transfer_setup(k, a->request, a);
	curl_easy_setopt(k->curl, CURLOPT_URL, url);
	curl_easy_setopt(k->curl, CURLOPT_HTTPHEADER, headers);
	code = curl_easy_perform(k->curl);
	if (a->response->head.failed || a->response->body.failed)
		return -ENOMEM;
	if (code != CURLE_OK)
		return client_verdict(k, code);
	curl_easy_getinfo(k->curl, CURLINFO_RESPONSE_CODE, &status);
	a->response->status = (int)status;
	k->answered = true;
	return status >= 200 && status < 300 ? 0 : client_refusal_read(k, a->response);
}

/* How long to wait before the next attempt, in ms; -1: there is to be none. */
static long repeat_after(const struct attempt *a, int failure, int made)
{
	const struct kezek *k = a->k;
	long pause = 200L << (made < 6 ? made : 6);

	if (a->sunk || made >= atoi(k->options[KEZEK_OPTION_retries]))
		return -1;
	switch (failure) {
	case KEZEK_FAILURE_connection_lost:
		break;
	case KEZEK_FAILURE_connection_refused: /* once it was there: it is being restarted */
		if (!k->answered)
			return -1;
		break;
	case KEZEK_FAILURE_refused: {
		const char *after = kezek_response_header(a->response, "Retry-After");

		if ((k->refusal.status != 503 && k->refusal.status != 429) || !*after)
			return -1;
		if (atol(after) * 1000 > pause)
			pause = atol(after) * 1000;
		break;
	}
	default:
		return -1;
	}
	return pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS;
}

static void pause_make(long ms)
{
	struct timespec left = {ms / 1000, ms % 1000 * 1000000};

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

static int attempts_make(struct attempt *a, const char *url, struct curl_slist *headers)
{
	long pause;
	int result, made = 0;

	for (;;) {
		result = attempt_make(a, url, headers);
		if (result == 0)
			return 0;
		pause = repeat_after(a, result, made++);
		if (pause < 0)
			return a->aborted ? KEZEK_FAILURE_aborted : result;
		pause_make(pause);
	}
}

static bool is_visible(const char *s)
{
	for (; *s; s++) {
		if ((unsigned char)*s <= 0x20 || *s == 0x7f)
			return false;
	}
	return true;
}

int client_call(
	struct kezek *k, const struct client_request *q, struct kezek_response **ret_response)
{
	struct attempt a = {.k = k, .request = q};
	struct client_buffer url = {0};
	struct curl_slist *headers;
	char made[KEZEK_KEY_SIZE];
	const char *key = q->key;
	int result;

	if (q->path[0] != '/' || !is_visible(q->path) || (key && (!*key || !is_visible(key))))
		return -EINVAL;
	if (!key && strcmp(q->method, "POST") == 0 &&
		!headers_have(q->headers, "Idempotency-Key")) {
		result = kezek_key_make(made);
		if (result < 0)
			return result;
		key = made;
	}
	client_buffer_adds(&url, k->url);
	client_buffer_adds(&url, q->path);
	a.response = client_response_new();
	headers = headers_make(k, q, key);
	result = url.failed || !a.response || !headers ? -ENOMEM
						       : attempts_make(&a, url.data, headers);
	if (result == 0) {
		*ret_response = a.response;
		a.response = NULL;
	}
	curl_slist_free_all(headers);
	client_buffer_done(&url);
	kezek_response_free(a.response);
	return result;
}

KEZEK_PUBLIC int kezek_call(struct kezek *k, const char *method, const char *path,
	const char *const headers[], const struct kezek_body *body,
	struct kezek_response **ret_response)
{
	struct client_request q = {
		.method = method, .path = path, .headers = headers, .body = body};

	return client_call(k, &q, ret_response);
}

KEZEK_PUBLIC int kezek_download(struct kezek *k, const char *path, const char *accept,
	int (*sink)(const void *data, size_t size, void *context), void *context,
	struct kezek_response **ret_response)
{
	struct client_request q = {.method = "GET",
		.path = path,
		.accept = accept,
		.sink = sink,
		.sink_context = context};

	return client_call(k, &q, ret_response);
}

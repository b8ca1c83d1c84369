/* What the files of libkezek share: the handle, one call, one answer. */
#pragma once

#include <curl/curl.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "kezek/kezek.h"

#define KEZEK_PUBLIC __attribute__((visibility("default")))

/* A growing run of bytes with a NUL behind it. `failed` stays true once memory was not to be had.
 */
struct client_buffer {
	char *data;
	size_t size, room;
	bool failed;
};

void client_buffer_add(struct client_buffer *b, const void *data, size_t size);
void client_buffer_adds(struct client_buffer *b, const char *text);
void client_buffer_done(struct client_buffer *b);

struct kezek {
	char *url; /* without a slash at its end */
	char *options[KEZEK_OPTION_COUNT];
	CURL *curl;
	bool answered; /* the server has spoken HTTP on this handle: it is there, if not just now */
	int alert;     /* the last TLS alert that came from the server; 0: none */
	char error[CURL_ERROR_SIZE];
	void (*on_progress)(int64_t done, int64_t total, void *context);
	void *progress_context;
	struct kezek_refusal refusal;
	bool refused;
	json_object *refusal_json; /* owns the strings of `refusal` */
};

struct kezek_response {
	int status;
	struct client_buffer head; /* "Name: value\n" lines */
	struct client_buffer body;
	char *value;       /* the header last asked for */
	json_object *json; /* of the body, made when first asked */
};

struct client_request {
	const char *method, *path;
	const char *const *headers;
	const struct kezek_body *body;
	const char *accept;
	const char *key; /* the Idempotency-Key; NULL: a POST gets one unless `headers` has it */
	int (*sink)(const void *data, size_t size, void *context);
	void *sink_context;
	long extra_ms; /* a long-poll's wait, on top of answer_ms */
};

/* The call with its repeats; as kezek_call. */
int client_call(struct kezek *k, const struct client_request *request,
	struct kezek_response **ret_response);
/* POST of a JSON object. Takes the object. */
int client_post(struct kezek *k, const char *path, json_object *body, struct client_request *more,
	struct kezek_response **ret_response);

/* TLS: hears alerts on the handle's connections. For CURLOPT_SSL_CTX_FUNCTION; `k` is a struct
 * kezek. */
CURLcode client_tls_listen(CURL *curl, void *ssl_ctx, void *k);
/* What kind of failure a transfer that ended with `code` is; a positive enum kezek_failure. */
int client_verdict(struct kezek *k, CURLcode code);

/* Parses a problem answer into the handle. KEZEK_FAILURE_refused, not_kezek or -ENOMEM. */
int client_refusal_read(struct kezek *k, struct kezek_response *r);
void client_refusal_forget(struct kezek *k);

/* The body as JSON, kept by the response; NULL: it is not JSON. */
json_object *client_response_json(struct kezek_response *r);
struct kezek_response *client_response_new(void);
/* The string member of an object; "" when it is absent or not a string. */
const char *client_string(json_object *object, const char *name);
/* `text` as a JSON object; NULL text: an empty one. NULL: it is not an object. */
json_object *client_object(const char *text);

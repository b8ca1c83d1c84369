/* libkezek: the C client. Handles are opaque; each function says who frees what it gives. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "kezek/failure.h"
#include "kezek/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, standard, meaning): kezek_set takes all values as text, NULL gives the standard back. */
#define KEZEK_OPTIONS(X)                                                                           \
	X(ca, NULL, "PEM file of the CA that the server's certificate must lead to")               \
	X(crl, NULL, "PEM file of that CA's revocation list; checked where set")                   \
	X(certificate, NULL, "PEM file of the client certificate, with its chain")                 \
	X(key, NULL, "PEM file of its private key; the certificate's file where not set")          \
	X(token, NULL, "bearer token kz_…, for a connection without a certificate")                \
	X(actor, NULL, "the person a system acts for: sent as Kezek-Actor")                        \
	X(language, "en", "ky, ru or en: of titles, details and explanations")                     \
	X(connect_ms, "10000", "time for connection and TLS handshake")                            \
	X(answer_ms, "60000", "time for one attempt, long-polls excepted")                         \
	X(retries, "4", "further attempts after a lost connection, and after 503 and 429")         \
	X(proxy, "", "URL of an HTTP proxy; empty: direct, whatever the environment says")

enum kezek_option {
#define X(name, standard, meaning) KEZEK_OPTION_##name,
	KEZEK_OPTIONS(X)
#undef X
		KEZEK_OPTION_COUNT,
};

/*
 * Every function that returns int: 0 done; negative -errno (-EINVAL: a wrong argument, -ENOMEM);
 * positive one of enum kezek_failure. Outputs are untouched unless 0 is returned.
 */
struct kezek;          /* one server, one kept-alive connection; one thread at a time */
struct kezek_response; /* one whole answer */
struct kezek_list;     /* a list being read page by page */
struct kezek_claims;   /* what one kezek_claim brought */

/* `url` is https://host[:port]. Does not connect yet. Free with kezek_free, which takes NULL. */
int kezek_new(const char *url, struct kezek **ret_kezek);
void kezek_free(struct kezek *k);
/* The value is copied. -EINVAL: not a number where one is wanted, or control characters. */
int kezek_set(struct kezek *k, enum kezek_option option, const char *value);

/* The server's address as given, without a slash at its end; owned by `k`. */
const char *kezek_url(const struct kezek *k);

/* What the transport says about the last failure, for a log; owned by `k`, until its next call. */
const char *kezek_failure_detail(const struct kezek *k);

struct kezek_invalid_param {
	const char *name; /* a JSON pointer into the body */
	const char *code, *reason;
};

/* A problem+json answer. Every string is there, "" where the server gave none. */
struct kezek_refusal {
	int status;
	enum kezek_problem problem; /* KEZEK_PROBLEM_COUNT: one that this library does not know */
	const char *code, *title, *detail, *trace_id;
	const struct kezek_invalid_param *invalid_params;
	size_t invalid_param_count;
	const char *const *open_acts;
	size_t open_act_count;
	const char *json; /* the whole answer */
};

/* Why the last call returned `refused`, else NULL; owned by `k`, until its next call. */
const struct kezek_refusal *kezek_refusal(const struct kezek *k);

struct kezek_body {
	const void *data; /* borrowed during the call */
	size_t size;
	const char *type; /* NULL: application/json */
};

/*
 * Any call of the contract. `path` begins with `/` and is already percent-encoded; `headers` is a
 * NULL-terminated list of "Name: value", or NULL; `body` may be NULL. A POST without
 * Idempotency-Key gets one (UUIDv7), and every attempt carries the same one, so that repeating is
 * safe. The caller frees the response with kezek_response_free, which takes NULL.
 */
int kezek_call(struct kezek *k, const char *method, const char *path, const char *const headers[],
	const struct kezek_body *body, struct kezek_response **ret_response);
/*
 * GET of an answer too large to hold: a 2xx body goes to `sink` as its bytes come; where sink does
 * not return 0, the call ends with `aborted`. `accept` may be NULL. Not repeated once bytes have
 * come.
 */
int kezek_download(struct kezek *k, const char *path, const char *accept,
	int (*sink)(const void *data, size_t size, void *context), void *context,
	struct kezek_response **ret_response);

/* All owned by the response. header: "" when absent. json: the member at an RFC 6901 pointer,
 * strings bare, all else as JSON; NULL when absent or null. */
void kezek_response_free(struct kezek_response *r);
int kezek_response_status(const struct kezek_response *r);
const char *kezek_response_header(const struct kezek_response *r, const char *name);
const char *kezek_response_body(const struct kezek_response *r, size_t *ret_size);
const char *kezek_response_json(struct kezek_response *r, const char *pointer);

#include "kezek/work.h"

#ifdef __cplusplus
}
#endif

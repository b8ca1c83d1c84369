/* Inside the HTTP/1 parser: what its parts know of each other. Not for users: they take
 * lib/http1.h. */
#pragma once

#include "lib/http1.h"

/* Fills in the fault; gives HTTP1_BAD, so that one can return it. */
_must_check_ int http1_bad(struct http1_fault *ret, int status, const char *reason);

/* RFC 9110 section 5.6.2. */
bool http1_is_token(struct span s);
/* host or host:port of a URI (RFC 3986 section 3.2.2): a name, an IPv4 or a bracketed IPv6 address.
 */
bool http1_is_authority(struct span s);
/* Value of one hexadecimal digit, or -1. */
int http1_hex(char c);

/* head->target into path, query and, in absolute-form, host. 0 or HTTP1_BAD. */
_must_check_ int http1_read_target(struct http1_head *head, struct http1_fault *ret);
/* The lines behind the request line, each with its CRLF, into head->fields. */
_must_check_ int http1_read_fields(
	struct http1_head *head, struct span lines, size_t max, struct http1_fault *ret);
/* What the fields decide: host, framing, persistence, expectation. */
_must_check_ int http1_judge_fields(struct http1_head *head, struct http1_fault *ret);

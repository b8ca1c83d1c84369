/* The head of a request: finding its end, then its request line and fields (RFC 9112 sections 2 to
 * 5). */
#include <strings.h>

#include "lib/http1_parts.h"

static const char *const method_names[] = {
#define X(name) [HTTP1_##name] = #name,
	HTTP1_METHODS(X)
#undef X
};

const char *http1_method_name(enum http1_method method)
{
	return method_names[method];
}

void http1_head_init(struct http1_head *head)
{
	*head = (struct http1_head){.content_length = -1};
}

bool http1_head_has_body(const struct http1_head *head)
{
	return head->chunked || head->content_length > 0;
}

int http1_bad(struct http1_fault *ret, int status, const char *reason)
{
	*ret = (struct http1_fault){status, reason};
	return HTTP1_BAD;
}

/*
 * One empty line may come before the request (RFC 9112 section 2.2): some clients send one too many
 * behind a body.
 */
static size_t empty_line(struct span buffer)
{
	return buffer.len >= 2 && buffer.at[0] == '\r' && buffer.at[1] == '\n' ? 2 : 0;
}

/* Looks line by line for the empty one, from where earlier calls stopped. */
static int find_end(
	struct http1_head *head, struct span buffer, size_t limit, struct http1_fault *ret)
{
	size_t len = buffer.len < limit ? buffer.len : limit;
	size_t skip = empty_line(buffer);

	while (head->scanned < len) {
		const char *from = buffer.at + head->scanned;
		const char *lf = memchr(from, '\n', len - head->scanned);
		size_t at;

		if (!lf) {
			head->scanned = len;
			break;
		}
		at = (size_t)(lf - buffer.at);
		head->scanned = at + 1;
		if (at == 0 || lf[-1] != '\r')
			return http1_bad(ret, 400, "a line ends without CR");
		if (at >= skip + 3 && lf[-2] == '\n') {
			head->size = at + 1;
			return 0;
		}
		if (at == skip + 1 && at > 1)
			return http1_bad(ret, 400, "empty request");
	}
	if (len < limit)
		return HTTP1_MORE;
	if (!memchr(buffer.at + skip, '\n', len - skip))
		return http1_bad(ret, 414, "the request line is too long");
	return http1_bad(ret, 431, "the header section is too long");
}

static bool version_is_formed(struct span v)
{
	return v.len == 8 && memcmp(v.at, "HTTP/", 5) == 0 && v.at[5] >= '0' && v.at[5] <= '9' &&
	       v.at[6] == '.' && v.at[7] >= '0' && v.at[7] <= '9';
}

static int read_method(struct http1_head *head, struct span name, struct http1_fault *ret)
{
	for (int i = 0; i < HTTP1_METHOD_COUNT; i++) {
		if (span_is(name, method_names[i])) {
			head->method = (enum http1_method)i;
			return 0;
		}
	}
	return http1_bad(ret, 501, "unknown method");
}

/* RFC 9112 section 3: method SP target SP version, single spaces. */
static int read_request_line(struct http1_head *head, struct span line, struct http1_fault *ret)
{
	const char *end = line.at + line.len;
	const char *first = memchr(line.at, ' ', line.len);
	const char *second = first ? memchr(first + 1, ' ', (size_t)(end - first - 1)) : NULL;
	struct span method, version;
	int bad;

	if (!second)
		return http1_bad(ret, 400, "the request line is malformed");
	method = (struct span){line.at, (size_t)(first - line.at)};
	version = (struct span){second + 1, (size_t)(end - second - 1)};
	if (!http1_is_token(method) || !version_is_formed(version))
		return http1_bad(ret, 400, "the request line is malformed");
	if (version.at[5] != '1' || version.at[7] > '1')
		return http1_bad(ret, 505, "only HTTP/1.1 and HTTP/1.0");
	head->minor = version.at[7] - '0';
	bad = read_method(head, method, ret);
	if (bad)
		return bad;
	head->target = (struct span){first + 1, (size_t)(second - first - 1)};
	return http1_read_target(head, ret);
}

int http1_head_parse(struct http1_head *head, struct span buffer, const struct http1_limits *limits,
	struct http1_fault *ret_fault)
{
	size_t bytes = limits && limits->head_bytes ? limits->head_bytes : HTTP1_HEAD_BYTES;
	size_t fields = limits && limits->fields ? limits->fields : HTTP1_FIELDS;
	size_t skip = empty_line(buffer);
	struct span line, rest;
	const char *lf;
	int bad = find_end(head, buffer, bytes, ret_fault);

	if (bad)
		return bad;
	lf = memchr(buffer.at + skip, '\n', head->size - skip);
	line = (struct span){buffer.at + skip, (size_t)(lf - 1 - buffer.at) - skip};
	rest = (struct span){lf + 1, (size_t)(buffer.at + head->size - 2 - (lf + 1))};
	bad = read_request_line(head, line, ret_fault);
	if (!bad)
		bad = http1_read_fields(head, rest, fields, ret_fault);
	return bad ? bad : http1_judge_fields(head, ret_fault);
}

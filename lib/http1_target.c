/* Request targets: which forms are taken, and decoding paths and queries once (RFC 9112
 * section 3.2, RFC 3986). */
#include <strings.h>

#include "lib/http1_parts.h"
#include "lib/utf8.h"

int http1_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 32) >= 'a' && (c | 32) <= 'f')
		return (c | 32) - 'a' + 10;
	return -1;
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* Digits of a port, one to 65535. */
static bool is_port(struct span s)
{
	unsigned n = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
		n = 10 * n + (unsigned)(s.at[i] - '0');
		if (n > 65535)
			return false;
	}
	return n > 0;
}

bool http1_is_authority(struct span s)
{
	bool bracketed = s.len && s.at[0] == '[';
	size_t i = bracketed, from = i;

	while (i < s.len && (bracketed ? http1_hex(s.at[i]) >= 0 || s.at[i] == ':' || s.at[i] == '.'
				       : is_alnum(s.at[i]) || (s.at[i] && strchr("-._", s.at[i]))))
		i++;
	if (i == from || (bracketed && (i == s.len || s.at[i++] != ']')))
		return false;
	if (i == s.len)
		return true;
	return s.at[i] == ':' && is_port((struct span){s.at + i + 1, s.len - i - 1});
}

/* What may stand in a path unescaped, '/' included (RFC 3986 section 3.3); a query adds '?'. */
static bool is_path_char(char c)
{
	return is_alnum(c) || (c && strchr("-._~!$&'()*+,;=:@/", c));
}

/* The value of an escape at `at`, or -1. */
static int read_escape(const char *at, const char *end)
{
	int high, low;

	if (end - at < 3)
		return -1;
	high = http1_hex(at[1]);
	low = http1_hex(at[2]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

static bool has_dot_segment(struct span path)
{
	size_t from = 1;

	for (size_t i = 1; i <= path.len; i++) {
		struct span segment = {path.at + from, i - from};

		if (i < path.len && path.at[i] != '/')
			continue;
		if (span_is(segment, ".") || span_is(segment, ".."))
			return true;
		from = i + 1;
	}
	return false;
}

/* Decodes once; what would make two readers of the path disagree is refused. */
static int read_path(struct http1_head *head, struct span raw, struct http1_fault *ret)
{
	const char *end = raw.at + raw.len;
	struct span path = {head->path, 0};

	for (const char *at = raw.at; at < end; at++) {
		int c = (uint8_t)*at;

		if (*at == '%') {
			c = read_escape(at, end);
			if (c < 0x20 || c == 0x7f || c == '/')
				return http1_bad(ret, 400, "the path holds a forbidden escape");
			at += 2;
		} else if (!is_path_char(*at)) {
			return http1_bad(ret, 400, "the path holds a forbidden character");
		}
		if (path.len == HTTP1_PATH_MAX)
			return http1_bad(ret, 414, "the path is too long");
		head->path[path.len++] = (char)c;
	}
	head->path[path.len] = '\0';
	if (!utf8_is_valid(path))
		return http1_bad(ret, 400, "the path is not UTF-8");
	if (has_dot_segment(path))
		return http1_bad(ret, 400, "the path holds a dot segment");
	return 0;
}

static int check_query(struct span query, struct http1_fault *ret)
{
	const char *end = query.at + query.len;

	for (const char *at = query.at; at < end; at++) {
		if (*at == '%' && read_escape(at, end) >= 0)
			at += 2;
		else if (!is_path_char(*at) && *at != '?')
			return http1_bad(ret, 400, "the query holds a forbidden character");
	}
	return 0;
}

/* path [ "?" query ]; `s` is empty or begins with '/' or '?'. */
static int read_path_and_query(struct http1_head *head, struct span s, struct http1_fault *ret)
{
	const char *mark = memchr(s.at, '?', s.len);
	struct span path = {s.at, mark ? (size_t)(mark - s.at) : s.len};
	int bad;

	if (mark) {
		head->has_query = true;
		head->query = (struct span){mark + 1, s.len - path.len - 1};
		bad = check_query(head->query, ret);
		if (bad)
			return bad;
	}
	return read_path(head, path.len ? path : SPAN("/"), ret);
}

/* RFC 9112 section 3.2.2: to be taken, though only proxies are meant to get it; and only ours. */
static int read_absolute(struct http1_head *head, struct http1_fault *ret)
{
	const char *from = head->target.at + strlen("https://");
	const char *end = head->target.at + head->target.len;
	const char *at = from;

	while (at < end && *at != '/' && *at != '?')
		at++;
	head->host = (struct span){from, (size_t)(at - from)};
	if (!http1_is_authority(head->host))
		return http1_bad(ret, 400, "the target's authority is malformed");
	return read_path_and_query(head, (struct span){at, (size_t)(end - at)}, ret);
}

int http1_read_target(struct http1_head *head, struct http1_fault *ret)
{
	struct span t = head->target;

	if (t.len && t.at[0] == '/')
		return read_path_and_query(head, t, ret);
	if (span_is(t, "*") && head->method == HTTP1_OPTIONS) {
		memcpy(head->path, "*", 2);
		return 0;
	}
	if (t.len > 8 && strncasecmp(t.at, "https://", 8) == 0)
		return read_absolute(head, ret);
	return http1_bad(ret, 400, "the request target is malformed");
}

/* One side of a pair. False: invalid UTF-8, a NUL, or a broken escape. */
static bool decode(struct span raw, struct text *ret)
{
	const char *end = raw.at + raw.len;

	text_reset(ret);
	text_reserve(ret, raw.len);
	for (const char *at = raw.at; at < end; at++) {
		int c = *at == '+' ? ' ' : (uint8_t)*at;

		if (*at == '%')
			c = read_escape(at, end);
		if (c <= 0)
			return false;
		if (*at == '%')
			at += 2;
		text_add_char(ret, (char)c);
	}
	return utf8_is_valid(text_span(ret));
}

int http1_query_next(struct span *query, struct text *ret_name, struct text *ret_value)
{
	struct span pair = {0}, name, value;
	const char *mark;

	while (query->len && !pair.len) {
		mark = memchr(query->at, '&', query->len);
		pair = (struct span){query->at, mark ? (size_t)(mark - query->at) : query->len};
		query->at += pair.len + (mark != NULL);
		query->len -= pair.len + (mark != NULL);
	}
	if (!pair.len)
		return HTTP1_END;
	mark = memchr(pair.at, '=', pair.len);
	name = (struct span){pair.at, mark ? (size_t)(mark - pair.at) : pair.len};
	value = (struct span){pair.at + pair.len, 0};
	if (mark)
		value = (struct span){mark + 1, pair.len - name.len - 1};
	return decode(name, ret_name) && decode(value, ret_value) ? 0 : HTTP1_BAD;
}

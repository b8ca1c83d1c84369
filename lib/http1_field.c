/* Header fields: reading their lines, and what they decide (RFC 9110 section 5, RFC 9112 sections
 * 5, 6, 9). */
#include <strings.h>

#include "lib/http1_parts.h"

/* Fields that decide something: twice is a fault, whatever the values. */
static const char *const singletons[] = {
	"Host",
	"Content-Length",
	"Transfer-Encoding",
	"Content-Type",
	"Content-Encoding",
	"Expect",
	"Authorization",
	"Idempotency-Key",
	"If-Match",
	"Kezek-Actor",
	"Origin",
	"Last-Event-ID",
};

static bool is_tchar(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}

bool http1_is_token(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!is_tchar(s.at[i]))
			return false;
	}
	return s.len > 0;
}

/* Visible ASCII, space, tab, or beyond ASCII: no control. */
static bool is_value(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = (uint8_t)s.at[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static inline bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct span trim(struct span s)
{
	while (s.len && is_blank(s.at[0])) {
		s.at++;
		s.len--;
	}
	while (s.len && is_blank(s.at[s.len - 1]))
		s.len--;
	return s;
}

static bool is_named(struct span s, const char *name)
{
	return s.len == strlen(name) && strncasecmp(s.at, name, s.len) == 0;
}

static int read_field(struct span line, struct http1_field *ret_field, struct http1_fault *ret)
{
	const char *colon = memchr(line.at, ':', line.len);

	if (is_blank(line.at[0]))
		return http1_bad(ret, 400, "a header field is folded");
	if (!colon)
		return http1_bad(ret, 400, "a header line is without colon");
	ret_field->name = (struct span){line.at, (size_t)(colon - line.at)};
	if (!http1_is_token(ret_field->name))
		return http1_bad(ret, 400, "a header field's name is malformed");
	ret_field->value = trim((struct span){colon + 1, line.len - (size_t)(colon + 1 - line.at)});
	if (!is_value(ret_field->value))
		return http1_bad(ret, 400, "a header field's value holds a control character");
	return 0;
}

int http1_read_fields(
	struct http1_head *head, struct span lines, size_t max, struct http1_fault *ret)
{
	if (max > HTTP1_FIELDS_MAX)
		max = HTTP1_FIELDS_MAX;
	while (lines.len) {
		const char *lf = memchr(lines.at, '\n', lines.len);
		struct span line = {lines.at, (size_t)(lf - 1 - lines.at)};
		int bad;

		if (head->field_count == max)
			return http1_bad(ret, 431, "too many header fields");
		bad = read_field(line, &head->fields[head->field_count], ret);
		if (bad)
			return bad;
		head->field_count++;
		lines.at += line.len + 2;
		lines.len -= line.len + 2;
	}
	return 0;
}

bool http1_field(const struct http1_head *head, const char *name, struct span *ret)
{
	for (size_t i = 0; i < head->field_count; i++) {
		if (is_named(head->fields[i].name, name)) {
			*ret = head->fields[i].value;
			return true;
		}
	}
	return false;
}

static int refuse_doubled(const struct http1_head *head, struct http1_fault *ret)
{
	for (size_t s = 0; s < ARRAY_SIZE(singletons); s++) {
		size_t n = 0;

		for (size_t i = 0; i < head->field_count; i++)
			n += is_named(head->fields[i].name, singletons[s]);
		if (n > 1)
			return http1_bad(
				ret, 400, "a header field is given twice that must not be");
	}
	return 0;
}

/*
 * RFC 9112 section 3.2: without exactly one valid Host there is no request, in 1.0 neither. In
 * absolute-form the target's authority wins (section 3.2.2).
 */
static int judge_host(struct http1_head *head, struct http1_fault *ret)
{
	struct span host;

	if (!http1_field(head, "Host", &host))
		return http1_bad(ret, 400, "Host is missing");
	if (!http1_is_authority(host))
		return http1_bad(ret, 400, "Host is malformed");
	if (!head->host.at)
		head->host = host;
	return 0;
}

/* RFC 9112 section 6; 18 digits are more than any limit, and still fit. */
static int judge_framing(struct http1_head *head, struct http1_fault *ret)
{
	struct span length, coding;
	bool has_length = http1_field(head, "Content-Length", &length);
	int64_t n = 0;

	if (http1_field(head, "Transfer-Encoding", &coding)) {
		if (has_length)
			return http1_bad(ret, 400, "Content-Length beside Transfer-Encoding");
		if (head->minor == 0)
			return http1_bad(ret, 400, "Transfer-Encoding in HTTP/1.0");
		if (!span_is(coding, "chunked"))
			return http1_bad(ret, 400, "Transfer-Encoding is not chunked");
		head->chunked = true;
	}
	if (has_length) {
		for (size_t i = 0; i < length.len; i++) {
			if (length.at[i] < '0' || length.at[i] > '9')
				return http1_bad(ret, 400, "Content-Length is malformed");
			if (i < 18)
				n = 10 * n + (length.at[i] - '0');
		}
		if (length.len == 0)
			return http1_bad(ret, 400, "Content-Length is malformed");
		if (length.len > 18)
			return http1_bad(ret, 413, "Content-Length is beyond every limit");
		head->content_length = n;
	}
	/* RFC 9110 section 9.3.1: such content has no meaning, and has served for smuggling. */
	if (http1_head_has_body(head) && (head->method == HTTP1_GET || head->method == HTTP1_HEAD))
		return http1_bad(ret, 400, "GET and HEAD take no body");
	return 0;
}

/* RFC 9112 section 9.3: open unless somebody says close; 1.0 always closes here. */
static int judge_persistence(struct http1_head *head, struct http1_fault *ret)
{
	head->keep_alive = head->minor == 1;
	for (size_t i = 0; i < head->field_count; i++) {
		struct span list = head->fields[i].value;

		if (!is_named(head->fields[i].name, "Connection"))
			continue;
		while (list.len) {
			const char *comma = memchr(list.at, ',', list.len);
			size_t len = comma ? (size_t)(comma - list.at) : list.len;
			struct span token = trim((struct span){list.at, len});

			/* Empty members of a list are to be borne (RFC 9110 section 5.6.1.2). */
			if (token.len && !http1_is_token(token))
				return http1_bad(ret, 400, "Connection is malformed");
			if (is_named(token, "close"))
				head->keep_alive = false;
			list.at += len + (comma != NULL);
			list.len -= len + (comma != NULL);
		}
	}
	return 0;
}

/* RFC 9110 section 10.1.1; a client of 1.0 does not know of it. */
static int judge_expectation(struct http1_head *head, struct http1_fault *ret)
{
	struct span expect;

	if (head->minor == 0 || !http1_field(head, "Expect", &expect))
		return 0;
	if (!is_named(expect, "100-continue"))
		return http1_bad(ret, 417, "the expectation is not 100-continue");
	head->expect_continue = http1_head_has_body(head);
	return 0;
}

int http1_judge_fields(struct http1_head *head, struct http1_fault *ret)
{
	int bad = refuse_doubled(head, ret);

	if (!bad)
		bad = judge_host(head, ret);
	if (!bad)
		bad = judge_framing(head, ret);
	if (!bad)
		bad = judge_persistence(head, ret);
	return bad ? bad : judge_expectation(head, ret);
}

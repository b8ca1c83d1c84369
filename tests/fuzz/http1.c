/*
 * The HTTP/1 parser: whole or in pieces it says the same; its spans stay inside the buffer; what it
 * decodes is UTF-8 without NUL. The first byte of the input says how large the pieces are.
 */
#include "lib/http1.h"
#include "lib/utf8.h"
#include "tests/fuzz/target.h"

#define BODY_LIMIT 4096

static void must_be_inside(struct span s, struct span buffer)
{
	must(s.len == 0 || (s.at >= buffer.at && s.at + s.len <= buffer.at + buffer.len));
}

static void must_be_text(const struct text *t)
{
	must(strlen(t->data) == t->len && utf8_is_valid(text_span(t)));
}

static void walk_query(struct span query)
{
	_text_ name = TEXT_INIT, value = TEXT_INIT;

	while (http1_query_next(&query, &name, &value) == 0) {
		must_be_text(&name);
		must_be_text(&value);
	}
}

static void must_be_sound(const struct http1_head *h, struct span buffer)
{
	struct span host, length, coding;

	must(h->size <= buffer.len && memcmp(buffer.at + h->size - 4, "\r\n\r\n", 4) == 0);
	must(h->path[0] == '/' || (h->method == HTTP1_OPTIONS && strcmp(h->path, "*") == 0));
	must(utf8_is_valid(span_of(h->path)) && !strstr(h->path, "/../"));
	must_be_inside(h->target, buffer);
	must_be_inside(h->query, buffer);
	must_be_inside(h->host, buffer);
	must(http1_field(h, "host", &host) && h->host.len > 0);
	for (size_t i = 0; i < h->field_count; i++) {
		must_be_inside(h->fields[i].name, buffer);
		must_be_inside(h->fields[i].value, buffer);
		must(!memchr(h->fields[i].value.at, '\r', h->fields[i].value.len));
	}
	must(h->content_length >= -1 && (!h->chunked || h->content_length == -1));
	must(http1_field(h, "Content-Length", &length) == (h->content_length >= 0));
	must(http1_field(h, "Transfer-Encoding", &coding) == h->chunked);
	must(h->minor == 1 || !(h->keep_alive || h->chunked));
	walk_query(h->query);
}

/* What a body decodes to: data into *ret, how it ended, and how much was taken. */
static int decode(const struct http1_head *h, struct span bytes, size_t step, struct text *ret,
	size_t *ret_used, struct http1_fault *ret_fault)
{
	struct http1_body body;
	struct span input = {bytes.at, 0}, data;
	int answer;

	http1_body_init(&body, h, BODY_LIMIT);
	for (;;) {
		answer = http1_body_next(&body, &input, &data, ret_fault);
		if (answer == HTTP1_DATA) {
			must(data.len > 0);
			must_be_inside(data, bytes);
			text_add_span(ret, data);
			continue;
		}
		if (answer != HTTP1_MORE || input.at == bytes.at + bytes.len)
			break;
		input.len = (size_t)(bytes.at + bytes.len - input.at);
		input.len = input.len < step ? input.len : step;
	}
	must(ret->len <= BODY_LIMIT);
	*ret_used = (size_t)(input.at - bytes.at);
	return answer;
}

static void check_body(const struct http1_head *h, struct span bytes, size_t step)
{
	_text_ whole = TEXT_INIT, pieces = TEXT_INIT;
	struct http1_fault fault = {0}, other = {0};
	size_t used, other_used;
	int answer = decode(h, bytes, SIZE_MAX, &whole, &used, &fault);

	must(decode(h, bytes, step, &pieces, &other_used, &other) == answer);
	must(used == other_used && fault.reason == other.reason && whole.len == pieces.len);
	must(whole.len == 0 || memcmp(whole.data, pieces.data, whole.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct http1_limits limits = {.head_bytes = 512, .fields = 8};
	struct http1_fault fault = {0}, other = {0};
	struct http1_head whole, pieces;
	struct span bytes;
	size_t step, n;
	int answer, in_pieces;

	if (size == 0)
		return 0;
	step = data[0] % 32 + 1;
	bytes = (struct span){(const char *)data + 1, size - 1};
	http1_head_init(&whole);
	answer = http1_head_parse(&whole, bytes, &limits, &fault);
	http1_head_init(&pieces);
	for (n = 0;; n = n + step < bytes.len ? n + step : bytes.len) {
		in_pieces = http1_head_parse(&pieces, (struct span){bytes.at, n}, &limits, &other);
		if (in_pieces != HTTP1_MORE || n == bytes.len)
			break;
	}
	must(answer == in_pieces && fault.status == other.status && fault.reason == other.reason);
	must(answer != HTTP1_BAD || (fault.status >= 400 && fault.status <= 505 && fault.reason));
	if (answer != 0)
		return 0;
	must(whole.size == pieces.size && whole.field_count == pieces.field_count);
	must_be_sound(&whole, bytes);
	bytes.at += whole.size;
	bytes.len -= whole.size;
	check_body(&whole, bytes, step);
	return 0;
}

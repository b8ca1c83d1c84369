/* http1: bodies by length and in chunks, whole and in pieces; queries. */
#include "lib/http1.h"
#include "tests/unit/tap.h"

#define LIMIT 1000

/* Decodes, `step` bytes a time. The answer: 0, 1 for more, or the fault's status. *ret_used: bytes
 * taken. */
static int decode(const struct http1_head *head, struct span bytes, size_t step, struct text *ret,
	size_t *ret_used)
{
	struct http1_body body;
	struct http1_fault fault = {0};
	struct span input = {bytes.at, 0}, data;
	int answer;

	http1_body_init(&body, head, LIMIT);
	text_reset(ret);
	for (;;) {
		answer = http1_body_next(&body, &input, &data, &fault);
		if (answer == HTTP1_DATA) {
			text_add_span(ret, data);
			continue;
		}
		if (answer != HTTP1_MORE || input.at == bytes.at + bytes.len)
			break;
		input.len = (size_t)(bytes.at + bytes.len - input.at);
		input.len = input.len < step ? input.len : step;
	}
	*ret_used = (size_t)(input.at - bytes.at);
	return answer == HTTP1_BAD ? fault.status : answer;
}

static int both(
	const struct http1_head *head, struct span bytes, struct text *ret, size_t *ret_used)
{
	_text_ slow = TEXT_INIT;
	size_t slow_used;
	int answer = decode(head, bytes, SIZE_MAX, ret, ret_used);

	if (decode(head, bytes, 1, &slow, &slow_used) != answer || slow_used != *ret_used ||
		slow.len != ret->len || (ret->len && memcmp(slow.data, ret->data, ret->len) != 0))
		check(false, "in pieces it is the same");
	return answer;
}

static const struct {
	int status;
	const char *bytes, *data, *what;
	size_t rest;
} chunks[] = {
	{0, "0\r\n\r\n", "", "no chunk", 0},
	{0, "5\r\nhello\r\n0\r\n\r\nGET", "hello", "one chunk, and what follows", 3},
	{0, "5\r\nhello\r\n00000001\r\n!\r\n0\r\n\r\n", "hello!", "two chunks", 0},
	{0, "a\r\n0123456789\r\nB\r\n0123456789\n\r\n000\r\n\r\n", "01234567890123456789\n",
		"either case", 0},
	{0, "1\r\nx\r\n0\r\nA: b\r\nC:\r\n\r\nx", "x", "trailers are dropped", 1},
	{1, "5\r\nhel", "hel", "more to come", 0},
	{1, "5\r\nhello\r\n0\r\n", "hello", "the end to come", 0},
	{400, "5;a=b\r\nhello\r\n0\r\n\r\n", NULL, "an extension", 0},
	{400, "5 \r\nhello\r\n0\r\n\r\n", NULL, "a space behind the size", 0},
	{400, " 5\r\nhello\r\n0\r\n\r\n", NULL, "a space before the size", 0},
	{400, "+5\r\nhello\r\n0\r\n\r\n", NULL, "+5", 0},
	{400, "-5\r\nhello\r\n0\r\n\r\n", NULL, "-5", 0},
	{400, "0x5\r\nhello\r\n0\r\n\r\n", NULL, "0x5", 0},
	{400, "\r\nhello\r\n0\r\n\r\n", NULL, "no size", 0},
	{400, "5\nhello\r\n0\r\n\r\n", NULL, "bare LF behind the size", 0},
	{400, "5\rhello\r\n0\r\n\r\n", NULL, "bare CR behind the size", 0},
	{400, "5\r\nhello0\r\n\r\n", NULL, "no CRLF behind the data", 0},
	{400, "5\r\nhello\n0\r\n\r\n", NULL, "bare LF behind the data", 0},
	{400, "5\r\nhello\r0\r\n\r\n", NULL, "bare CR behind the data", 0},
	{400, "000000005\r\nhello\r\n0\r\n\r\n", NULL, "nine digits", 0},
	{400, "00000000000000000000000000000000", NULL, "a size without end", 0},
	{413, "ffffffff\r\n", NULL, "the largest size", 0},
	{1, "3e8\r\n", "", "a chunk as long as the limit", 0},
	{413, "3e9\r\n", NULL, "one byte too many", 0},
	{400, "0\r\n\n", NULL, "bare LF as the end", 0},
	{400, "0\r\n\rx", NULL, "bare CR as the end", 0},
	{400, "0\r\n A: b\r\n\r\n", NULL, "a folded trailer", 0},
	{400, "0\r\nA : b\r\n\r\n", NULL, "space before a trailer's colon", 0},
	{400, "0\r\nA: b\n\r\n", NULL, "bare LF in the trailers", 0},
	{400, "0\r\nA: b\rc\r\n\r\n", NULL, "bare CR in the trailers", 0},
	{400, "0\r\nGET / HTTP/1.1\r\n\r\n", NULL, "a request in the trailers", 0},
	{400, "0\r\n: b\r\n\r\n", NULL, "a trailer without name", 0},
};

static void test_chunked(void)
{
	struct http1_head head = {.chunked = true, .content_length = -1};
	_text_ t = TEXT_INIT;
	size_t used;

	for (size_t i = 0; i < ARRAY_SIZE(chunks); i++) {
		struct span bytes = span_of(chunks[i].bytes);
		int status = both(&head, bytes, &t, &used);
		bool well = status == chunks[i].status;

		if (well && chunks[i].data)
			well = span_is(text_span(&t), chunks[i].data) &&
			       used == bytes.len - chunks[i].rest;
		check(well, "%s: %d", chunks[i].what, status);
	}
}

static void test_trailer_limit(void)
{
	struct http1_head head = {.chunked = true, .content_length = -1};
	_text_ t = TEXT_INIT, data = TEXT_INIT;
	size_t used;

	text_adds(&t, "0\r\nA:");
	while (t.len < 3 + HTTP1_TRAILER_BYTES - 4)
		text_add_char(&t, 'a');
	text_adds(&t, "\r\n\r\n");
	check(both(&head, text_span(&t), &data, &used) == 0, "1 KiB of trailers");
	t.len -= 4;
	text_adds(&t, "a\r\n\r\n");
	check(both(&head, text_span(&t), &data, &used) == 400, "and a byte more");
}

static void test_length(void)
{
	struct http1_head head = {.content_length = 5};
	_text_ t = TEXT_INIT;
	size_t used;

	check(both(&head, SPAN("helloGET"), &t, &used) == 0 && used == 5 &&
			span_is(text_span(&t), "hello"),
		"by length");
	check(both(&head, SPAN("hel"), &t, &used) == HTTP1_MORE, "more to come");
	head.content_length = LIMIT + 1;
	check(both(&head, SPAN("hel"), &t, &used) == 413 && used == 0, "too long is known at once");
	head.content_length = -1;
	check(both(&head, SPAN("GET"), &t, &used) == 0 && used == 0, "none");
}

/* The pairs of a query as name=value;name=value;, or "bad". */
static bool pairs_are(const char *raw, const char *expected)
{
	_text_ name = TEXT_INIT, value = TEXT_INIT, all = TEXT_INIT;
	struct span query = span_of(raw);
	int answer;

	while ((answer = http1_query_next(&query, &name, &value)) == 0)
		text_addf(&all, "%s=%s;", name.data, value.data);
	if (answer == HTTP1_BAD)
		return strcmp(expected, "bad") == 0;
	return span_is(text_span(&all), expected);
}

static void test_query(void)
{
	check(pairs_are("", ""), "an empty query");
	check(pairs_are("a=1&b=2", "a=1;b=2;"), "two pairs");
	check(pairs_are("&&a&b=&=c&", "a=;b=;=c;"), "empty parts");
	check(pairs_are("q=%D0%B6+%2B%20%26=x", "q=ж + &=x;"), "decoding");
	check(pairs_are("a%3Db=1", "a=b=1;"), "names are decoded");
	check(pairs_are("q=%00", "bad"), "%%00");
	check(pairs_are("q=%ff", "bad"), "invalid UTF-8");
	check(pairs_are("q=%ED%A0%80", "bad"), "a surrogate");
	check(pairs_are("q=%", "bad"), "a cut escape");
}

int main(void)
{
	test_chunked();
	test_trailer_limit();
	test_length();
	test_query();
	return tap_end();
}

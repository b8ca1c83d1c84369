/* http1: heads of requests, good ones, and each way of smuggling that the front door must stop. */
#include "lib/http1.h"
#include "tests/unit/tap.h"

/* Parses whole, then byte by byte; the two must agree. The answer: 0, or the fault's status, or 1.
 */
static int parse(struct span bytes, const struct http1_limits *limits, struct http1_head *ret)
{
	struct http1_fault fault = {0}, slow_fault = {0};
	struct http1_head slow;
	int answer, slow_answer = HTTP1_MORE;

	http1_head_init(ret);
	answer = http1_head_parse(ret, bytes, limits, &fault);
	http1_head_init(&slow);
	for (size_t n = 0; n <= bytes.len && slow_answer == HTTP1_MORE; n++)
		slow_answer =
			http1_head_parse(&slow, (struct span){bytes.at, n}, limits, &slow_fault);
	if (answer != slow_answer || fault.reason != slow_fault.reason || ret->size != slow.size)
		check(false, "in pieces it is %d (%s), whole it is %d (%s)", slow_answer,
			slow_fault.reason, answer, fault.reason);
	return answer == HTTP1_BAD ? fault.status : answer;
}

#define H "Host: kezek.kg\r\n"
#define E "\r\n"

static const struct {
	int status;
	struct span bytes;
	const char *what;
} heads[] = {
#define ROW(status, bytes, what)                                                                   \
	{                                                                                          \
		status, {bytes, sizeof(bytes) - 1}, what                                           \
	}
	/* What is well. */
	ROW(0, "GET / HTTP/1.1\r\n" H E, "the least"),
	ROW(0, "\r\nGET / HTTP/1.1\r\n" H E, "one empty line before"),
	ROW(0, "GET / HTTP/1.0\r\n" H E, "1.0"),
	ROW(0, "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\n" E "hello", "a length"),
	ROW(0, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n" E, "chunked"),
	ROW(0, "GET / HTTP/1.1\r\n" H "Content-Length: 0\r\n" E, "GET without content says so"),
	ROW(0, "GET / HTTP/1.1\r\n" H "X: a\tb \xd0\xb0\r\n" E, "tab and UTF-8 in a value"),
	ROW(0, "GET / HTTP/1.1\r\n" H "X:\r\n" E, "an empty value"),
	ROW(0, "OPTIONS * HTTP/1.1\r\n" H E, "asterisk-form"),
	ROW(0, "GET https://kezek.kg:8443/v1?a HTTP/1.1\r\n" H E, "absolute-form"),
	ROW(0, "GET / HTTP/1.1\r\nHost: [::1]:8443\r\n" E, "IPv6 host"),
	/* Not yet. */
	ROW(1, "", "nothing yet"),
	ROW(1, "\r", "half an empty line"),
	ROW(1, "GET / HTTP/1.1\r\n" H "\r", "all but one byte"),
	/* Lines. */
	ROW(400, "GET / HTTP/1.1\n" H E, "bare LF in the request line"),
	ROW(400, "GET / HTTP/1.1\r\nHost: a\nX: b\r\n" E, "bare LF between fields"),
	ROW(400, "GET / HTTP/1.1\r\n" H "\n", "bare LF as the end"),
	ROW(400, "GET / HTTP/1.1\r\n" H "X: a\rb\r\n" E, "bare CR in a value"),
	ROW(400, "GET / HTTP/1.1\r\n" H "X: a\r\r\n" E, "CR CR LF"),
	ROW(400, "GET / HTTP/1.1\r\n" H "X\r: a\r\n" E, "bare CR in a name"),
	ROW(400, "GET / HTTP/1.1\r\n" H "Foo: bar\rTransfer-Encoding: chunked\r\n" E,
		"bare CR hides a field"),
	ROW(400, "GET /\r HTTP/1.1\r\n" H E, "bare CR in the target"),
	ROW(400, "\r\n\r\nGET / HTTP/1.1\r\n" H E, "two empty lines before"),
	ROW(400, "\nGET / HTTP/1.1\r\n" H E, "bare LF before"),
	/* The request line. */
	ROW(400, "GET  / HTTP/1.1\r\n" H E, "two spaces"),
	ROW(400, "GET /  HTTP/1.1\r\n" H E, "two spaces before the version"),
	ROW(400, " GET / HTTP/1.1\r\n" H E, "a space before"),
	ROW(400, "GET / HTTP/1.1 \r\n" H E, "a space behind"),
	ROW(400, "GET\t/\tHTTP/1.1\r\n" H E, "tabs"),
	ROW(400, "GET /\r\n" H E, "0.9"),
	ROW(400, "GET / http/1.1\r\n" H E, "lower-case version"),
	ROW(400, "GET / HTTP/1.10\r\n" H E, "long version"),
	ROW(400, "GET / HTTP/01.1\r\n" H E, "padded version"),
	ROW(400, "G(T / HTTP/1.1\r\n" H E, "method is no token"),
	ROW(505, "GET / HTTP/1.2\r\n" H E, "1.2"),
	ROW(505, "GET / HTTP/0.9\r\n" H E, "0.9 by name"),
	ROW(505, "PRI * HTTP/2.0\r\n\r\n", "HTTP/2"),
	ROW(501, "TRACE / HTTP/1.1\r\n" H E, "TRACE"),
	ROW(501, "get / HTTP/1.1\r\n" H E, "methods know their case"),
	ROW(501, "CONNECT kezek.kg:443 HTTP/1.1\r\n" H E, "CONNECT"),
	/* Targets. */
	ROW(400, "GET * HTTP/1.1\r\n" H E, "asterisk-form without OPTIONS"),
	ROW(400, "OPTIONS kezek.kg:443 HTTP/1.1\r\n" H E, "authority-form"),
	ROW(400, "GET http://kezek.kg/ HTTP/1.1\r\n" H E, "absolute-form of http"),
	ROW(400, "GET https://me@kezek.kg/ HTTP/1.1\r\n" H E, "absolute-form with a user"),
	ROW(400, "GET https:///x HTTP/1.1\r\n" H E, "absolute-form without host"),
	ROW(400, "GET v1 HTTP/1.1\r\n" H E, "relative"),
	ROW(400, "GET /a%00 HTTP/1.1\r\n" H E, "%00"),
	ROW(400, "GET /a%0ab HTTP/1.1\r\n" H E, "an escaped control"),
	ROW(400, "GET /a%2Fb HTTP/1.1\r\n" H E, "%2F"),
	ROW(400, "GET /a%2fb HTTP/1.1\r\n" H E, "%2f"),
	ROW(400, "GET /a/../b HTTP/1.1\r\n" H E, "dot segment"),
	ROW(400, "GET /a/. HTTP/1.1\r\n" H E, "single dot segment"),
	ROW(400, "GET /.. HTTP/1.1\r\n" H E, "dot segment alone"),
	ROW(400, "GET /a/%2e%2E/b HTTP/1.1\r\n" H E, "escaped dot segment"),
	ROW(400, "GET /a/.%2e HTTP/1.1\r\n" H E, "half escaped dot segment"),
	ROW(400, "GET /%ff HTTP/1.1\r\n" H E, "invalid UTF-8"),
	ROW(400, "GET /%c0%af HTTP/1.1\r\n" H E, "overlong slash"),
	ROW(400, "GET /%4 HTTP/1.1\r\n" H E, "cut escape"),
	ROW(400, "GET /%zz HTTP/1.1\r\n" H E, "no escape"),
	ROW(400, "GET /\xd0\xb0 HTTP/1.1\r\n" H E, "raw UTF-8"),
	ROW(400, "GET /a\\b HTTP/1.1\r\n" H E, "backslash"),
	ROW(400, "GET /#x HTTP/1.1\r\n" H E, "fragment"),
	ROW(400, "GET /?a=\"b\" HTTP/1.1\r\n" H E, "quotes in the query"),
	ROW(400, "GET /?a=%g0 HTTP/1.1\r\n" H E, "broken escape in the query"),
	/* Host. */
	ROW(400, "GET / HTTP/1.1\r\n" E, "no Host"),
	ROW(400, "GET / HTTP/1.0\r\n" E, "no Host in 1.0"),
	ROW(400, "GET / HTTP/1.1\r\n" H H E, "two Hosts"),
	ROW(400, "GET / HTTP/1.1\r\nHost:\r\n" E, "empty Host"),
	ROW(400, "GET / HTTP/1.1\r\nHost: a b\r\n" E, "Host with a space"),
	ROW(400, "GET / HTTP/1.1\r\nHost: a/b\r\n" E, "Host with a path"),
	ROW(400, "GET / HTTP/1.1\r\nHost: a,b\r\n" E, "Host with a comma"),
	ROW(400, "GET / HTTP/1.1\r\nHost: a@b\r\n" E, "Host with a user"),
	ROW(400, "GET / HTTP/1.1\r\nHost: a:\r\n" E, "Host with an empty port"),
	ROW(400, "GET / HTTP/1.1\r\nHost: a:65536\r\n" E, "Host with a high port"),
	ROW(400, "GET / HTTP/1.1\r\nHost: [::1\r\n" E, "open bracket"),
	ROW(400, "GET https://a/ HTTP/1.1\r\n" E, "absolute-form without Host"),
	/* Fields. */
	ROW(400, "GET / HTTP/1.1\r\n" H "X : a\r\n" E, "space before the colon"),
	ROW(400, "GET / HTTP/1.1\r\n" H " X: a\r\n" E, "folded"),
	ROW(400, "GET / HTTP/1.1\r\n" H "X: a\r\n\tb\r\n" E, "folded with a tab"),
	ROW(400, "GET / HTTP/1.1\r\n Host: kezek.kg\r\n" E, "space before the first field"),
	ROW(400, "GET / HTTP/1.1\r\n" H "no colon\r\n" E, "no colon"),
	ROW(400, "GET / HTTP/1.1\r\n" H ": a\r\n" E, "empty name"),
	ROW(400, "GET / HTTP/1.1\r\n" H "X: a\0b\r\n" E, "NUL in a value"),
	ROW(400, "GET / HTTP/1.1\r\n" H "X\0: a\r\n" E, "NUL in a name"),
	ROW(400, "GET / HTTP/1.1\r\n" H "X: a\x01\r\n" E, "control in a value"),
	ROW(400, "GET / HTTP/1.1\r\n" H "X: a\x7f\r\n" E, "DEL in a value"),
	ROW(400, "GET / HTTP/1.1\r\n" H "X(: a\r\n" E, "name is no token"),
	ROW(400, "GET / HTTP/1.1\r\n" H "Authorization: a\r\nauthorization: b\r\n" E,
		"two Authorization"),
	ROW(400, "POST / HTTP/1.1\r\n" H "Idempotency-Key: a\r\nIdempotency-Key: a\r\n" E,
		"two keys, though the same"),
	ROW(400, "POST / HTTP/1.1\r\n" H "If-Match: \"1\"\r\nIf-Match: \"2\"\r\n" E,
		"two If-Match"),
	ROW(400, "POST / HTTP/1.1\r\n" H "Kezek-Actor: a\r\nKezek-Actor: b\r\n" E, "two actors"),
	ROW(400, "POST / HTTP/1.1\r\n" H "Content-Type: a/b\r\nContent-Type: c/d\r\n" E,
		"two types"),
	ROW(400, "GET / HTTP/1.1\r\n" H "Connection: clo\"se\r\n" E, "malformed Connection"),
	/* Framing. */
	ROW(400, "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nContent-Length: 6\r\n" E,
		"two lengths"),
	ROW(400, "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nContent-Length: 5\r\n" E,
		"two lengths alike"),
	ROW(400, "POST / HTTP/1.1\r\n" H "Content-Length: 5, 5\r\n" E, "a list of lengths"),
	ROW(400, "POST / HTTP/1.1\r\n" H "Content-Length : 5\r\n" E, "length, space, colon"),
	ROW(400, "POST / HTTP/1.1\r\n" H "Content-Length: +5\r\n" E, "+5"),
	ROW(400, "POST / HTTP/1.1\r\n" H "Content-Length: -5\r\n" E, "-5"),
	ROW(400, "POST / HTTP/1.1\r\n" H "Content-Length: 0x5\r\n" E, "0x5"),
	ROW(400, "POST / HTTP/1.1\r\n" H "Content-Length: 5 5\r\n" E, "5 5"),
	ROW(400, "POST / HTTP/1.1\r\n" H "Content-Length:\r\n" E, "no length"),
	ROW(400, "POST / HTTP/1.1\r\n" H "Content-Length: 5\x0b\r\n" E, "length with a control"),
	ROW(413, "POST / HTTP/1.1\r\n" H "Content-Length: 9999999999999999999\r\n" E,
		"length beyond int64"),
	ROW(413, "POST / HTTP/1.1\r\n" H "Content-Length: 18446744073709551621\r\n" E,
		"length that wraps"),
	ROW(400, "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" E,
		"length and chunked"),
	ROW(400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n" E,
		"chunked and length 0"),
	ROW(400, "POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n" E, "chunked in 1.0"),
	ROW(400,
		"POST / HTTP/1.1\r\n" H
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" E,
		"chunked twice"),
	ROW(400,
		"POST / HTTP/1.1\r\n" H
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n" E,
		"chunked, then identity"),
	ROW(400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n" E,
		"gzip and chunked"),
	ROW(400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n" E, "unknown coding"),
	ROW(400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: Chunked\r\n" E, "another case"),
	ROW(400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding:\r\n" E, "no coding"),
	ROW(400,
		"POST / HTTP/1.1\r\n" H "Transfer-Encoding: \x0b"
		"chunked\r\n" E,
		"vertical tab before chunked"),
	ROW(400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding : chunked\r\n" E,
		"coding, space, colon"),
	ROW(400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding:\r\n chunked\r\n" E, "folded coding"),
	ROW(400, "HEAD / HTTP/1.1\r\n" H "Content-Length: 5\r\n" E, "HEAD with a body"),
	ROW(400, "GET / HTTP/1.1\r\n" H "Content-Length: 5\r\n" E, "GET with a body"),
	ROW(400, "GET / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n" E, "GET in chunks"),
	ROW(417, "POST / HTTP/1.1\r\n" H "Expect: 200-ok\r\n" E, "another expectation"),
#undef ROW
};

static void test_heads(void)
{
	struct http1_head head;

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		int status = parse(heads[i].bytes, NULL, &head);

		check(status == heads[i].status, "%s: %d", heads[i].what, status);
	}
}

static void test_values(void)
{
	struct http1_head h;
	struct span v;
	struct span bytes =
		SPAN("PUT /v1/%D0%B0%2525/b%3Fc?q=%41+b&q2 HTTP/1.1\r\nhost:  kezek.kg:8443 \r\n"
		     "Content-Length: 00042\r\nExpect: 100-Continue\r\n"
		     "Connection: foo, ,keep-alive\r\n\r\nrest");

	check(parse(bytes, NULL, &h) == 0, "a full request");
	check(h.method == HTTP1_PUT && strcmp(http1_method_name(h.method), "PUT") == 0, "method");
	check(strcmp(h.path, "/v1/а%25/b?c") == 0, "path decoded once: %s", h.path);
	check(h.has_query && span_is(h.query, "q=%41+b&q2"), "raw query");
	check(span_is(h.target, "/v1/%D0%B0%2525/b%3Fc?q=%41+b&q2"), "raw target");
	check(span_is(h.host, "kezek.kg:8443"), "host");
	check(h.minor == 1 && h.keep_alive, "version and persistence");
	check(h.content_length == 42 && !h.chunked && h.expect_continue, "framing");
	check(h.field_count == 4 && h.size == bytes.len - 4, "fields and size");
	check(http1_field(&h, "CONTENT-length", &v) && span_is(v, "00042"), "a field by name");
	check(!http1_field(&h, "Content", &v), "no field by half its name");
}

static void test_persistence(void)
{
	static const struct {
		const char *line;
		bool keep;
	} rows[] = {
		{"GET / HTTP/1.1\r\n" H E, true},
		{"GET / HTTP/1.1\r\n" H "Connection: close\r\n" E, false},
		{"GET / HTTP/1.1\r\n" H "Connection: TE , CLOSE\r\n" E, false},
		{"GET / HTTP/1.1\r\n" H "Connection: upgrade\r\nConnection: close\r\n" E, false},
		{"GET / HTTP/1.1\r\n" H "Connection: closed\r\n" E, true},
		{"GET / HTTP/1.0\r\n" H E, false},
		{"GET / HTTP/1.0\r\n" H "Connection: keep-alive\r\n" E, false},
	};
	struct http1_head h;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check(parse(span_of(rows[i].line), NULL, &h) == 0 && h.keep_alive == rows[i].keep,
			"persistence %zu", i);
	check(parse(SPAN("POST / HTTP/1.0\r\n" H "Content-Length: 1\r\nExpect: 100-continue\r\n" E),
		      NULL, &h) == 0 &&
			!h.expect_continue,
		"1.0 expects nothing");
	check(parse(SPAN("POST / HTTP/1.1\r\n" H "Expect: 100-continue\r\n" E), NULL, &h) == 0 &&
			!h.expect_continue && !http1_head_has_body(&h) && h.content_length == -1,
		"no body, nothing to expect");
}

static void test_absolute(void)
{
	struct http1_head h;

	check(parse(SPAN("GET HTTPS://Other.kg?x HTTP/1.1\r\n" H E), NULL, &h) == 0 &&
			span_is(h.host, "Other.kg") && strcmp(h.path, "/") == 0 &&
			span_is(h.query, "x"),
		"absolute-form: its authority wins, an empty path is /");
	check(parse(SPAN("OPTIONS * HTTP/1.1\r\n" H E), NULL, &h) == 0 && strcmp(h.path, "*") == 0,
		"asterisk-form");
}

static void test_limits(void)
{
	struct http1_limits limits = {.head_bytes = 64, .fields = 2};
	struct http1_head h;
	_text_ t = TEXT_INIT;

	check(parse(SPAN("GET / HTTP/1.1\r\n" H "A: b\r\n" E), &limits, &h) == 0,
		"two fields of two");
	check(parse(SPAN("GET / HTTP/1.1\r\n" H "A: b\r\nC: d\r\n" E), &limits, &h) == 431,
		"three of two");
	text_adds(&t, "GET / HTTP/1.1\r\n" H "A: ");
	while (t.len < 60)
		text_add_char(&t, 'a');
	text_adds(&t, "\r\n\r\n");
	check(parse(text_span(&t), &limits, &h) == 0, "64 bytes of 64");
	t.data[60] = 'a';
	t.data[61] = '\0';
	t.len = 61;
	text_adds(&t, "\r\n\r\n");
	check(parse(text_span(&t), &limits, &h) == 431, "65 bytes of 64");
	text_reset(&t);
	text_adds(&t, "GET /");
	while (t.len < 4000)
		text_add_char(&t, 'a');
	check(parse(text_span(&t), &limits, &h) == 414, "a request line without end");
	text_adds(&t, " HTTP/1.1\r\n" H E);
	check(parse(text_span(&t), NULL, &h) == 414, "a path too long to keep");
	text_reset(&t);
	text_adds(&t, "GET / HTTP/1.1\r\n" H);
	for (int i = 0; i < 63; i++)
		text_adds(&t, "A: b\r\n");
	text_adds(&t, E);
	check(parse(text_span(&t), NULL, &h) == 0 && h.field_count == 64, "64 fields by default");
	t.len -= 2;
	text_adds(&t, "A: b\r\n" E);
	check(parse(text_span(&t), NULL, &h) == 431, "65 are too many");
}

int main(void)
{
	test_heads();
	test_values();
	test_persistence();
	test_absolute();
	test_limits();
	return tap_end();
}

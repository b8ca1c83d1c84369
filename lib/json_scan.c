/* One walk over a JSON text: RFC 8259's grammar, UTF-8, depth, and policy where it is wanted. */
#include "lib/json_gate.h"
#include "lib/utf8.h"

struct scan {
	const char *start, *at, *end;
	struct json_members *members; /* NULL: no policy */
	unsigned depth, depth_max;
	uint64_t is_object[JSON_DEPTH_MAX / 64]; /* bit depth - 1 */
};

/* What must come next. Refusals are positive, these are not. */
enum next {
	NEXT_END = 0,
	NEXT_VALUE = -1,
	NEXT_FIRST_ITEM = -2, /* a value, or the array's end */
	NEXT_FIRST_NAME = -3, /* a name, or the object's end */
	NEXT_NAME = -4,
	NEXT_AFTER_VALUE = -5,
};

static inline void skip_space(struct scan *s)
{
	while (s->at < s->end &&
		(*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t'))
		s->at++;
}

/* The byte at hand; 0, which begins nothing, at the end. */
static inline char peek(const struct scan *s)
{
	return s->at < s->end ? *s->at : '\0';
}

/* Any byte of eight that is a control, a quote, a backslash or not ASCII. */
static inline bool has_special(const char *at)
{
	const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
	uint64_t w, quote, slash;

	memcpy(&w, at, sizeof(w));
	quote = w ^ ones * '"';
	slash = w ^ ones * '\\';
	return ((w - ones * 0x20) | w | (quote - ones) | (slash - ones)) & tops;
}

/* RFC 8259 section 7, behind the backslash; policy: no NUL, no half of a surrogate pair. */
static int scan_escape(struct scan *s)
{
	const char *slash = s->at - 1;
	int unit;

	if (peek(s) != 'u') {
		if (peek(s) == '\0' || !strchr("\"\\/bfnrt", *s->at))
			return JSON_BAD_GRAMMAR;
		s->at++;
		return 0;
	}
	s->at++;
	unit = s->end - s->at < 4 ? -1 : json_hex4(s->at);
	if (unit < 0)
		return JSON_BAD_GRAMMAR;
	s->at += 4;
	if (!s->members || (unit != 0 && (unit & 0xf800) != 0xd800))
		return 0;
	if (unit >= 0xd800 && unit < 0xdc00 && s->end - s->at >= 6 && s->at[0] == '\\' &&
		s->at[1] == 'u' && (json_hex4(s->at + 2) & ~0x3ff) == 0xdc00) {
		s->at += 6;
		return 0;
	}
	s->at = slash;
	return unit == 0 ? JSON_NUL : JSON_SURROGATE;
}

/* From the opening quote to behind the closing one. */
static int scan_string(struct scan *s, bool *ret_has_escapes)
{
	const char *end = s->end;

	for (s->at++;;) {
		uint8_t c;
		size_t n;
		int refusal;

		while (end - s->at >= 8 && !has_special(s->at))
			s->at += 8;
		/* Then one at a time up to the special one, and past it. */
		while (s->at < end && (uint8_t)*s->at >= 0x20 && (uint8_t)*s->at < 0x80 &&
			*s->at != '"' && *s->at != '\\')
			s->at++;
		while (s->at < end && (uint8_t)*s->at >= 0x80) {
			n = utf8_length(s->at, end);
			if (n == 0)
				return JSON_BAD_UTF8;
			s->at += n;
		}
		c = (uint8_t)peek(s);
		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		if (c < 0x20)
			return JSON_BAD_GRAMMAR;
		s->at++;
		if (c == '"')
			return 0;
		*ret_has_escapes = true;
		refusal = scan_escape(s);
		if (refusal)
			return refusal;
	}
}

static inline size_t scan_digits(struct scan *s)
{
	const char *from = s->at;

	while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
		s->at++;
	return (size_t)(s->at - from);
}

/* Digits (no leading zero) beyond int64. */
static bool is_beyond_int64(const char *digits, size_t n, bool negative)
{
	return n > 19 ||
	       (n == 19 && memcmp(digits, negative ? "9223372036854775808" : "9223372036854775807",
				   19) > 0);
}

/*
 * True: 1e308 or more, from the power of ten of the leading digit. Below it every double is finite;
 * a rule that needs no rounding and no locale.
 */
static bool is_beyond_double(
	const char *digits, size_t n, struct span fraction, struct span exponent)
{
	int64_t power = (int64_t)n - 1, e = 0;
	size_t zeros = 0, i;
	bool negative = exponent.len && exponent.at[0] == '-';

	if (digits[0] == '0') {
		while (zeros < fraction.len && fraction.at[zeros] == '0')
			zeros++;
		if (zeros == fraction.len)
			return false;
		power = -(int64_t)zeros - 1;
	}
	for (i = exponent.len && (negative || exponent.at[0] == '+'); i < exponent.len; i++) {
		if (e < 1000000000000)
			e = 10 * e + (exponent.at[i] - '0');
	}
	return power + (negative ? -e : e) >= 308;
}

/* RFC 8259 section 6. */
static int scan_number(struct scan *s)
{
	const char *from = s->at, *digits;
	bool negative = *s->at == '-', beyond;
	struct span fraction = {0}, exponent = {0};
	size_t n;

	s->at += negative;
	digits = s->at;
	n = peek(s) == '0' ? (s->at++, 1) : scan_digits(s);
	if (n == 0)
		return JSON_BAD_GRAMMAR;
	if (peek(s) == '.') {
		fraction.at = ++s->at;
		fraction.len = scan_digits(s);
		if (fraction.len == 0)
			return JSON_BAD_GRAMMAR;
	}
	if (peek(s) == 'e' || peek(s) == 'E') {
		exponent.at = ++s->at;
		s->at += peek(s) == '+' || peek(s) == '-';
		if (scan_digits(s) == 0)
			return JSON_BAD_GRAMMAR;
		exponent.len = (size_t)(s->at - exponent.at);
	}
	if (!s->members)
		return 0;
	beyond = fraction.len || exponent.len ? is_beyond_double(digits, n, fraction, exponent)
					      : is_beyond_int64(digits, n, negative);
	if (beyond)
		s->at = from;
	return beyond ? JSON_NUMBER : 0;
}

static int scan_literal(struct scan *s, const char *word, size_t len)
{
	if ((size_t)(s->end - s->at) < len || memcmp(s->at, word, len) != 0)
		return JSON_BAD_GRAMMAR;
	s->at += len;
	return 0;
}

static inline bool in_object(const struct scan *s)
{
	return s->depth && s->is_object[(s->depth - 1) / 64] >> ((s->depth - 1) % 64) & 1;
}

static int open_one(struct scan *s, bool is_object)
{
	uint64_t bit;

	if (s->depth == s->depth_max)
		return JSON_TOO_DEEP;
	s->at++;
	bit = (uint64_t)1 << (s->depth % 64);
	if (is_object)
		s->is_object[s->depth / 64] |= bit;
	else
		s->is_object[s->depth / 64] &= ~bit;
	s->depth++;
	if (s->members)
		s->members->tree += is_object ? JSON_TREE_OBJECT : JSON_TREE_ARRAY;
	if (is_object && s->members)
		json_members_open(s->members, s->depth);
	return is_object ? NEXT_FIRST_NAME : NEXT_FIRST_ITEM;
}

static int close_one(struct scan *s)
{
	size_t at;

	s->at++;
	if (s->members && in_object(s) && !json_members_close(s->members, s->depth, &at)) {
		s->at = s->start + at;
		return JSON_DUPLICATE;
	}
	s->depth--;
	return NEXT_AFTER_VALUE;
}

static int scan_value(struct scan *s)
{
	bool escapes;
	int refusal;

	switch (peek(s)) {
	case '"':
		refusal = scan_string(s, &escapes);
		break;
	case '{':
		return open_one(s, true);
	case '[':
		return open_one(s, false);
	case 't':
		refusal = scan_literal(s, "true", 4);
		break;
	case 'f':
		refusal = scan_literal(s, "false", 5);
		break;
	case 'n':
		refusal = scan_literal(s, "null", 4);
		break;
	default:
		if (peek(s) != '-' && (peek(s) < '0' || peek(s) > '9'))
			return JSON_BAD_GRAMMAR;
		refusal = scan_number(s);
	}
	if (s->members)
		s->members->tree += JSON_TREE_VALUE;
	return refusal ? refusal : NEXT_AFTER_VALUE;
}

static int scan_name(struct scan *s)
{
	const char *from = s->at;
	bool escapes = false;
	int refusal;

	if (peek(s) != '"')
		return JSON_BAD_GRAMMAR;
	refusal = scan_string(s, &escapes);
	if (refusal)
		return refusal;
	if (s->members && !json_members_add(s->members, s->depth,
				  (struct span){from, (size_t)(s->at - from)}, escapes)) {
		s->at = from;
		return JSON_DUPLICATE;
	}
	if (s->members)
		s->members->tree += JSON_TREE_NAME;
	skip_space(s);
	if (peek(s) != ':')
		return JSON_BAD_GRAMMAR;
	s->at++;
	return NEXT_VALUE;
}

static int scan_after_value(struct scan *s)
{
	bool object = in_object(s);

	if (s->depth == 0)
		return s->at == s->end ? NEXT_END : JSON_BAD_GRAMMAR;
	if (peek(s) == ',') {
		s->at++;
		return object ? NEXT_NAME : NEXT_VALUE;
	}
	return peek(s) == (object ? '}' : ']') ? close_one(s) : JSON_BAD_GRAMMAR;
}

int json_scan(struct span text, unsigned depth, struct json_members *members, size_t *ret_offset)
{
	struct scan s = {
		.start = text.at,
		.at = text.at,
		.end = text.at + text.len,
		.members = members,
		.depth_max = depth,
	};
	int next = NEXT_VALUE;

	while (next < 0) {
		skip_space(&s);
		if (next == NEXT_AFTER_VALUE)
			next = scan_after_value(&s);
		else if (next == NEXT_NAME || (next == NEXT_FIRST_NAME && peek(&s) != '}'))
			next = scan_name(&s);
		else if (next == NEXT_VALUE || (next == NEXT_FIRST_ITEM && peek(&s) != ']'))
			next = scan_value(&s);
		else
			next = close_one(&s);
	}
	if (next > 0)
		*ret_offset = (size_t)(s.at - s.start);
	return next;
}

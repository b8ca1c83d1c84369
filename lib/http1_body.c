/* The body of a request: by Content-Length or in chunks, zero-copy (RFC 9112 sections 6.3 and 7.1).
 */
#include "lib/http1_parts.h"

enum state {
	BODY_FIXED,
	CHUNK_SIZE,
	CHUNK_SIZE_LF,
	CHUNK_DATA,
	CHUNK_DATA_CR,
	CHUNK_DATA_LF,
	TRAILER_LINE, /* at the beginning of a line */
	TRAILER_NAME,
	TRAILER_VALUE,
	TRAILER_LF,
	LAST_LF,
	BODY_DONE,
	BODY_OVER, /* longer than allowed; known before its first byte */
};

#define SIZE_DIGITS 8

void http1_body_init(struct http1_body *body, const struct http1_head *head, uint64_t limit)
{
	*body = (struct http1_body){.limit = limit, .state = CHUNK_SIZE};
	if (head->chunked)
		return;
	body->state = BODY_FIXED;
	body->left = head->content_length > 0 ? (uint64_t)head->content_length : 0;
	if (body->left > limit)
		body->state = BODY_OVER;
}

static int give_data(struct http1_body *b, struct span *input, struct span *ret_data)
{
	size_t n = input->len < b->left ? input->len : (size_t)b->left;

	*ret_data = (struct span){input->at, n};
	input->at += n;
	input->len -= n;
	b->left -= n;
	b->total += n;
	return HTTP1_DATA;
}

/* 1 to 8 hexadecimal digits and CR; an extension (RFC 9112 section 7.1.1) is not taken. */
static int take_size(struct http1_body *b, char c, struct http1_fault *ret)
{
	int digit = http1_hex(c);

	if (digit >= 0 && b->digits < SIZE_DIGITS) {
		b->left = b->left << 4 | (uint64_t)digit;
		b->digits++;
		return 0;
	}
	if (digit >= 0)
		return http1_bad(ret, 400, "a chunk size has more than 8 digits");
	if (c != '\r' || b->digits == 0)
		return http1_bad(ret, 400, "a chunk size is malformed");
	b->state = CHUNK_SIZE_LF;
	return 0;
}

static int take_size_lf(struct http1_body *b, char c, struct http1_fault *ret)
{
	if (c != '\n')
		return http1_bad(ret, 400, "a chunk size is malformed");
	if (b->left > b->limit - b->total)
		return http1_bad(ret, 413, "the body is longer than allowed");
	b->state = b->left ? CHUNK_DATA : TRAILER_LINE;
	b->digits = 0;
	return 0;
}

/* Trailers are checked as header lines are, and forgotten. */
static int take_trailer(struct http1_body *b, char c, struct http1_fault *ret)
{
	bool control = ((uint8_t)c < 0x20 && c != '\t') || c == 0x7f;

	if (++b->trailer > HTTP1_TRAILER_BYTES)
		return http1_bad(ret, 400, "the trailer section is too long");
	if (b->state == TRAILER_LINE && c == '\r')
		b->state = LAST_LF;
	else if (b->state == TRAILER_NAME && c == ':')
		b->state = TRAILER_VALUE;
	else if (b->state == TRAILER_VALUE && c == '\r')
		b->state = TRAILER_LF;
	else if (b->state == TRAILER_LF && c == '\n')
		b->state = TRAILER_LINE;
	else if (b->state == LAST_LF && c == '\n')
		b->state = BODY_DONE;
	else if (b->state == TRAILER_VALUE && !control)
		return 0;
	else if (b->state != TRAILER_LF && b->state != LAST_LF &&
		 http1_is_token((struct span){&c, 1}))
		b->state = TRAILER_NAME;
	else
		return http1_bad(ret, 400, "the trailer section is malformed");
	return 0;
}

/* One byte that is not data. */
static int take_byte(struct http1_body *b, char c, struct http1_fault *ret)
{
	switch (b->state) {
	case CHUNK_SIZE:
		return take_size(b, c, ret);
	case CHUNK_SIZE_LF:
		return take_size_lf(b, c, ret);
	case CHUNK_DATA_CR:
		if (c != '\r')
			return http1_bad(ret, 400, "chunk data does not end with CRLF");
		b->state = CHUNK_DATA_LF;
		return 0;
	case CHUNK_DATA_LF:
		if (c != '\n')
			return http1_bad(ret, 400, "chunk data does not end with CRLF");
		b->state = CHUNK_SIZE;
		return 0;
	default:
		return take_trailer(b, c, ret);
	}
}

int http1_body_next(struct http1_body *b, struct span *input, struct span *ret_data,
	struct http1_fault *ret_fault)
{
	for (;;) {
		int bad;

		if (b->state == BODY_OVER)
			return http1_bad(ret_fault, 413, "the body is longer than allowed");
		if (b->state == BODY_FIXED && b->left == 0)
			b->state = BODY_DONE;
		if (b->state == CHUNK_DATA && b->left == 0)
			b->state = CHUNK_DATA_CR;
		if (b->state == BODY_DONE)
			return 0;
		if (input->len == 0)
			return HTTP1_MORE;
		if (b->state == BODY_FIXED || b->state == CHUNK_DATA)
			return give_data(b, input, ret_data);
		bad = take_byte(b, *input->at, ret_fault);
		if (bad)
			return bad;
		input->at++;
		input->len--;
	}
}

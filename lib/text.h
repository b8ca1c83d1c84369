/* A growing string: the one buffer in which replies, logs and statements are written. */
#pragma once

#include <stdarg.h>

#include "lib/base.h"

/*
 * `data` is NUL-terminated after the first addition, NULL before. Memory that cannot be had ends
 * the process (abort): the process-wide memory account refuses work long before.
 */
struct text {
	char *data;
	size_t len, cap;
};

#define TEXT_INIT ((struct text){0})
#define _text_                                                                                     \
	_cleanup_(text_done)                                                                       \
	struct text

void text_done(struct text *t);
void text_reset(struct text *t);
/* Room for `more` bytes behind `len`; returns where they go. The caller adds to `len` itself. */
char *text_reserve(struct text *t, size_t more);
void text_add(struct text *t, const void *bytes, size_t len);
void text_add_char(struct text *t, char c);
void text_adds(struct text *t, const char *s);
void text_add_span(struct text *t, struct span s);
void text_addf(struct text *t, const char *fmt, ...) _printf_(2, 3);
void text_vaddf(struct text *t, const char *fmt, va_list ap) _printf_(2, 0);
/* A JSON string with its quotes, escaped by RFC 8259 section 7. `s` is valid UTF-8; NULL is null.
 */
void text_add_json(struct text *t, const char *s);
void text_add_json_span(struct text *t, struct span s);
/* Lower-case hex. */
void text_add_hex(struct text *t, const void *bytes, size_t len);
/* The string itself, owned by the caller; `t` is empty afterwards. Never NULL. */
char *text_steal(struct text *t);

struct span text_span(const struct text *t);

/* The small ground every file stands on: compiler attributes, sizes, container_of. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* Runs `f(&variable)` when the variable leaves its scope. */
#define _cleanup_(f)        __attribute__((cleanup(f)))
#define _must_check_        __attribute__((warn_unused_result))
#define _printf_(fmt, args) __attribute__((format(printf, fmt, args)))
#define _unused_            __attribute__((unused))
#define _fallthrough_       __attribute__((fallthrough))

static inline void free_pointer(void *p)
{
	free(*(void **)p);
}
/* A heap pointer freed at the end of its scope: `_free_ char *s = …;` */
#define _free_ _cleanup_(free_pointer)

/* A borrowed run of bytes, not NUL-terminated. */
struct span {
	const char *at;
	size_t len;
};

#define SPAN(literal) ((struct span){(literal), sizeof(literal) - 1})

static inline struct span span_of(const char *s)
{
	return (struct span){s, s ? strlen(s) : 0};
}

static inline bool span_is(struct span s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.at, text, s.len) == 0;
}

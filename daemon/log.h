/*
 * Structured log lines on standard error: `<priority>key=value …`, one line an event, for journald.
 * No personal data, ever: values are ids, codes, counts and durations, not content.
 */
#pragma once

#include "lib/base.h"

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

void log_set_level(enum log_level level);
/* True: each line begins with a moment (a terminal or a file; journald adds its own). */
void log_set_stamped(bool stamped);
/* True: lines below a warning wait for log_flush, which the loop calls at the end of each turn. */
void log_set_buffered(bool buffered);
void log_flush(void);
/* For callers that would otherwise build costly fields. */
bool log_is_on(enum log_level level);
/* "error", "warning", "info", "debug". False: another. */
bool log_level_parse(const char *s, enum log_level *ret);

/* A field of a line; build them with the LOG_… makers below. */
struct log_field {
	const char *key;
	enum { LOG_STRING, LOG_NUMBER } kind;
	union {
		const char *string;
		int64_t number;
	};
};

#define LOG_S(key, value) ((struct log_field){(key), LOG_STRING, {.string = (value)}})
#define LOG_N(key, value) ((struct log_field){(key), LOG_NUMBER, {.number = (int64_t)(value)}})

void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t n);

/* log_event(LOG_LEVEL_INFO, "submitted", LOG_S("request", id), LOG_N("us", took)); a NULL string is
 * left out. */
#define log_event(level, event, ...)                                                               \
	log_write((level), (event), (const struct log_field[]){__VA_ARGS__},                       \
		ARRAY_SIZE(((const struct log_field[]){__VA_ARGS__})))

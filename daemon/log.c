/* Log lines: written whole, quoted where needed, never blocking the process on a full pipe for
 * long. */
#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "daemon/log.h"
#include "lib/text.h"

#define BUFFER_FULL 32768

static enum log_level level_now = LOG_LEVEL_INFO;
static bool is_stamped, is_buffered;
static struct text buffer;

static const struct {
	const char *name;
	int priority; /* sd-daemon(3) */
} levels[] = {
	[LOG_LEVEL_ERROR] = {"error", 3},
	[LOG_LEVEL_WARNING] = {"warning", 4},
	[LOG_LEVEL_INFO] = {"info", 6},
	[LOG_LEVEL_DEBUG] = {"debug", 7},
};

void log_set_level(enum log_level level)
{
	level_now = level;
}

void log_set_stamped(bool stamped)
{
	is_stamped = stamped;
}

void log_set_buffered(bool buffered)
{
	is_buffered = buffered;
	if (!buffered)
		log_flush();
}

bool log_is_on(enum log_level level)
{
	return level <= level_now;
}

bool log_level_parse(const char *s, enum log_level *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		if (strcmp(levels[i].name, s) == 0) {
			*ret = (enum log_level)i;
			return true;
		}
	}
	return false;
}

void log_flush(void)
{
	size_t at = 0;

	while (at < buffer.len) {
		ssize_t n = write(STDERR_FILENO, buffer.data + at, buffer.len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break; /* nobody reads: the lines are lost, the service goes on */
		at += (size_t)n;
	}
	text_reset(&buffer);
}

/* journald reads the priority in front; a person reads the moment and the word. */
static void add_start(struct text *t, enum log_level level)
{
	struct timespec ts;
	struct tm tm;

	if (!is_stamped) {
		text_addf(t, "<%d>", levels[level].priority);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	text_addf(t, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ %s ", tm.tm_year + 1900, tm.tm_mon + 1,
		tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(ts.tv_nsec / 1000000),
		levels[level].name);
}

static bool is_plain(const char *s)
{
	if (!*s)
		return false;
	for (; *s; s++) {
		if ((unsigned char)*s <= ' ' || *s == '"' || *s == '=' || *s == '\\' || *s == 0x7f)
			return false;
	}
	return true;
}

static void add_field(struct text *t, const struct log_field *f)
{
	if (f->kind == LOG_STRING && !f->string)
		return;
	text_add_char(t, ' ');
	text_adds(t, f->key);
	text_add_char(t, '=');
	if (f->kind == LOG_NUMBER)
		text_addf(t, "%lld", (long long)f->number);
	else if (is_plain(f->string))
		text_adds(t, f->string);
	else
		text_add_json(t, f->string);
}

void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t n)
{
	if (!log_is_on(level))
		return;
	add_start(&buffer, level);
	text_adds(&buffer, "event=");
	text_adds(&buffer, event);
	for (size_t i = 0; i < n; i++)
		add_field(&buffer, &fields[i]);
	text_add_char(&buffer, '\n');
	if (!is_buffered || level <= LOG_LEVEL_WARNING || buffer.len > BUFFER_FULL)
		log_flush();
}

/* The options of kezekd: their defaults, the parser of kezekd.conf, and the checks. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/log.h"
#include "daemon/settings.h"

#define SECOND       INT64_C(1000000)
#define FILE_MAX     (1 << 20)
#define SECONDS_MAX  INT64_C(31536000)
#define COUNT_MAX    1000000
#define BYTES_MAX    (INT64_C(1) << 50)
#define FRACTION_MAX 6 /* digits: µs */

enum kind {
	KIND_path,
	KIND_string,
	KIND_list,
	KIND_port,
	KIND_count,
	KIND_bytes,
	KIND_seconds,
};

static const struct option {
	const char *name;
	enum kind kind;
	size_t offset;
	const char *standard, *doc;
} options[] = {
#define X(name, kind, standard, doc)                                                               \
	{#name, KIND_##kind, offsetof(struct settings, name), standard, doc},
	SETTINGS(X)
#undef X
};

static bool is_text(enum kind kind)
{
	return kind == KIND_path || kind == KIND_string || kind == KIND_list;
}

static void *member(struct settings *s, const struct option *o)
{
	return (char *)s + o->offset;
}

static struct span trim(struct span s)
{
	while (s.len && (*s.at == ' ' || *s.at == '\t')) {
		s.at++;
		s.len--;
	}
	while (s.len &&
		(s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t' || s.at[s.len - 1] == '\r'))
		s.len--;
	return s;
}

/* The digits in front; what follows them is left in `s`. False: none, or too many for any option.
 */
static bool take_digits(struct span *s, int64_t *ret)
{
	int64_t n = 0;
	size_t i = 0;

	for (; i < s->len && s->at[i] >= '0' && s->at[i] <= '9'; i++) {
		n = n * 10 + (s->at[i] - '0');
		if (n > BYTES_MAX)
			return false;
	}
	if (i == 0)
		return false;
	s->at += i;
	s->len -= i;
	*ret = n;
	return true;
}

static bool parse_bytes(struct span s, int64_t *ret)
{
	static const struct {
		const char *suffix;
		int shift;
	} units[] = {{"", 0}, {"B", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}};
	int64_t n;

	if (!take_digits(&s, &n))
		return false;
	s = trim(s);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (!span_is(s, units[i].suffix))
			continue;
		if (n > BYTES_MAX >> units[i].shift)
			return false;
		*ret = n << units[i].shift;
		return true;
	}
	return false;
}

static bool parse_seconds(struct span s, int64_t *ret)
{
	int64_t whole, fraction = 0;
	size_t digits = 0;

	if (!take_digits(&s, &whole) || whole > SECONDS_MAX)
		return false;
	if (s.len && *s.at == '.') {
		s.at++;
		s.len--;
		digits = s.len;
		if (!take_digits(&s, &fraction))
			return false;
		digits -= s.len;
	}
	if (s.len == 1 && *s.at == 's')
		s.len = 0;
	if (s.len || digits > FRACTION_MAX)
		return false;
	for (; digits < FRACTION_MAX; digits++)
		fraction *= 10;
	*ret = whole * SECOND + fraction;
	return true;
}

static bool parse_int(struct span s, int64_t max, int *ret)
{
	int64_t n;

	if (!take_digits(&s, &n) || s.len || n > max)
		return false;
	*ret = (int)n;
	return true;
}

static char *copy(struct span s)
{
	char *c = strndup(s.at, s.len);

	if (!c)
		abort();
	return c;
}

/* False: `value` is not of the option's kind; nothing is changed. */
static bool set(struct settings *s, const struct option *o, struct span value)
{
	void *to = member(s, o);

	switch (o->kind) {
	case KIND_path:
	case KIND_string:
	case KIND_list:
		free(*(char **)to);
		*(char **)to = copy(value);
		return true;
	case KIND_port:
		return parse_int(value, 65535, to);
	case KIND_count:
		return parse_int(value, COUNT_MAX, to);
	case KIND_bytes:
		return parse_bytes(value, to);
	case KIND_seconds:
		return parse_seconds(value, to);
	}
	return false;
}

static const char *kind_form(enum kind kind)
{
	static const char *const forms[] = {
		[KIND_path] = "path",
		[KIND_string] = "text",
		[KIND_list] = "a, b",
		[KIND_port] = "0..65535",
		[KIND_count] = "0..1000000",
		[KIND_bytes] = "65536, 64KiB, 16MiB, 1GiB",
		[KIND_seconds] = "5, 0.5",
	};

	return forms[kind];
}

void settings_init(struct settings *s)
{
	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (!set(s, &options[i], span_of(options[i].standard)))
			abort();
	}
}

static const struct option *find(struct span name)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (span_is(name, options[i].name))
			return &options[i];
	}
	return NULL;
}

static void add_fault(
	struct faults *faults, int line, struct span name, enum word reason, const char *detail)
{
	_text_ at = TEXT_INIT;

	text_addf(&at, "/%d/", line);
	text_add_span(&at, name);
	faults_add(faults, at.data, reason, detail, NULL);
}

static void parse_line(
	struct settings *s, struct span text, int line, bool *seen, struct faults *faults)
{
	const char *sign;
	const struct option *o;
	struct span name, value;

	text = trim(text);
	if (!text.len || *text.at == '#')
		return;
	sign = memchr(text.at, '=', text.len);
	if (!sign || memchr(text.at, '\0', text.len)) {
		add_fault(faults, line, SPAN(""), WORD_reason_bad_format, "name = value");
		return;
	}
	name = trim((struct span){text.at, (size_t)(sign - text.at)});
	value = trim((struct span){sign + 1, (size_t)(text.at + text.len - sign - 1)});
	o = find(name);
	if (!o)
		add_fault(faults, line, name, WORD_reason_unknown_member, NULL);
	else if (seen[o - options])
		add_fault(faults, line, name, WORD_reason_duplicate_member, NULL);
	else if (!set(s, o, value))
		add_fault(faults, line, name, WORD_reason_bad_format, kind_form(o->kind));
	if (o)
		seen[o - options] = true;
}

void settings_parse(struct settings *s, struct span text, struct faults *faults)
{
	bool seen[ARRAY_SIZE(options)] = {false};
	size_t at = 0;

	for (int line = 1; at < text.len; line++) {
		const char *start = text.at + at;
		const char *end = memchr(start, '\n', text.len - at);
		size_t len = end ? (size_t)(end - start) : text.len - at;

		parse_line(s, (struct span){start, len}, line, seen, faults);
		at += len + 1;
	}
}

void settings_resolve(struct settings *s, const char *directory)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		char **path = member(s, &options[i]);
		struct text t = TEXT_INIT;

		if (options[i].kind != KIND_path || !**path || **path == '/')
			continue;
		text_addf(&t, "%s/%s", directory, *path);
		free(*path);
		*path = text_steal(&t);
	}
}

bool settings_split_address(struct span s, char ret_host[64], char ret_port[8])
{
	const char *colon = memrchr(s.at, ':', s.len);
	struct span host, port;
	int number;

	if (!colon)
		return false;
	host = (struct span){s.at, (size_t)(colon - s.at)};
	port = (struct span){colon + 1, s.len - host.len - 1};
	if (host.len >= 2 && host.at[0] == '[' && host.at[host.len - 1] == ']') {
		host.at++;
		host.len -= 2;
	} else if (memchr(host.at, ':', host.len)) {
		return false;
	}
	if (host.len >= 64 || port.len >= 8 || !parse_int(port, 65535, &number))
		return false;
	snprintf(ret_host, 64, "%.*s", (int)host.len, host.at);
	snprintf(ret_port, 8, "%d", number);
	return true;
}

static void check_listen(const char *list, struct faults *faults)
{
	char host[64], port[8];

	while (*list) {
		size_t len = strcspn(list, ",");

		if (!settings_split_address(trim((struct span){list, len}), host, port))
			faults_add(faults, "/listen", WORD_reason_bad_format, "address:port", NULL);
		list += len + (list[len] == ',');
	}
}

static void check_positive(const struct settings *s, const struct option *o, struct faults *faults)
{
	const void *value = (const char *)s + o->offset;
	_text_ at = TEXT_INIT;
	bool positive = true;

	if (o->kind == KIND_count)
		positive = *(const int *)value > 0 || strcmp(o->name, "hand_back_limit") == 0;
	else if (o->kind == KIND_bytes || o->kind == KIND_seconds)
		positive = *(const int64_t *)value > 0 || strcmp(o->name, "ticket_lifetime") == 0;
	text_addf(&at, "/%s", o->name);
	if (!positive)
		faults_add(faults, at.data, WORD_reason_bad_format, "> 0", NULL);
}

void settings_check(const struct settings *s, struct faults *faults)
{
	enum log_level level;

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		check_positive(s, &options[i], faults);
	check_listen(s->listen, faults);
	if (strcmp(s->tls_min, "1.3") != 0 && strcmp(s->tls_min, "1.2") != 0)
		faults_add(faults, "/tls_min", WORD_reason_not_allowed, "1.2, 1.3", NULL);
	if (!log_level_parse(s->log_level, &level))
		faults_add(faults, "/log_level", WORD_reason_not_allowed,
			"error, warning, info, debug", NULL);
	if (strcmp(s->metrics_local, "yes") != 0 && strcmp(s->metrics_local, "no") != 0)
		faults_add(faults, "/metrics_local", WORD_reason_not_allowed, "yes, no", NULL);
	if (s->ticket_lifetime > 300 * SECOND)
		faults_add(faults, "/ticket_lifetime", WORD_reason_out_of_range, "0", "300");
	if (!*s->server_certificate)
		faults_add(faults, "/server_certificate", WORD_reason_missing, NULL, NULL);
	if (!*s->server_key)
		faults_add(faults, "/server_key", WORD_reason_missing, NULL, NULL);
	if (*s->client_crl && !*s->client_ca)
		faults_add(faults, "/client_ca", WORD_reason_missing, NULL, NULL);
}

static int read_file(const char *path, struct text *t)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;
	int r = 0;

	if (fd < 0)
		return -errno;
	while ((n = read(fd, text_reserve(t, 4096), 4096)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n > 0)
			t->len += (size_t)n;
		r = n < 0 ? -errno : t->len > FILE_MAX ? -EFBIG : 0;
		if (r < 0)
			break;
	}
	close(fd);
	return r;
}

int settings_load(struct settings *s, const char *path, struct faults *faults)
{
	_text_ t = TEXT_INIT;
	_free_ char *copied = NULL, *directory = NULL;
	int r = read_file(path, &t);

	if (r < 0)
		return r;
	settings_parse(s, text_span(&t), faults);
	copied = copy(span_of(path));
	directory = realpath(dirname(copied), NULL);
	if (!directory)
		return -errno;
	settings_resolve(s, directory);
	settings_check(s, faults);
	return 0;
}

void settings_done(struct settings *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (is_text(options[i].kind))
			free(*(char **)member(s, &options[i]));
	}
	memset(s, 0, sizeof(*s));
}

void settings_describe(struct text *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		text_addf(
			t, "%s = %s\n\t%s\n", options[i].name, options[i].standard, options[i].doc);
}

/* Webhooks: which addresses are taken, what an answer means, and when a delivery is tried again. */
#include <strings.h>

#include "lib/webhook.h"

static bool starts(struct span s, const char *with)
{
	size_t len = strlen(with);

	return s.len > len && strncasecmp(s.at, with, len) == 0;
}

/* 127.0.0.0/8, ::1 (RFC 6890 section 2.2.2, RFC 4291 section 2.5.3), and their name. */
static bool is_loopback(struct span host)
{
	int dots = 0;

	if (span_is(host, "localhost") || span_is(host, "[::1]"))
		return true;
	if (!starts(host, "127."))
		return false;
	for (size_t i = 0; i < host.len; i++) {
		dots += host.at[i] == '.';
		if (host.at[i] != '.' && (host.at[i] < '0' || host.at[i] > '9'))
			return false;
	}
	return dots == 3;
}

/* The authority without its port. */
static struct span host_of(struct span authority)
{
	size_t len = 0;

	if (authority.len && authority.at[0] == '[') {
		const char *end = memchr(authority.at, ']', authority.len);

		len = end ? (size_t)(end - authority.at) + 1 : 0;
	} else {
		while (len < authority.len && authority.at[len] != ':')
			len++;
	}
	return (struct span){authority.at, len};
}

static bool port_is_sound(struct span authority, size_t host_len)
{
	unsigned port = 0;

	if (host_len == authority.len)
		return true;
	if (authority.at[host_len] != ':' || authority.len - host_len > 6)
		return false;
	for (size_t i = host_len + 1; i < authority.len; i++) {
		if (authority.at[i] < '0' || authority.at[i] > '9')
			return false;
		port = 10 * port + (unsigned)(authority.at[i] - '0');
	}
	return port > 0 && port < 65536; /* an empty one is 0 */
}

bool webhook_url_is_sound(struct span url)
{
	bool is_plain = starts(url, "http://");
	struct span authority, host;
	size_t skip = is_plain ? 7 : 8, end;

	if (url.len > WEBHOOK_URL_MAX || (!is_plain && !starts(url, "https://")))
		return false;
	for (size_t i = 0; i < url.len; i++) {
		/* What one reader takes for the end of the host must be it for every other. */
		if (url.at[i] <= ' ' || url.at[i] > '~' || strchr("@#\\\"<>^`{|}", url.at[i]))
			return false;
	}
	for (end = skip; end < url.len && url.at[end] != '/' && url.at[end] != '?'; end++)
		;
	authority = (struct span){url.at + skip, end - skip};
	host = host_of(authority);
	return host.len > 0 && port_is_sound(authority, host.len) &&
	       (!is_plain || is_loopback(host));
}

bool webhook_kind_is_sound(struct span kind)
{
	for (size_t i = 0; i < kind.len; i++) {
		if ((kind.at[i] < 'a' || kind.at[i] > 'z') && kind.at[i] != '_')
			return false;
	}
	return kind.len > 0 && kind.len < 64;
}

enum webhook_verdict webhook_judge(int status)
{
	if (status >= 200 && status < 300)
		return WEBHOOK_DELIVERED;
	return status == 410 ? WEBHOOK_GONE : WEBHOOK_AGAIN;
}

int64_t webhook_delay(int attempt, uint32_t chance)
{
	static const int seconds[] = {
		5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 28800}; /* 23 h 42 min 35 s */
	int64_t us;

	if (attempt < 1 || (size_t)attempt > ARRAY_SIZE(seconds))
		return -1;
	us = seconds[attempt - 1] * INT64_C(1000000);
	/* In milliseconds: µs times 32 bits of chance would not fit. */
	return us - us / 5 + (int64_t)((uint64_t)chance * (uint64_t)(us / 2500) >> 32) * 1000;
}

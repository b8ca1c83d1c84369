/* Idempotency keys (UUID version 7, RFC 9562 section 5.7) and percent-encoding (RFC 3986). */
#include <errno.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>

#include "lib/client/client.h"

KEZEK_PUBLIC int kezek_key_make(char ret_key[KEZEK_KEY_SIZE])
{
	unsigned char b[16];
	struct timespec now;
	uint64_t ms;

	if (getrandom(b, sizeof(b), 0) != (ssize_t)sizeof(b) ||
		clock_gettime(CLOCK_REALTIME, &now) < 0)
		return -errno;
	ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	for (int i = 0; i < 6; i++)
		b[i] = (unsigned char)(ms >> (40 - 8 * i));
	b[6] = (unsigned char)(0x70 | (b[6] & 0x0f));
	b[8] = (unsigned char)(0x80 | (b[8] & 0x3f));
	snprintf(ret_key, KEZEK_KEY_SIZE,
		"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
		b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
		b[15]);
	return 0;
}

KEZEK_PUBLIC char *kezek_escape(const char *text)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	char *escaped = malloc(strlen(text) * 3 + 1), *to = escaped;

	if (!escaped)
		return NULL;
	for (; *text; text++) {
		if (strchr(plain, *text))
			*to++ = *text;
		else
			to += sprintf(to, "%%%02X", (unsigned char)*text);
	}
	*to = '\0';
	return escaped;
}

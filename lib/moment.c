/* Instants on the wire: reading and writing RFC 3339. */
#include "lib/moment.h"

static bool two(const char *s, int max, int *ret)
{
	if (s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9')
		return false;
	*ret = (s[0] - '0') * 10 + (s[1] - '0');
	return *ret <= max;
}

/* ".123": at least one digit; µs, and how many bytes it took. */
static bool parse_fraction(struct span s, int64_t *ret_us, size_t *ret_taken)
{
	int64_t us = 0, weight = 100000;
	size_t i = 1;

	for (; i < s.len && s.at[i] >= '0' && s.at[i] <= '9'; i++) {
		us += (s.at[i] - '0') * weight;
		weight /= 10;
	}
	*ret_us = us;
	*ret_taken = i;
	return i > 1;
}

static bool parse_offset(struct span s, int32_t *ret)
{
	int h, m;

	if (s.len == 1 && s.at[0] == 'Z') {
		*ret = 0;
		return true;
	}
	if (s.len != 6 || (s.at[0] != '+' && s.at[0] != '-') || s.at[3] != ':')
		return false;
	if (!two(s.at + 1, 23, &h) || !two(s.at + 4, 59, &m))
		return false;
	*ret = (s.at[0] == '-' ? -1 : 1) * (h * 3600 + m * 60);
	return true;
}

bool moment_parse(struct span s, int64_t *ret_at, int32_t *ret_offset)
{
	int64_t fraction = 0, at;
	int32_t day, offset;
	int h, m, sec;
	size_t taken = 0;

	if (s.len < 20 || !day_parse((struct span){s.at, 10}, &day) || s.at[10] != 'T' ||
		s.at[13] != ':' || s.at[16] != ':')
		return false;
	if (!two(s.at + 11, 23, &h) || !two(s.at + 14, 59, &m) || !two(s.at + 17, 59, &sec))
		return false;
	s = (struct span){s.at + 19, s.len - 19};
	if (s.at[0] == '.' && !parse_fraction(s, &fraction, &taken))
		return false;
	s = (struct span){s.at + taken, s.len - taken};
	if (!parse_offset(s, &offset))
		return false;
	at = (int64_t)day * USEC_PER_DAY + (h * 3600 + m * 60 + sec - offset) * USEC_PER_SEC +
	     fraction;
	if (at < MOMENT_MIN || at > MOMENT_MAX)
		return false;
	*ret_at = at;
	if (ret_offset)
		*ret_offset = offset;
	return true;
}

static char *put_two(char *to, char before, unsigned n)
{
	to[0] = before;
	to[1] = (char)('0' + n / 10 % 10);
	to[2] = (char)('0' + n % 10);
	return to + 3;
}

static char *put_fraction(char *to, unsigned us)
{
	to[0] = '.';
	for (int i = 6; i > 0; i--) {
		to[i] = (char)('0' + us % 10);
		us /= 10;
	}
	return to + 7;
}

void moment_format(int64_t at, const struct zone *zone, char out[MOMENT_TEXT_SIZE])
{
	/* Cut towards zero: "-04:58" for -04:58:24. */
	int32_t offset = zone_offset(zone, at) / 60 * 60;
	int64_t local = at + offset * USEC_PER_SEC;
	int32_t day = (int32_t)(local / USEC_PER_DAY - (local % USEC_PER_DAY < 0));
	int64_t rest = local - day * USEC_PER_DAY;
	unsigned second = (unsigned)(rest / USEC_PER_SEC);
	unsigned fraction = (unsigned)(rest % USEC_PER_SEC);
	unsigned minutes = (unsigned)(offset < 0 ? -offset : offset) / 60;
	char *to = out;

	/* An offset can lead a moment near the ends of time out of the years with four digits. */
	day_format(day < DAY_MIN ? DAY_MIN : day > DAY_MAX ? DAY_MAX : day, to);
	to += 10;
	to = put_two(to, 'T', second / 3600);
	to = put_two(to, ':', second / 60 % 60);
	to = put_two(to, ':', second % 60);
	if (fraction)
		to = put_fraction(to, fraction);
	if (zone) {
		to = put_two(to, offset < 0 ? '-' : '+', minutes / 60);
		to = put_two(to, ':', minutes % 60);
	} else {
		*to++ = 'Z';
	}
	*to = '\0';
}

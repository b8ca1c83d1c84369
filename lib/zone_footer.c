/* The footer of a TZif file: a POSIX TZ string that goes on after the last transition. */
#include "lib/day.h"
#include "lib/zone_table.h"

static bool take(struct span *s, char c)
{
	if (s->len == 0 || *s->at != c)
		return false;
	s->at++;
	s->len--;
	return true;
}

static bool take_number(struct span *s, int32_t max, int32_t *ret)
{
	int32_t n = 0;
	size_t digits = 0;

	while (digits < s->len && digits < 4 && s->at[digits] >= '0' && s->at[digits] <= '9')
		n = n * 10 + (s->at[digits++] - '0');
	if (digits == 0 || n > max)
		return false;
	s->at += digits;
	s->len -= digits;
	*ret = n;
	return true;
}

/* "CET" or "<+06>": at least three characters. */
static bool take_name(struct span *s)
{
	bool quoted = take(s, '<');
	size_t n = 0;

	while (n < s->len) {
		char c = s->at[n];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (!letter && !(quoted && ((c >= '0' && c <= '9') || c == '+' || c == '-')))
			break;
		n++;
	}
	s->at += n;
	s->len -= n;
	return n >= 3 && (!quoted || take(s, '>'));
}

/* [+-]hh[:mm[:ss]] in seconds. */
static bool take_time(struct span *s, int32_t hours_max, int32_t *ret)
{
	int32_t sign = take(s, '-') ? -1 : 1;
	int32_t h, m = 0, sec = 0;

	if (sign > 0)
		take(s, '+');
	if (!take_number(s, hours_max, &h))
		return false;
	if (take(s, ':')) {
		if (!take_number(s, 59, &m) || (take(s, ':') && !take_number(s, 59, &sec)))
			return false;
	}
	*ret = sign * (h * 3600 + m * 60 + sec);
	return true;
}

static bool take_rule(struct span *s, struct zone_rule *ret)
{
	*ret = (struct zone_rule){.time = 7200};
	if (take(s, 'M')) {
		ret->form = ZONE_MONTH_WEEK_DAY;
		if (!take_number(s, 12, &ret->month) || !take(s, '.') ||
			!take_number(s, 5, &ret->week) || !take(s, '.') ||
			!take_number(s, 6, &ret->day) || ret->month < 1 || ret->week < 1)
			return false;
	} else if (take(s, 'J')) {
		ret->form = ZONE_JULIAN;
		if (!take_number(s, 365, &ret->day) || ret->day < 1)
			return false;
	} else {
		ret->form = ZONE_ZERO_BASED;
		if (!take_number(s, 365, &ret->day))
			return false;
	}
	/* RFC 8536 section 3.3.1 widens the hours to -167…167. */
	return !take(s, '/') || take_time(s, 167, &ret->time);
}

bool zone_footer_parse(struct span s, struct zone_footer *ret)
{
	struct zone_footer f = {0};
	int32_t west;

	if (!take_name(&s) || !take_time(&s, 24, &west))
		return false;
	f.standard = f.summer = -west;
	if (s.len) {
		f.has_summer = true;
		f.summer = f.standard + 3600;
		if (!take_name(&s))
			return false;
		if (s.len && *s.at != ',') {
			if (!take_time(&s, 24, &west))
				return false;
			f.summer = -west;
		}
		if (!take(&s, ',') || !take_rule(&s, &f.begin) || !take(&s, ',') ||
			!take_rule(&s, &f.end))
			return false;
	}
	if (s.len)
		return false;
	*ret = f;
	return true;
}

/* The local second at which a rule applies in a year. */
static int64_t rule_second(const struct zone_rule *r, int32_t year)
{
	int32_t first = day_of_civil(year, 1, 1);
	int32_t day;

	switch (r->form) {
	case ZONE_JULIAN: /* 1…365, 29 February never counted */
		day = first + r->day - 1 + (r->day >= 60 && day_month_length(year, 2) == 29);
		break;
	case ZONE_ZERO_BASED:
		day = first + r->day;
		break;
	default: {
		int32_t month = day_of_civil(year, r->month, 1);
		int32_t sunday_based = (int32_t)(day_weekday(month) + 1) % 7;

		day = month + (r->day - sunday_based + 7) % 7 + 7 * (r->week - 1);
		while (day >= month + day_month_length(year, r->month))
			day -= 7;
	}
	}
	return (int64_t)day * 86400 + r->time;
}

void zone_footer_year(
	const struct zone_footer *f, int32_t year, int64_t *ret_begin, int64_t *ret_end)
{
	*ret_begin = rule_second(&f->begin, year) - f->standard;
	*ret_end = rule_second(&f->end, year) - f->summer;
}

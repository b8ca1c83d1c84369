/* Civil days: counting them, naming them, stepping by months. */
#include "lib/day.h"

/* Days from years that begin in March, so that the leap day comes last. */
int32_t day_of_civil(int32_t year, int32_t month, int32_t day)
{
	int32_t y = month <= 2 ? year - 1 : year;
	int32_t era = (y >= 0 ? y : y - 399) / 400;
	int32_t year_of_era = y - era * 400;
	int32_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5;
	int32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * 146097 + day_of_era - 719468 + day - 1;
}

struct civil day_civil(int32_t day)
{
	int32_t z = day + 719468;
	int32_t era = (z >= 0 ? z : z - 146096) / 146097;
	int32_t of_era = z - era * 146097;
	int32_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int32_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int32_t mp = (5 * of_year + 2) / 153;
	int32_t month = mp < 10 ? mp + 3 : mp - 9;

	return (struct civil){
		.year = year_of_era + era * 400 + (month <= 2),
		.month = month,
		.day = of_year - (153 * mp + 2) / 5 + 1,
	};
}

enum weekday day_weekday(int32_t day)
{
	/* 1970-01-01 was a Thursday. */
	return (enum weekday)((((int64_t)day + DAY_THU) % 7 + 7) % 7);
}

int32_t day_month_length(int32_t year, int32_t month)
{
	static const int8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return lengths[month - 1] + (month == 2 && leap);
}

int32_t day_add_months(int32_t day, int64_t months, bool *ret_missing)
{
	struct civil c = day_civil(day);
	int64_t index = (int64_t)c.year * 12 + c.month - 1 + months;
	int32_t year, month, length;

	if (index < 12 || index >= 120000)
		return DAY_NONE;
	year = (int32_t)(index / 12);
	month = (int32_t)(index % 12) + 1;
	length = day_month_length(year, month);
	*ret_missing = c.day > length;
	return day_of_civil(year, month, c.day > length ? length : c.day);
}

/* `count` digits; -1 when one is none. */
static int32_t digits(const char *s, int count)
{
	int32_t n = 0;

	for (int i = 0; i < count; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		n = n * 10 + (s[i] - '0');
	}
	return n;
}

bool day_parse(struct span s, int32_t *ret)
{
	int32_t year, month, day;

	if (s.len != 10 || s.at[4] != '-' || s.at[7] != '-')
		return false;
	year = digits(s.at, 4);
	month = digits(s.at + 5, 2);
	day = digits(s.at + 8, 2);
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > day_month_length(year, month))
		return false;
	*ret = day_of_civil(year, month, day);
	return true;
}

static void put_digits(char *to, int32_t n, int count)
{
	while (count-- > 0) {
		to[count] = (char)('0' + n % 10);
		n /= 10;
	}
}

void day_format(int32_t day, char out[DAY_TEXT_SIZE])
{
	struct civil c = day_civil(day);

	put_digits(out, c.year, 4);
	out[4] = '-';
	put_digits(out + 5, c.month, 2);
	out[7] = '-';
	put_digits(out + 8, c.day, 2);
	out[10] = '\0';
}

/* Civil days of the proleptic Gregorian calendar, as days since 1970-01-01. */
#pragma once

#include "lib/base.h"

/* 0001-01-01 … 9999-12-31: what a date of four digits can say. */
#define DAY_MIN       (-719162)
#define DAY_MAX       2932896
#define DAY_NONE      INT32_MIN
#define DAY_TEXT_SIZE 11 /* "2026-11-27" and its NUL */

enum weekday { DAY_MON, DAY_TUE, DAY_WED, DAY_THU, DAY_FRI, DAY_SAT, DAY_SUN };

struct civil {
	int32_t year;
	int32_t month; /* 1…12 */
	int32_t day;   /* 1…31 */
};

static inline bool day_is_real(int64_t day)
{
	return day >= DAY_MIN && day <= DAY_MAX;
}

/* `month` 1…12; `day` may lie outside the month and then counts on. Any year within ±1,000,000. */
int32_t day_of_civil(int32_t year, int32_t month, int32_t day);
struct civil day_civil(int32_t day);
enum weekday day_weekday(int32_t day);
int32_t day_month_length(int32_t year, int32_t month);
/*
 * The same day-number `months` on, or the month's last day where that number is missing (then
 * *ret_missing is true). DAY_NONE: beyond DAY_MIN…DAY_MAX, *ret_missing untouched.
 */
int32_t day_add_months(int32_t day, int64_t months, bool *ret_missing);
/* Exactly "YYYY-MM-DD", years 0001…9999. False: anything else. */
bool day_parse(struct span s, int32_t *ret);
/* `day` must be real. */
void day_format(int32_t day, char out[DAY_TEXT_SIZE]);

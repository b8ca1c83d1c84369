/* TZif bytes (RFC 8536) to one table of transitions, its footer unrolled for one cycle of 400
 * years. */
#include <errno.h>

#include "lib/day.h"
#include "lib/zone_table.h"

#define HEADER_SIZE     44
#define TYPE_SIZE       6
#define TRANSITIONS_MAX 4096 /* the largest file of the tz database has some 240 */

/* The counts of one header, in its order. */
struct counts {
	uint32_t isut, isstd, leap, time, type, chars;
};

struct reader {
	const unsigned char *at;
	size_t len;
};

static uint32_t be32(const unsigned char *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static int64_t be64(const unsigned char *b)
{
	return (int64_t)((uint64_t)be32(b) << 32 | be32(b + 4));
}

static bool take_header(struct reader *r, unsigned *ret_version, struct counts *ret)
{
	const unsigned char *b = r->at;

	if (r->len < HEADER_SIZE || memcmp(b, "TZif", 4) != 0)
		return false;
	*ret_version = b[4];
	*ret = (struct counts){
		be32(b + 20), be32(b + 24), be32(b + 28), be32(b + 32), be32(b + 36), be32(b + 40)};
	r->at += HEADER_SIZE;
	r->len -= HEADER_SIZE;
	/* Leap seconds ("right/" zones) would make seconds no longer POSIX ones. */
	return ret->leap == 0 && ret->time <= TRANSITIONS_MAX && ret->type >= 1 &&
	       ret->type <= 256 && ret->chars <= 4096 && ret->isut <= 256 && ret->isstd <= 256;
}

static size_t data_size(const struct counts *c, size_t time_size)
{
	return c->time * time_size + c->time + c->type * TYPE_SIZE + c->chars +
	       c->leap * (time_size + 4) + c->isstd + c->isut;
}

/* Fills `zone` from the block at `data`, times of 8 bytes. */
static bool take_transitions(const unsigned char *data, const struct counts *c, struct zone *zone)
{
	const unsigned char *indices = data + (size_t)c->time * 8;
	const unsigned char *types = indices + c->time;

	for (uint32_t i = 0; i < c->type; i++) {
		int32_t offset = (int32_t)be32(types + (size_t)i * TYPE_SIZE);

		if (offset < -ZONE_OFFSET_MAX || offset > ZONE_OFFSET_MAX)
			return false;
	}
	zone->first_offset = (int32_t)be32(types);
	for (uint32_t i = 0; i < c->time; i++) {
		int64_t at = be64(data + (size_t)i * 8);

		if (indices[i] >= c->type || at > INT64_C(1) << 40 ||
			(i && at <= zone->transitions[i - 1].at))
			return false;
		zone->transitions[i].at = at < -(INT64_C(1) << 40) ? -(INT64_C(1) << 40) : at;
		zone->transitions[i].offset = (int32_t)be32(types + (size_t)indices[i] * TYPE_SIZE);
	}
	zone->count = c->time;
	return true;
}

static void add_transition(struct zone *zone, int64_t at, int32_t offset)
{
	int32_t before;

	/* Summer time all year: its end and its next begin are one instant. */
	if (zone->count && at == zone->transitions[zone->count - 1].at)
		zone->count--;
	before = zone->count ? zone->transitions[zone->count - 1].offset : zone->first_offset;
	if ((zone->count && at < zone->transitions[zone->count - 1].at) || before == offset)
		return;
	zone->transitions[zone->count++] = (struct zone_transition){at, offset};
}

/* Goes on by the footer for a little more than one cycle, which then comes round. */
static void unroll(struct zone *zone, const struct zone_footer *f)
{
	int32_t first = 1970;

	if (zone->count)
		first = day_civil((int32_t)(zone->transitions[zone->count - 1].at / 86400)).year;
	else
		zone->first_offset = f->standard;
	if (!f->has_summer) {
		/* The same offset for ever; a table that ends in it already says so. */
		return;
	}
	for (int32_t year = first; year <= first + 402; year++) {
		int64_t begin, end;

		zone_footer_year(f, year, &begin, &end);
		if (begin <= end) {
			add_transition(zone, begin, f->summer);
			add_transition(zone, end, f->standard);
		} else {
			add_transition(zone, end, f->standard);
			add_transition(zone, begin, f->summer);
		}
	}
	zone->cyclic = true;
}

/* "\n<TZ string>\n"; an empty one says nothing. */
static bool take_footer(const struct reader *r, bool *ret_given, struct zone_footer *ret)
{
	const unsigned char *end;

	if (r->len < 2 || r->at[0] != '\n')
		return false;
	end = memchr(r->at + 1, '\n', r->len - 1);
	if (!end)
		return false;
	*ret_given = end > r->at + 1;
	return !*ret_given ||
	       zone_footer_parse(
		       (struct span){(const char *)r->at + 1, (size_t)(end - r->at) - 1}, ret);
}

int zone_parse(struct span bytes, struct zone **ret_zone)
{
	struct reader r = {(const unsigned char *)bytes.at, bytes.len};
	struct zone_footer footer = {0};
	struct counts c;
	unsigned version;
	size_t size;
	bool footed;
	_cleanup_(zone_freep)
	struct zone *zone = NULL;

	/* The first block is for readers of 32-bit times; the second is the whole truth. */
	if (!take_header(&r, &version, &c) || version < '2' || data_size(&c, 4) > r.len)
		return -EINVAL;
	r.at += data_size(&c, 4);
	r.len -= data_size(&c, 4);
	if (!take_header(&r, &version, &c) || data_size(&c, 8) > r.len)
		return -EINVAL;
	size = sizeof(*zone) + (c.time + 2 * 404) * sizeof(zone->transitions[0]);
	zone = calloc(1, size);
	if (!zone)
		abort();
	if (!take_transitions(r.at, &c, zone))
		return -EINVAL;
	r.at += data_size(&c, 8);
	r.len -= data_size(&c, 8);
	if (!take_footer(&r, &footed, &footer))
		return -EINVAL;
	if (footed)
		unroll(zone, &footer);
	*ret_zone = zone;
	zone = NULL;
	return 0;
}

/* The host's time zone files: one file read whole, by a name that cannot lead elsewhere. */
#include <errno.h>
#include <stdio.h>

#include "daemon/zoneinfo.h"
#include "lib/text.h"

#define FILE_MAX (256 * 1024) /* the largest has 3.5 kB */

static int read_whole(const char *path, char **ret_bytes, size_t *ret_len)
{
	FILE *f = fopen(path, "rbe");
	_free_ char *bytes = NULL;
	size_t len;
	bool bad;

	if (!f)
		return -errno;
	bytes = malloc(FILE_MAX);
	if (!bytes)
		abort();
	len = fread(bytes, 1, FILE_MAX, f);
	bad = ferror(f) || len == FILE_MAX;
	fclose(f);
	if (bad)
		return -EIO;
	*ret_bytes = bytes;
	*ret_len = len;
	bytes = NULL;
	return 0;
}

static int load(_unused_ void *arg, const char *name, char **ret_bytes, size_t *ret_len)
{
	const char *dir = getenv("TZDIR");
	_text_ path = TEXT_INIT;

	if (!zone_name_is_valid(span_of(name)))
		return -ENOENT;
	text_addf(&path, "%s/%s", dir && *dir ? dir : "/usr/share/zoneinfo", name);
	return read_whole(path.data, ret_bytes, ret_len);
}

struct zone_loader zoneinfo_loader(void)
{
	return (struct zone_loader){.load = load};
}

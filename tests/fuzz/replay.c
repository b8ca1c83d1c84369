/*
 * A main for fuzz targets without libFuzzer: every file of a corpus, whole and cut short, each time
 * against an unreadable page, so that a read past the end is seen even without a sanitizer.
 */
#include <dirent.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/target.h"

#define CUTS 512 /* how many shorter versions of a file are tried */

static size_t runs;

static void run(const char *bytes, size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t room = (len + page - 1) / page * page;
	char *map =
		mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(map != MAP_FAILED);
	must(mprotect(map + room, page, PROT_NONE) == 0);
	for (size_t cut = 0; cut <= len && cut <= CUTS; cut++) {
		memmove(map + room - (len - cut), bytes, len - cut);
		LLVMFuzzerTestOneInput((const uint8_t *)map + room - (len - cut), len - cut);
		runs++;
	}
	munmap(map, room + page);
}

static void replay(const char *name)
{
	FILE *f = fopen(name, "rb");
	_free_ char *bytes = NULL;
	size_t len;

	must(f && fseek(f, 0, SEEK_END) == 0);
	len = (size_t)ftell(f);
	rewind(f);
	bytes = malloc(len + 1);
	must(bytes && fread(bytes, 1, len, f) == len);
	fclose(f);
	/* Left standing when the target aborts: which file it was. */
	fprintf(stderr, "# %s\n", name);
	run(bytes, len);
}

int main(int argc, char *argv[])
{
	size_t files = 0;

	for (int i = 1; i < argc; i++) {
		DIR *d = opendir(argv[i]);
		struct dirent *e;

		if (!d) {
			replay(argv[i]);
			files++;
			continue;
		}
		while ((e = readdir(d))) {
			char name[4096];

			if (e->d_name[0] == '.')
				continue;
			snprintf(name, sizeof(name), "%s/%s", argv[i], e->d_name);
			replay(name);
			files++;
		}
		closedir(d);
	}
	printf("%s 1 - %zu files, %zu runs\n1..1\n", files ? "ok" : "not ok", files, runs);
	return files ? 0 : 1;
}

/* stored: an answer comes back as it was, packed or from before there was packing, or not at all.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/api/stored.h"
#include "tests/unit/tap.h"

static struct seal *seal;
static struct stored_answer stored;
static uint8_t key[SEAL_KEY_SIZE];

static char *key_file(const char *directory, const char *name)
{
	_text_ path = TEXT_INIT;
	FILE *f;

	text_addf(&path, "%s/%s", directory, name);
	f = fopen(path.data, "w");
	if (!f || fchmod(fileno(f), 0600) < 0)
		abort();
	for (int i = 0; i < 32; i++)
		fprintf(f, "%02x", name[0] + i);
	fputc('\n', f);
	fclose(f);
	return strdup(path.data);
}

static void open_seal(void)
{
	char directory[] = "/tmp/kezek-stored-XXXXXX";
	struct settings settings = {0};
	char *master, *index;

	if (!mkdtemp(directory))
		abort();
	master = key_file(directory, "master");
	index = key_file(directory, "index");
	settings.master_key = master;
	settings.index_key = index;
	if (seal_new(&settings, &seal) < 0)
		abort();
	unlink(master);
	unlink(index);
	rmdir(directory);
	free(master);
	free(index);
	seal_make_key(seal, &stored.request, key, &stored.wrapped, &stored.master);
}

static bool comes_back(struct span answer)
{
	_text_ back = TEXT_INIT;

	stored_seal(seal, key, &stored.request, answer, &stored.sealed);
	return stored_open(seal, &stored, &back) == 0 && back.len == answer.len &&
	       (!answer.len || memcmp(back.data, answer.at, answer.len) == 0);
}

static int open_plain(const char *plain, size_t len, struct text *ret)
{
	text_reset(&stored.sealed);
	seal_close(seal, key, &stored.request, "answer", (struct span){plain, len}, &stored.sealed);
	return stored_open(seal, &stored, ret);
}

static void test_round(void)
{
	_text_ long_one = TEXT_INIT;

	check(comes_back(SPAN("{\"id\":1}")), "a short one");
	check(comes_back(SPAN("")), "an empty one");
	for (int i = 0; i < 100000; i++)
		text_addf(&long_one, "{\"n\":%d,\"name\":\"Асанов\"},", i * 7919);
	check(comes_back(text_span(&long_one)), "one of megabytes");
	check(stored.sealed.len < long_one.len / 2, "that takes less than half");
	for (size_t i = 0; i < long_one.len; i++)
		long_one.data[i] = (char)(rand() >> 7);
	check(comes_back(text_span(&long_one)), "one that nothing makes smaller");
}

static void test_foreign(void)
{
	static const char cut[] = {'z', 0, 0}, wrong[] = {'z', 0, 0, 0, 9, 'x', 'y'},
			  huge[] = {'z', '\x7f', '\xff', '\xff', '\xff', 0};
	_text_ back = TEXT_INIT;

	check(open_plain("{\"state\":\"queued\"}", 18, &back) == 0 &&
			strcmp(back.data, "{\"state\":\"queued\"}") == 0,
		"one from before there was packing");
	check(open_plain(cut, sizeof(cut), &back) == -EBADMSG, "none that is cut off");
	check(open_plain(wrong, sizeof(wrong), &back) == -EBADMSG, "none of another length");
	check(open_plain(huge, sizeof(huge), &back) == -EBADMSG, "none that asks for gigabytes");
	text_reset(&stored.sealed);
	check(stored_open(seal, &stored, &back) == -EBADMSG, "none that is not sealed");
	text_done(&stored.wrapped);
	check(stored_open(seal, &stored, &back) == -ENODATA, "none whose key is destroyed");
}

int main(void)
{
	open_seal();
	test_round();
	test_foreign();
	stored_answer_done(&stored);
	seal_free(seal);
	return tap_end();
}

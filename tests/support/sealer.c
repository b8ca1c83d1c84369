/*
 * Seals content as the daemon does, for tests that need more of it than a daemon would take in in
 * time:
 *
 *   sealer MASTER_KEY INDEX_KEY < ids > rows
 *
 * A UUID a line; a row for COPY each: id, master, wrapped key, content.
 */
#include <stdio.h>

#include "daemon/seal.h"

static void add_bytes(struct text *t, const struct text *bytes)
{
	text_adds(t, "\t\\\\x");
	text_add_hex(t, bytes->data, bytes->len);
}

static void seal_row(struct seal *s, const char *id, long i, struct text *row)
{
	_text_ wrapped = TEXT_INIT;
	_text_ plain = TEXT_INIT;
	_text_ content = TEXT_INIT;
	uint8_t key[SEAL_KEY_SIZE];
	struct uuid request;
	int master;

	if (!uuid_parse(span_of(id), &request))
		return;
	text_addf(&plain,
		"{\"applicant\":{\"kind\":\"person\",\"name\":\"Толтурулган Арыз %ld\","
		"\"phone\":\"+996555123456\",\"address\":\"Бишкек шаары, Чүй проспектиси 123, "
		"2-корпус, 45-батир\"},\"form\":{\"photo_taken\":true},\"documents\":[{\"kind\":"
		"\"previous_passport\",\"original\":true,\"pages\":2}]}",
		i);
	seal_make_key(s, &request, key, &wrapped, &master);
	seal_close(s, key, &request, "content", text_span(&plain), &content);
	text_addf(row, "%s\t%d", id, master);
	add_bytes(row, &wrapped);
	add_bytes(row, &content);
	text_add_char(row, '\n');
}

int main(int argc, char **argv)
{
	struct settings settings;
	struct seal *seal;
	char line[128];

	if (argc != 3)
		return 2;
	memset(&settings, 0, sizeof(settings));
	settings.master_key = argv[1];
	settings.index_key = argv[2];
	if (seal_new(&settings, &seal) < 0)
		return 1;
	for (long i = 0; fgets(line, sizeof(line), stdin); i++) {
		_text_ row = TEXT_INIT;

		line[strcspn(line, "\n")] = '\0';
		seal_row(seal, line, i, &row);
		if (row.len && fwrite(row.data, 1, row.len, stdout) != row.len)
			return 1;
	}
	seal_free(seal);
	return fflush(stdout) == 0 ? 0 : 1;
}

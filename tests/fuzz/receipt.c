/*
 * What is scanned or typed from a receipt: a verifiable text that is taken apart says the same when
 * it is put together again, so that no two readings have one signature; a look-up code that is read
 * is read from its own form too.
 */
#include "lib/lookup_code.h"
#include "lib/receipt_text.h"
#include "tests/fuzz/target.h"

static void try_proof(struct span line)
{
	struct receipt_proof proof;
	_free_ char *key = NULL;
	_text_ again = TEXT_INIT;

	if (!receipt_text_parse(line, &proof))
		return;
	must(text_add_receipt_text(&again, &proof.said));
	must(proof.signed_text.at == line.at && proof.signed_text.len == again.len);
	key = strndup(proof.key.at, proof.key.len);
	text_add_receipt_signature(&again, key, proof.signature);
	must(again.len == line.len && memcmp(again.data, line.at, line.len) == 0);
}

static void try_code(struct span typed)
{
	char code[LOOKUP_CODE_SIZE], again[LOOKUP_CODE_SIZE];

	if (!lookup_code_parse(typed, code))
		return;
	must(lookup_code_parse(span_of(code), again));
	must(strcmp(code, again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = {(const char *)data, size};

	try_proof(s);
	try_code(s);
	return 0;
}

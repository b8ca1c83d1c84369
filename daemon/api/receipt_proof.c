/* What a receipt proves: its text, signed, and the public keys for who verifies it. */
#include <stdio.h>

#include "daemon/api/receipt_proof.h"
#include "daemon/api/resources.h"
#include "daemon/signer.h"
#include "lib/base64.h"

const char *receipt_code(const struct dossier *d)
{
	return json_object_get_string(json_object_object_get(d->content, "code"));
}

static void add_digest(struct text *t, struct span canonical)
{
	uint8_t hash[SEAL_HASH_SIZE];

	digest_bytes(canonical, hash);
	text_add_receipt_digest(t, hash);
}

/* The signed text and its signature. False: nothing is signed here. */
static bool sign(const struct receipt *r, struct span canonical, struct text *t,
	uint8_t ret_signature[RECEIPT_SIGNATURE_SIZE])
{
	const struct dossier *d = r->d;
	char registered[MOMENT_TEXT_SIZE], due[DAY_TEXT_SIZE] = "", fee[24];
	_text_ digest = TEXT_INIT;
	struct receipt_text said;

	if (!signer_signs(d->api->signer) || !receipt_code(d))
		return false;
	moment_format(d->row.registered_at, dossier_zone(d), registered);
	if (d->row.due_on != DAY_NONE)
		day_format(d->row.due_on, due);
	snprintf(fee, sizeof(fee), "%lld", (long long)(d->variant ? d->variant->fee_tyiyn : 0));
	add_digest(&digest, canonical);
	said = (struct receipt_text){
		.version = RECEIPT_VERSION,
		.number = span_of(d->row.number),
		.registered_at = span_of(registered),
		.office = span_of(d->row.office),
		.service = span_of(d->row.service),
		.variant = span_of(d->row.variant),
		.state = span_of(d->row.state),
		.ground = span_of(r->ground_code),
		.due_on = span_of(due),
		.fee = span_of(fee),
		.code = span_of(receipt_code(d)),
		.digest = text_span(&digest),
	};
	if (!text_add_receipt_text(t, &said))
		return false;
	signer_sign(d->api->signer, text_span(t), ret_signature);
	return true;
}

bool receipt_add_proof(struct text *t, const struct receipt *r)
{
	uint8_t signature[RECEIPT_SIGNATURE_SIZE];
	_text_ canonical = TEXT_INIT;

	receipt_write_canonical(&canonical, r);
	if (!sign(r, text_span(&canonical), t, signature))
		return false;
	text_add_receipt_signature(t, signer_key_id(r->d->api->signer), signature);
	return true;
}

void receipt_write_signature(struct text *t, const struct receipt *r, struct span canonical)
{
	uint8_t signature[RECEIPT_SIGNATURE_SIZE];
	_text_ said = TEXT_INIT;

	if (!sign(r, canonical, &said, signature)) {
		text_adds(t, "\"signature\":null");
		return;
	}
	text_addf(t, "\"signature\":{\"version\":%d,\"key\":\"%s\",\"value\":\"", RECEIPT_VERSION,
		signer_key_id(r->d->api->signer));
	text_add_base64url(t, signature, sizeof(signature));
	text_adds(t, "\"}");
}

/* GET /v1/receipt-key: for everybody, who may well hold a receipt and nothing else. */
void receipt_key_begin(struct call *c)
{
	struct text t = TEXT_INIT;

	signer_write_keys(&t, c->api->signer);
	answer_json(c, 200, &t);
}

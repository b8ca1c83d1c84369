/* What a receipt proves: its text, signed, and the public key for who verifies it. */
#include "daemon/api/receipt_proof.h"
#include "daemon/api/resources.h"
#include "daemon/signer.h"
#include "lib/base64.h"

const char *receipt_code(const struct dossier *d)
{
	return json_object_get_string(json_object_object_get(d->content, "code"));
}

/* The signed text and its signature. False: nothing is signed here. */
static bool sign(
	const struct dossier *d, struct text *t, uint8_t ret_signature[RECEIPT_SIGNATURE_SIZE])
{
	const struct signer *signer = d->api->signer;
	char registered[MOMENT_TEXT_SIZE], due[DAY_TEXT_SIZE] = "";
	const char *code = receipt_code(d);
	struct receipt_text said;

	if (!signer || !code)
		return false;
	moment_format(d->row.registered_at, dossier_zone(d), registered);
	if (d->row.due_on != DAY_NONE)
		day_format(d->row.due_on, due);
	said = (struct receipt_text){span_of(d->row.number), span_of(registered),
		span_of(d->row.office), span_of(d->row.service), span_of(due), span_of(code)};
	if (!text_add_receipt_text(t, &said))
		return false;
	signer_sign(signer, text_span(t), ret_signature);
	return true;
}

bool receipt_add_proof(struct text *t, const struct dossier *d)
{
	uint8_t signature[RECEIPT_SIGNATURE_SIZE];

	if (!sign(d, t, signature))
		return false;
	text_add_receipt_signature(t, signer_key_id(d->api->signer), signature);
	return true;
}

void receipt_write_signature(struct text *t, const struct dossier *d)
{
	uint8_t signature[RECEIPT_SIGNATURE_SIZE];
	_text_ said = TEXT_INIT;

	if (!sign(d, &said, signature)) {
		text_adds(t, "\"signature\":null");
		return;
	}
	text_addf(t, "\"signature\":{\"key\":\"%s\",\"value\":\"", signer_key_id(d->api->signer));
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

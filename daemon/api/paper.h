/* Papers for the applicant, in his language: as text, or as HTML for an A4 page or an 80 mm slip.
 */
#pragma once

#include "daemon/api/dossier.h"

struct paper_form {
	bool html, slip;
};

struct paper {
	struct text *t;
	struct paper_form form;
	enum lang lang;
};

/* The language that the applicant chose. */
enum lang paper_lang(const struct dossier *d);
void paper_begin(
	struct paper *p, struct text *t, struct paper_form form, enum lang lang, enum word title);
/* "Label: value"; nothing where there is no value. */
void paper_line(struct paper *p, enum word label, const char *value);
/* The same, for what is looked for first. */
void paper_strong(struct paper *p, enum word label, const char *value);
/* One label over several lines; nothing where there are none. */
void paper_items(struct paper *p, enum word label, const char *const *items, size_t n);
/* A text as a QR code; in characters on slips only, where it is narrow enough. */
void paper_qr(struct paper *p, enum word label, struct span text);
void paper_end(struct paper *p);

/* Checks the query's `format`. False: answered. */
bool paper_form_check(struct call *c);
/* Answers with what the Accept header and the query's `format` (page, slip) ask for: JSON, text or
 * HTML. Takes the dossier. */
struct paper_kind {
	void (*json)(struct text *t, const struct dossier *d);
	void (*print)(struct text *t, const struct dossier *d, struct paper_form form);
};
void paper_reply(struct call *c, struct dossier *d, const struct paper_kind *kind);

/* Folding for search: what people type should find what is written, whatever the case or the
 * keyboard. */
#pragma once

#include "lib/text.h"

/*
 * Adds UTF-8 `s` in lower case (Cyrillic and Latin), with ё→е, ң→н, ө→о, ү→у: keyboards without the
 * Kyrgyz letters write so. A letter and its mark may come as one sign or, in Cyrillic, as two.
 * Other bytes stay as they are.
 */
void text_add_folded(struct text *t, struct span s);
/* The next word of a folded text, taken off its front: letters and digits; anything between them
 * parts words. False: there is none. */
bool fold_next_word(struct span *rest, struct span *ret_word);

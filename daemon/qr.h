/* Texts as QR codes (ISO/IEC 18004), by libqrencode: for pages as SVG, for slips in characters. */
#pragma once

#include "lib/text.h"

/* An <svg> with the quiet zone the standard asks for; it has no size of its own. False: the text is
 * too long for one code. */
bool text_add_qr_svg(struct text *t, struct span s);
/* Lines of half-block characters, two rows of the code in each. False, and nothing is added: it
 * would be wider than `columns`. */
bool text_add_qr_blocks(struct text *t, struct span s, int columns);

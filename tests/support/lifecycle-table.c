/* Prints the lifecycle: as tab-separated rows, or with `page` as lib/lifecycle.md. For docs and
 * lints. */
#include <stdio.h>

#include "lib/lifecycle.h"

int main(int argc, char **argv)
{
	_text_ t = TEXT_INIT;

	if (argc > 1 && strcmp(argv[1], "page") == 0)
		lifecycle_page(&t);
	else
		lifecycle_tsv(&t);
	return fputs(t.data, stdout) < 0;
}

/* `kezek term` alone, for tests that need nothing else of the command. */
#include "daemon/cli/term.h"

int main(int argc, char **argv)
{
	return cli_term(argc, argv);
}

/* The contract, carried in the program as it stands in include/kezek. */
#include "daemon/api/openapi.h"

__asm__(".section .rodata\n"
	".global kezek_openapi_begin\n"
	"kezek_openapi_begin:\n"
	".incbin \"" OPENAPI_PATH "\"\n"
	".global kezek_openapi_end\n"
	"kezek_openapi_end:\n"
	".previous\n");

extern const char kezek_openapi_begin[], kezek_openapi_end[];

struct span openapi_text(void)
{
	return (struct span){
		kezek_openapi_begin, (size_t)(kezek_openapi_end - kezek_openapi_begin)};
}

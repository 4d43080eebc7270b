/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over the files and folders named: the corpus as a test, with any
 * compiler. */
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static size_t n_run;

static int run(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	size_t n = (size_t)st->st_size, got;
	uint8_t *data;
	FILE *f;

	(void)ftw;
	if (kind != FTW_F) {
		return 0;
	}
	f = fopen(path, "rb");
	data = malloc(n ? n
	                : 1); /* of the exact size, so that a sanitizer sees its end */
	if (!f || !data) {
		perror(path);
		free(data);
		return 1;
	}
	got = fread(data, 1, n, f);
	fclose(f);
	(void)LLVMFuzzerTestOneInput(data, got);
	free(data);
	n_run++;
	return 0;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (nftw(argv[i], run, 16, FTW_PHYS)) {
			return 1;
		}
	}
	printf("%zu inputs\n", n_run);
	return n_run ? 0 : 1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a configuration: refused with a complaint, or valid; and what is valid
 * loads to the same when it is printed and read again. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Load text, complaints to *said (free() it). */
static struct config *load(const char *text, size_t n, char **said)
{
	struct config *config = NULL;
	size_t n_said = 0;
	FILE *out = open_memstream(said, &n_said);
	int err;

	if (!out) {
		abort();
	}
	err = config_load_text(&config, "/nowhere/fuzz.yaml", text, n, out);
	fclose(out);
	if ((err == 0) != (config != NULL) || (err && n_said == 0)) {
		abort(); /* refused without a word */
	}
	return config;
}

static char *print(const struct config *config)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	if (!out) {
		abort();
	}
	config_print(config, out);
	fclose(out);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *said, *first, *second;
	struct config *config = load((const char *)data, n, &said), *again;

	free(said);
	if (!config) {
		return 0;
	}
	first = print(config);
	again = load(first, strlen(first), &said);
	if (!again) {
		fprintf(stderr, "%s\n%s", first, said);
		abort();
	}
	second = print(again);
	if (strcmp(first, second) != 0) {
		fprintf(stderr, "%s\n%s", first, second);
		abort();
	}
	free(first);
	free(second);
	free(said);
	config_free(again);
	config_free(config);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/config/yaml_out.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/config/schema.h"

void yaml_out_text(const char *text, FILE *out)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\') {
			fprintf(out, "\\%c", *text);
		} else if ((unsigned char)*text < 0x20 || *text == 0x7f) {
			fprintf(out, "\\x%02x", (unsigned)*text);
		} else {
			fputc(*text, out);
		}
	}
	fputc('"', out);
}

/* y and n are booleans by the letter of YAML 1.1. */
static bool is_plain(const char *text)
{
	static const char more[] = "_-/().:";
	size_t n = strlen(text);

	if (!isalpha((unsigned char)*text) || n < 2 || text[n - 1] == ':' ||
	    strcasecmp(text, "null") == 0 || schema_is_boolean(text)) {
		return false;
	}
	for (; *text; text++) {
		if (!isalnum((unsigned char)*text) && !strchr(more, *text)) {
			return false;
		}
	}
	return true;
}

void yaml_out_word(const char *text, FILE *out)
{
	if (is_plain(text)) {
		fputs(text, out);
	} else {
		yaml_out_text(text, out);
	}
}

void yaml_out_real(double value, FILE *out)
{
	char text[32];
	int digits = 15;

	do {
		snprintf(text, sizeof(text), "%.*g", digits, value);
	} while (strtod(text, NULL) != value && digits++ < 17);
	fputs(text, out);
}

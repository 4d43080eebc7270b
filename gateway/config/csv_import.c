/* SPDX-License-Identifier: Apache-2.0 */
/* By way of a configuration that names the file: what comes out passes `check`, as it has
 * been through it. */
#include "gateway/config/csv_import.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/config.h"
#include "gateway/config/yaml_out.h"

/* TEST-NET-1 (RFC 5737): nobody's. */
static const char placeholder[] = "tcp://192.0.2.1";

enum { ID_MAX = 64 };

/* The name of a file, without folder and suffix, as an id. */
static void id_of_path(const char *path, char id[ID_MAX + 1])
{
	const char *slash = strrchr(path, '/'), *p = slash ? slash + 1 : path;
	size_t n = 0;

	for (; *p && *p != '.' && n < ID_MAX; p++) {
		id[n++] = (char)(isalnum((unsigned char)*p) || *p == '-' ? *p : '_');
	}
	id[n] = '\0';
	if (n == 0) {
		snprintf(id, ID_MAX + 1, "device");
	}
}

static void print_key(const char *key, const char *text, FILE *out)
{
	if (text) {
		fprintf(out, "    %s: ", key);
		yaml_out_word(text, out);
		fputc('\n', out);
	}
}

/* What is the same in what is checked and what is printed. */
static void print_device(const struct csv_import *what, FILE *out)
{
	char id[ID_MAX + 1];

	id_of_path(what->path, id);
	fputs("devices:\n  - id: ", out);
	yaml_out_word(what->device ? what->device : id, out);
	fputs("\n    driver: modbus\n", out);
	print_key("address", what->address ? what->address : placeholder, out);
	if (what->unit) {
		fprintf(out, "    unit: %s\n", what->unit);
	}
	print_key("every", what->every, out);
}

/* The configuration that names the file; free() it. */
static char *compose(const struct csv_import *what)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	if (!f) {
		return NULL;
	}
	print_device(what, f);
	fputs("    tags_csv: ", f);
	yaml_out_text(what->path, f);
	fputc('\n', f);
	if (what->base) {
		fprintf(f, "    csv_base: %s\n", what->base);
	}
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}

static void print_number(const char *key, double value, double absent, FILE *out)
{
	if (!isnan(value) && value != absent) {
		fprintf(out, ", %s: ", key);
		yaml_out_real(value, out);
	}
}

static void print_tag(const struct config *c, const struct point *p, FILE *out)
{
	static const char *const orders[] = {"ABCD", "CDAB", "BADC", "DCBA"};
	const struct tag *t = &c->tags[p->tag];

	fputs("      - {id: ", out);
	yaml_out_word(t->name, out);
	fputs(", at: ", out);
	yaml_out_word(p->at, out);
	fputs(", type: ", out);
	yaml_out_word(t->kind->type_name, out);
	if (p->encoding->order != ORDER_ABCD) {
		fprintf(out, ", word_order: %s", orders[p->encoding->order]);
	}
	if (*t->kind->unit) {
		fputs(", unit: ", out);
		yaml_out_word(t->kind->unit, out);
	}
	print_number("scale", p->encoding->scale, 1, out);
	print_number("offset", p->encoding->offset, 0, out);
	print_number("min", t->kind->min, NAN, out);
	print_number("max", t->kind->max, NAN, out);
	if (*t->description) {
		fputs(",\n         description: ", out);
		yaml_out_text(t->description, out);
	}
	fputs("}\n", out);
}

int csv_import_print(const struct csv_import *what, FILE *out, FILE *complaints)
{
	char *yaml = compose(what);
	struct config *c = NULL;
	int err = yaml ? 0 : -ENOMEM;

	if (!err && access(what->path, R_OK)) {
		fprintf(complaints, "%s: error: %s\n", what->path, strerror(errno));
		err = -EINVAL;
	}
	if (!err) {
		err = config_load_text(&c, "command-line", yaml, strlen(yaml),
		                       complaints);
	}
	if (!err) {
		print_device(what, out);
		fputs("    tags:\n", out);
		for (size_t i = 0; i < c->devices[0].n_points; i++) {
			print_tag(c, &c->devices[0].points[i], out);
		}
	}
	config_free(c);
	free(yaml);
	return err;
}

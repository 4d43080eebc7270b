/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/plc/watched.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct watched {
	const struct program *program;
	char *names; /* each with a NUL behind */
	const char **name;
	struct program_variable *variables;
	size_t n;
	char value[PROGRAM_TEXT_MAX];
};

/* The end of the first name in a list. */
static size_t name_length(const char *list)
{
	size_t n = 0;
	bool inside = false;

	for (; list[n] && (inside || list[n] != ','); n++) {
		inside = list[n] == '[' || (inside && list[n] != ']');
	}
	return n;
}

int watched_find(struct watched *w, const struct program *p, FILE *complaints)
{
	int err = 0;

	for (size_t i = 0; i < w->n; i++) {
		int wrong = program_find(p, w->name[i], &w->variables[i]);

		if (wrong) {
			fprintf(complaints, "%s: %s\n", w->name[i],
			        wrong == -EEXIST
			                ? "several variables are called so: say which "
			                  "program's"
			        : wrong == -ERANGE ? "outside of its array or area"
			                           : "there is no such variable");
			err = -ENOENT;
		}
	}
	return err;
}

static int split(struct watched *w, const char *list)
{
	size_t room = strlen(list) + 1;
	char *at;

	w->names = strdup(list);
	w->name = calloc(room, sizeof(*w->name));
	w->variables = calloc(room, sizeof(*w->variables));
	if (!w->names || !w->name || !w->variables) {
		return -ENOMEM;
	}
	for (at = w->names; *at;) {
		size_t n = name_length(at);
		bool more = at[n] == ',';

		at[n] = '\0';
		w->name[w->n++] = at;
		at += n + (more ? 1 : 0);
	}
	return 0;
}

int watched_new(struct watched **out, const char *list, const struct program *p,
                FILE *complaints)
{
	struct watched *w = calloc(1, sizeof(*w));
	int err;

	if (!w) {
		return -ENOMEM;
	}
	w->program = p;
	err = split(w, list ? list : "");
	if (!err) {
		err = watched_find(w, p, complaints);
	}
	if (err) {
		watched_free(w);
		return err;
	}
	*out = w;
	return 0;
}

void watched_free(struct watched *w)
{
	if (w) {
		free(w->names);
		free(w->name);
		free(w->variables);
		free(w);
	}
}

size_t watched_count(const struct watched *w)
{
	return w->n;
}

const struct program_variable *watched_at(const struct watched *w, size_t i,
                                          const char **name)
{
	*name = w->name[i];
	return &w->variables[i];
}

void watched_heading(const struct watched *w, FILE *out)
{
	fputs("time_ms", out);
	for (size_t i = 0; i < w->n; i++) {
		bool quoted = strchr(w->name[i], ',') != NULL;

		fprintf(out, quoted ? ",\"%s\"" : ",%s", w->name[i]);
	}
	putc('\n', out);
}

/* ns as ms without zeros at the end. */
static void print_time(int64_t ns, FILE *out)
{
	char fraction[16];
	size_t n;

	fprintf(out, "%" PRId64, ns / 1000000);
	if (ns % 1000000 == 0) {
		return;
	}
	snprintf(fraction, sizeof(fraction), "%06" PRId64, ns % 1000000);
	n = strlen(fraction);
	while (fraction[n - 1] == '0') {
		n--;
	}
	fprintf(out, ".%.*s", (int)n, fraction);
}

void watched_line(struct watched *w, int64_t now_ns, FILE *out)
{
	print_time(now_ns, out);
	for (size_t i = 0; i < w->n; i++) {
		program_read(w->program, &w->variables[i], w->value, sizeof(w->value));
		putc(',', out);
		fputs(w->value, out);
	}
	putc('\n', out);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a program: what is accepted also runs 100 scans, forced and not, and gives
 * back what it retains. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "twin/plc/program.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { SCANS = 100, CEILING = 64 << 20, VISITS_MAX = 300 };

struct visits {
	struct program *program;
	int n;
};

/* Read each value and write it back, and force a few. */
static int visit(void *arg, const char *path, const struct program_variable *v)
{
	struct visits *visits = arg;
	struct program_variable found;
	char text[512];

	program_read(visits->program, v, text, sizeof(text));
	if (program_find(visits->program, path, &found) == 0 && found.at == v->at) {
		program_write(visits->program, v, text);
		if (visits->n % 7 == 3) {
			program_force(visits->program, v, text);
		}
	}
	return ++visits->n == VISITS_MAX;
}

static int give_back(void *arg, const struct program_kept *kept)
{
	return program_restore(arg, kept) != 0;
}

static void run(struct program *p)
{
	struct visits visits = {p, 0};

	for (int k = 0; k < SCANS; k++) {
		if (k == SCANS / 2) {
			program_each(p, visit, &visits);
		}
		if (program_scan(p, k * program_cycle_ns(p)) != 0) {
			program_restart(p, k % 2 == 0);
		}
	}
	program_retained(p, give_back, p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct program_options options = {.watchdog = 2000, .coverage = n % 2 == 0};
	struct sources *s;
	struct program *p;

	if (sources_new(&s)) {
		return 0;
	}
	sources_region(s)->ceiling = CEILING;
	if (sources_add(s, "fuzz.st", (const char *)data, n) == 0 &&
	    program_load(&p, s, &options) == 0) {
		run(p);
		program_free(p);
	}
	sources_free(s);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/reload.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/log.h"
#include "twin/line/line.h"

static bool same_secret(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* What was read of the line's file, whose name alone is printed. */
static bool same_line(const struct flow_config *a, const struct flow_config *b)
{
	const struct line_config *x = a->shifts, *y = b->shifts;
	bool same = !x == !y && a->n_exits == b->n_exits;

	for (size_t i = 0; same && i < a->n_exits; i++) {
		same = a->exits[i].count == b->exits[i].count &&
		       a->exits[i].rejects == b->exits[i].rejects &&
		       !(fabs(a->exits[i].parts - b->exits[i].parts) > 0);
	}
	same = same && (!x || (x->n_breaks == y->n_breaks &&
	                       !(fabs(x->period_s - y->period_s) > 0)));
	for (size_t i = 0; same && x && i < x->n_breaks; i++) {
		same = !(fabs(x->breaks[i].at_s - y->breaks[i].at_s) > 0) &&
		       !(fabs(x->breaks[i].for_s - y->breaks[i].for_s) > 0);
	}
	return same;
}

bool reload_is_same(const struct config *a, const struct config *b)
{
	char *texts[2] = {NULL, NULL};
	const struct config *both[2] = {a, b};
	size_t size;
	bool same = true;

	for (int i = 0; i < 2; i++) {
		FILE *f = open_memstream(&texts[i], &size);

		if (f) {
			config_print(both[i], f);
			fclose(f);
		}
	}
	same = texts[0] && texts[1] && strcmp(texts[0], texts[1]) == 0 &&
	       same_secret(a->mqtt.password, b->mqtt.password) && /* not printed */
	       same_line(&a->flow, &b->flow);
	free(texts[0]);
	free(texts[1]);
	return same;
}

void reload_complain(char *text)
{
	char *rest;

	for (char *line = text ? strtok_r(text, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest)) {
		log_line(LOG_ERROR, "%s", line);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/fmu/trials.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/child/errand.h"

enum { OUTPUT_MAX = 8 << 20 };

struct trials {
	struct trials_parts parts;
	size_t next; /* FMU of the configuration that is tried */
	struct errand *errand;
};

/* Why the check did not pass, for people. */
static void explain(const json_t *o, char *why, size_t room)
{
	const json_t *test = json_object_get(o, "self_test");
	const char *own = json_string_value(json_object_get(o, "why"));
	const char *of_test = json_string_value(json_object_get(test, "why"));

	if (of_test || own) {
		snprintf(why, room, "%s", of_test ? of_test : own);
	} else if (json_is_false(json_object_get(test, "reference"))) {
		snprintf(why, room, "it is up to %.3g off its reference %s",
		         json_number_value(json_object_get(test, "largest_error")),
		         json_string_value(json_object_get(test, "reference_file")));
	} else {
		snprintf(why, room, "`pollux fmu check` says why");
	}
}

/* @return why; NULL: it passed */
static const char *judge(const struct errand_end *end, char *why, size_t room)
{
	json_t *o = json_loadb(end->output, end->n, 0, NULL);

	if (end->err) {
		snprintf(why, room, "it cannot be run: %s", uv_strerror(end->err));
	} else if (end->late) {
		snprintf(why, room, "it did not end in %d min", TRIALS_MAX_S / 60);
	} else if (end->signal) {
		snprintf(why, room, "it was ended by signal %d", end->signal);
	} else if (end->status != 0) {
		explain(o, why, room);
	}
	json_decref(o);
	return *why ? why : NULL;
}

static void begin(struct trials *t);

static void on_done(void *arg, const struct errand_end *end)
{
	struct trials *t = arg;
	char why[600] = "";

	t->errand = NULL;
	t->parts.verdict(t->parts.arg, t->parts.config->fmus[t->next].component,
	                 judge(end, why, sizeof(why)));
	t->next++;
	begin(t);
}

static void begin(struct trials *t)
{
	const struct config *c = t->parts.config;

	if (t->next < c->n_fmus) {
		char *argv[] = {(char *)"pollux",
		                (char *)"fmu",
		                (char *)"check",
		                (char *)"--json",
		                (char *)c->fmus[t->next].path,
		                NULL};
		const struct errand_wish wish = {.loop = t->parts.loop,
		                                 .argv = argv,
		                                 .tmpdir = t->parts.folder,
		                                 .limit_s = TRIALS_MAX_S,
		                                 .output_max = OUTPUT_MAX,
		                                 .done = on_done,
		                                 .arg = t};

		t->errand = errand_begin(&wish);
	}
}

int trials_open(struct trials **out, const struct trials_parts *parts)
{
	struct trials *t = calloc(1, sizeof(*t));

	if (!t) {
		return -ENOMEM;
	}
	t->parts = *parts;
	*out = t;
	begin(t);
	return 0;
}

void trials_close(struct trials *t)
{
	if (t) {
		errand_drop(t->errand);
		t->errand = NULL;
	}
}

void trials_free(struct trials *t)
{
	free(t);
}

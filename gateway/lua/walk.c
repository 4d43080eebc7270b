/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/lua/walk.h"

#include <errno.h>
#include <stdlib.h>

#include "gateway/lua/ask.h"
#include "gateway/lua/caller.h"

/* One script. */
struct walker {
	const struct lua_config *cfg;
	struct caller *caller; /* NULL: it failed */
	struct ask_state state;
};

struct walk {
	struct walk_parts parts;
	struct walker *walkers;
	size_t n;
};

static void lose(struct walk *w, struct walker *one, const struct machine_error *why)
{
	const char *id = w->parts.config->twin.components[one->cfg->component].id;

	if (why->line) {
		fprintf(w->parts.complaints, "%s: its script failed: %s:%u: %s\n", id,
		        one->cfg->name, why->line, why->text);
	} else {
		fprintf(w->parts.complaints, "%s: its script failed: %s: %s\n", id,
		        one->cfg->name, why->text);
	}
	caller_close(one->caller);
	one->caller = NULL;
	twin_answer(w->parts.twin, one->cfg->component, &one->state.last, NULL);
}

static void open_walker(struct walk *w, struct walker *one)
{
	const struct caller_wish wish = {.program = w->parts.program,
	                                 .name = one->cfg->name,
	                                 .text = one->cfg->text,
	                                 .n = one->cfg->n};
	struct machine_error why = {.text = ""};
	struct luamodel_ports ports;

	if (caller_open(&one->caller, &wish, &ports, &why)) {
		lose(w, one, &why);
	}
}

static void advance(struct walk *w, struct walker *one, int64_t t_ns)
{
	const struct config *config = w->parts.config;
	const struct model *model = config->twin.components[one->cfg->component].model;
	struct machine_error why = {.text = "it gives no number"};
	struct local_question q;
	struct local_answer a;
	struct luamodel_ask ask;

	if (!twin_question(w->parts.twin, one->cfg->component, &q)) {
		return;
	}
	q.dt_s = t_ns > q.t_ns ? (double)(t_ns - q.t_ns) / 1e9 : 0;
	ask_make(&one->state, config->twin.components[one->cfg->component].parameters, &q,
	         &ask);
	if (caller_answer(one->caller, &ask, &a, &why)) {
		lose(w, one, &why);
	} else if (!ask_is_finite(model, &a)) {
		why = (struct machine_error){.text = "it gives no number"};
		lose(w, one, &why);
	} else {
		twin_answer(w->parts.twin, one->cfg->component, &q, &a);
	}
}

void walk_advance(struct walk *w, int64_t t_ns)
{
	for (size_t i = 0; i < w->n; i++) {
		if (w->walkers[i].caller) {
			advance(w, &w->walkers[i], t_ns);
		}
	}
}

int walk_open(struct walk **out, const struct walk_parts *parts)
{
	struct walk *w = calloc(1, sizeof(*w));

	if (!w) {
		return -ENOMEM;
	}
	w->parts = *parts;
	w->walkers = calloc(parts->config->n_luas + 1, sizeof(*w->walkers));
	if (!w->walkers) {
		free(w);
		return -ENOMEM;
	}
	for (; w->n < parts->config->n_luas; w->n++) {
		w->walkers[w->n].cfg = &parts->config->luas[w->n];
		open_walker(w, &w->walkers[w->n]);
	}
	*out = w;
	return 0;
}

void walk_free(struct walk *w)
{
	if (!w) {
		return;
	}
	for (size_t i = 0; i < w->n; i++) {
		caller_close(w->walkers[i].caller);
	}
	free(w->walkers);
	free(w);
}

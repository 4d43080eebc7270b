/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/scenario/scenario_file.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/scenario/scenario_build.h"

/* What scenario_file_free() gets is its first member. */
struct loaded {
	struct scenario_setup setup;
	struct plant_setup plant;
	struct arena arena;
};

static size_t name_length(const char *text)
{
	return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	                    "0123456789_-");
}

/* Tags stand in formulas too: so whatever looks like one, and is one. */
char *scenario_file_names(const char *text, const struct config *cfg)
{
	char *names = NULL;
	size_t size;
	FILE *f = open_memstream(&names, &size);

	if (!f) {
		return NULL;
	}
	while (*text) {
		size_t device = name_length(text);
		size_t tag = device && text[device] == '/'
		                     ? name_length(text + device + 1)
		                     : 0;
		char name[2 * 64 + 2] = "";

		if (device == 0) {
			text++;
			continue;
		}
		if (tag > 0 && device <= 64 && tag <= 64) {
			memcpy(name, text, device + 1 + tag);
			if (config_tag(cfg, name) >= 0) {
				fprintf(f, " %s", name);
			}
		}
		text += tag > 0 ? device + 1 + tag : device;
	}
	if (fclose(f)) {
		free(names);
		return NULL;
	}
	return names;
}

static void check_horizon(struct scenario_build *b)
{
	const struct plant_config *c = &b->plant.setup->plant;
	double cycle_s = c->step_s * c->steps;

	if (b->setup->world.horizon_s < cycle_s) {
		complaint_error(b->plant.said, b->plant.root.map->at,
		                "the horizon is shorter than a cycle");
	} else if (b->setup->world.horizon_s / cycle_s > 1e8) {
		complaint_error(b->plant.said, b->plant.root.map->at,
		                "the horizon has more than 1e8 cycles");
	}
	if (c->step_s > 1) {
		complaint_error(b->plant.said, b->plant.root.map->at,
		                "a step of %.9g s: at most 1 s, 'steps' cuts a cycle",
		                c->step_s);
	}
	if (b->plant.setup->n_fmus > 0) {
		complaint_error(b->plant.said, b->plant.root.map->at,
		                "an FMU cannot be run ahead");
	}
}

/* From the file's tree to the setup.  0, -ENOMEM, -EINVAL with complaints. */
static int build(struct scenario_build *b, const struct scenario_wish *wish)
{
	struct plant_given given;
	struct scenario_setup *s = b->setup;
	int err = scenario_given(b, &given);

	b->plant.given = &given;
	err = err ? err : plant_machine_build(&b->plant);
	b->plant.given = NULL;
	if (err) {
		return err;
	}
	s->world.plant = &b->plant.setup->plant;
	s->world.parts = b->parts;
	s->world.horizon_s = wish->horizon_s > 0
	                             ? wish->horizon_s
	                             : (double)schema_int(&b->plant.root, "horizon") /
	                                       1000;
	s->world.points = (size_t)schema_int(&b->plant.root, "points");
	s->samples = (uint32_t)schema_int(&b->plant.root, "samples");
	s->world.seed = wish->seed >= 0 ? (uint64_t)wish->seed
	                                : b->plant.setup->plant.seed;
	check_horizon(b);
	/* What has no kind or no input cannot be looked at further. */
	if (complaint_errors(b->plant.said)) {
		return -EINVAL;
	}
	err = scenario_parts(b);
	err = !err && complaint_errors(b->plant.said) ? -EINVAL : err;
	return err ? err : plant_try(&b->plant);
}

static int load(struct loaded *l, struct complaints *said,
                const struct scenario_wish *wish)
{
	const char *const path_text[2] = {wish->path, wish->text};
	struct scenario_build b = {
		.plant = {.arena = &l->arena,
	                  .said = said,
	                  .root = {&scenario_root, NULL},
	                  .setup = &l->plant},
		.cfg = wish->cfg,
		.snapshot = wish->snapshot,
		.setup = &l->setup,
	};
	int err = schema_read(&l->arena, said, path_text, &b.plant.root);

	l->setup.path = arena_format(&l->arena, "%s", path_text[0]);
	return err ? err : build(&b, wish);
}

int scenario_file_read(struct scenario_setup **out, const struct scenario_wish *wish,
                       FILE *complaints)
{
	struct loaded *l = calloc(1, sizeof(*l));
	struct complaints *said = complaint_new();
	int err = l && said ? load(l, said, wish) : -ENOMEM;

	if (said) {
		complaint_print(said, complaints);
	}
	if (err && err != -EINVAL) {
		fprintf(complaints, "%s: error: %s\n", wish->path, strerror(-err));
	}
	if (!err) {
		*out = &l->setup;
		l = NULL;
	}
	complaint_free(said);
	scenario_file_free(l ? &l->setup : NULL);
	return err;
}

void scenario_file_free(struct scenario_setup *s)
{
	struct loaded *l = (struct loaded *)s;

	if (l) {
		arena_free(&l->arena);
		free(l);
	}
}

int64_t scenario_signal(const struct scenario_setup *s, const char *name)
{
	return plant_signal_find(&((const struct loaded *)s)->plant, name);
}

bool scenario_is_free(const struct scenario_setup *s, uint32_t signal)
{
	const struct plant_build b = {.setup = (struct plant_setup *)(uintptr_t) &
	                                       ((const struct loaded *)s)->plant};

	return !plant_has_writer(&b, signal);
}

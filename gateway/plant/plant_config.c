/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/plant/plant_config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/reading.h"
#include "gateway/config/config_file.h"
#include "gateway/plant/plant_build.h"

/* What plant_config_free() gets is its first member. */
struct loaded {
	struct plant_setup setup;
	struct arena arena;
};

/* The members of a loop, each feeding the next. */
static void complain_loop(struct plant_build *b)
{
	const struct plant_config *c = &b->setup->plant;
	uint32_t members[MODEL_OUTPUTS_MAX];
	int n = plant_loop(c, members, ARRAY_SIZE(members));
	char text[800] = "";
	size_t at = 0;

	for (int i = 0; i < n && at < sizeof(text); i++) {
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%.80s -> ",
		                       c->signals[members[i]].name);
	}
	complaint_error(
		b->said, b->root.map->at,
		"outputs depend on each other with no state between: %s%.80s", text,
		n < (int)ARRAY_SIZE(members) ? c->signals[members[0]].name : "...");
}

static int no_step(void *arg, uint32_t part, const double th[2], const double *u,
                   double *y)
{
	memset(y, 0, MODEL_OUTPUTS_MAX * sizeof(*y));
	return 0;
}

int plant_try(struct plant_build *b)
{
	static const struct plant_remote nobody = {.step = no_step};
	struct plant_config c = b->setup->plant;
	struct plant *p = NULL;
	int err;

	c.settle_s = 0;
	c.remote = &nobody;
	err = plant_new(&p, &c);
	plant_free(p);
	if (err == -ELOOP) {
		complain_loop(b);
	} else if (err == -EEXIST) {
		complaint_error(b->said, b->root.map->at, "a signal has two writers");
	} else if (err == -EINVAL) {
		complaint_error(b->said, b->root.map->at, "too large a plant, or cycle");
	}
	return err == -ELOOP || err == -EEXIST ? -EINVAL : err;
}

static int build(struct plant_build *b, const struct schema_view *script)
{
	int err = plant_machine_build(b);

	err = err ? err : plant_plc_build(b);
	err = err ? err : plant_units_build(b);
	if (!err && complaint_errors(b->said) == 0) {
		err = plant_script_build(b, script);
	}
	if (!err && complaint_errors(b->said)) {
		err = -EINVAL;
	}
	return err ? err : plant_try(b);
}

static int load(struct loaded *l, struct complaints *said, const char *const paths[2],
                const char *const texts[2])
{
	const char *const own[2] = {paths[0], texts[0]}, *const other[2] = {paths[1],
	                                                                    texts[1]};
	struct plant_build b = {.arena = &l->arena,
	                        .said = said,
	                        .root = {&plant_root, NULL},
	                        .setup = &l->setup};
	struct schema_view script = {&plant_script_root, NULL};
	int err = schema_read(&l->arena, said, own, &b.root);

	if (texts[1] && err != -ENOMEM) {
		int err_of_script = schema_read(&l->arena, said, other, &script);

		err = err ? err : err_of_script;
	} else {
		script = b.root;
	}
	return err ? err : build(&b, &script);
}

static int load_texts(struct plant_setup **out, const char *const paths[2],
                      const char *const texts[2], FILE *complaints)
{
	struct loaded *l = calloc(1, sizeof(*l));
	struct complaints *said = complaint_new();
	int err = l && said ? load(l, said, paths, texts) : -ENOMEM;

	if (said) {
		complaint_print(said, complaints);
	}
	if (err && err != -EINVAL) {
		fprintf(complaints, "%s: error: %s\n", paths[0], strerror(-err));
	}
	if (!err) {
		*out = &l->setup;
		l = NULL;
	}
	complaint_free(said);
	plant_config_free(l ? &l->setup : NULL);
	return err;
}

int plant_config_load_text(struct plant_setup **out, const char *path, const char *text,
                           FILE *complaints)
{
	const char *const paths[2] = {path, NULL}, *const texts[2] = {text, NULL};

	return load_texts(out, paths, texts, complaints);
}

int plant_config_load(struct plant_setup **out, const char *path, const char *script,
                      FILE *complaints)
{
	const char *const paths[2] = {path, script};
	const char *texts[2] = {"", NULL};
	struct arena arena = {0};
	int err = 0;

	for (size_t i = 0; i < 2 && paths[i] && !err; i++) {
		char *text;
		size_t n;

		err = config_file_read(paths[i], false, &arena, &text, &n);
		if (err) {
			fprintf(complaints, "%s: error: %s\n", paths[i],
			        config_file_error(err));
		}
		texts[i] = text;
	}
	err = err ? err : load_texts(out, paths, texts, complaints);
	arena_free(&arena);
	return err;
}

struct arena *plant_config_arena(struct plant_setup *s)
{
	return &((struct loaded *)s)->arena;
}

void plant_config_free(struct plant_setup *s)
{
	struct loaded *l = (struct loaded *)s;

	if (l) {
		arena_free(&l->arena);
		free(l);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The envelope that a machine was designed for, as a file. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config/config_file.h"
#include "gateway/config/schema.h"
#include "gateway/usage/usage.h"

static const struct schema_key limit_keys[] = {
	{"tag", SCHEMA_TAG, "DEVICE/TAG", .flags = SCHEMA_REQUIRED},
	{"min", SCHEMA_REAL, "in its unit", .flags = 0},
	{"max", SCHEMA_REAL, "in its unit", .flags = 0},
	{"name", SCHEMA_TEXT, "what it is for", .min = 1, .max = 200},
	{0},
};
static const struct schema_object limit = {"limit", "of a tag", limit_keys};

static const struct schema_key machine_keys[] = {
	{"id", SCHEMA_ID, "its name", .flags = SCHEMA_REQUIRED},
	{"count", SCHEMA_TAG, "DEVICE/TAG: jobs that it finished, good or not",
         .flags = SCHEMA_REQUIRED},
	{"rejects", SCHEMA_TAG, "those of them that were not good", .flags = 0},
	{"down", SCHEMA_TAG, "not 0: it has failed", .flags = 0},
	{"busy", SCHEMA_TAG, "not 0: it works; absent: whenever it is not down",
         .flags = 0},
	{"ideal", SCHEMA_DURATION, "of one job, for effectiveness", .min = 1,
         .max = 86400000},
	{0},
};
static const struct schema_object machine = {
	"machine", "whose parts are counted, for OEE", machine_keys};

static const struct schema_key root_keys[] = {
	{"envelope", SCHEMA_OBJECT, "what the machine was designed for",
         .shape = SCHEMA_LIST_OF, .object = &limit},
	{"machines", SCHEMA_OBJECT, "whose OEE is wanted", .shape = SCHEMA_LIST_OF,
         .object = &machine},
	{0},
};
static const struct schema_object root = {"envelope", "a design envelope", root_keys};

struct envelope_file {
	struct arena arena;
	struct usage_envelope *limits;
	size_t n;
	struct usage_machine *machines;
	size_t n_machines;
};

static void read_limit(struct envelope_file *f, const struct schema_view *v,
                       const struct config *cfg, struct complaints *said)
{
	const char *tag = schema_text(v, "tag");
	int64_t at = tag ? config_tag(cfg, tag) : -1;

	if (tag && at < 0) {
		complaint_error(said, v->map->at, "there is no tag '%.130s'", tag);
	} else if (tag && isnan(schema_real(v, "min")) && isnan(schema_real(v, "max"))) {
		complaint_error(said, v->map->at, "'min' or 'max' is wanted");
	} else if (tag) {
		f->limits[f->n++] = (struct usage_envelope){
			(uint32_t)at, schema_real(v, "min"), schema_real(v, "max"),
			schema_text(v, "name")};
	}
}

static const char *read_tag(const struct schema_view *v, const char *key,
                            const struct config *cfg, struct complaints *said)
{
	const char *tag = schema_text(v, key);

	if (tag && config_tag(cfg, tag) < 0) {
		complaint_error(said, schema_node(v, key)->at, "there is no tag '%.130s'",
		                tag);
	}
	return tag;
}

static void read_machine(struct envelope_file *f, const struct schema_view *v,
                         const struct config *cfg, struct complaints *said)
{
	f->machines[f->n_machines++] = (struct usage_machine){
		.id = schema_text(v, "id"),
		.tags = {.count = read_tag(v, "count", cfg, said),
	                 .rejects = read_tag(v, "rejects", cfg, said),
	                 .down = read_tag(v, "down", cfg, said),
	                 .busy = read_tag(v, "busy", cfg, said)},
		.ideal_s = schema_node(v, "ideal") ? (double)schema_int(v, "ideal") / 1000
	                                           : (double)NAN};
}

static int load(struct envelope_file *f, const char *path, const struct config *cfg,
                struct complaints *said)
{
	struct schema_view view = {&root, NULL};
	const char *path_text[2] = {path, NULL};
	char *text;
	size_t n;
	int err = config_file_read(path, false, &f->arena, &text, &n);

	if (err) {
		return err;
	}
	path_text[1] = text;
	err = schema_read(&f->arena, said, path_text, &view);
	if (err) {
		return err;
	}
	n = schema_count(&view, "envelope");
	f->limits = arena_array(&f->arena, n, sizeof(*f->limits));
	for (size_t i = 0; f->limits && i < n; i++) {
		struct schema_view v = schema_item(&view, "envelope", i);

		if (v.map) {
			read_limit(f, &v, cfg, said);
		}
	}
	n = schema_count(&view, "machines");
	f->machines = arena_array(&f->arena, n, sizeof(*f->machines));
	for (size_t i = 0; f->machines && i < n; i++) {
		struct schema_view v = schema_item(&view, "machines", i);

		if (v.map) {
			read_machine(f, &v, cfg, said);
		}
	}
	return !f->limits || !f->machines ? -ENOMEM
	       : complaint_errors(said)   ? -EINVAL
	                                  : 0;
}

int envelope_read(struct envelope_file **out, const char *path, const struct config *cfg,
                  FILE *complaints)
{
	struct envelope_file *f = calloc(1, sizeof(*f));
	struct complaints *said = complaint_new();
	int err = f && said ? load(f, path, cfg, said) : -ENOMEM;

	if (said) {
		complaint_print(said, complaints);
	}
	if (err && err != -EINVAL) {
		fprintf(complaints, "%s: error: %s\n", path, config_file_error(err));
	}
	complaint_free(said);
	if (err) {
		envelope_free(f);
		return err;
	}
	*out = f;
	return 0;
}

const struct usage_envelope *envelope_limits(const struct envelope_file *f, size_t *n)
{
	*n = f ? f->n : 0;
	return f ? f->limits : NULL;
}

const struct usage_machine *envelope_machines(const struct envelope_file *f, size_t *n)
{
	*n = f ? f->n_machines : 0;
	return f ? f->machines : NULL;
}

void envelope_free(struct envelope_file *f)
{
	if (f) {
		arena_free(&f->arena);
		free(f);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/* File to struct config: read, include, check against the table, build, check across. */
#include "gateway/config.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/config/config_build.h"
#include "gateway/config/config_csv.h"
#include "gateway/config/config_file.h"
#include "gateway/config/config_include.h"
#include "gateway/config/config_recorded.h"
#include "gateway/config/config_template.h"
#include "twin/nearest.h"

/** What config_free() gets is its first member. */
struct loaded {
	struct config config;
	struct arena arena;
	const struct config_recording *recording; /* NULL: none */
};

struct place config_place(const struct schema_view *v, const char *name)
{
	const struct node *node = tree_find(v->map, name);

	if (node) {
		return node->at;
	}
	return v->map ? v->map->at : (struct place){0};
}

/* The machine's name, cut to what an id may be. */
static const char *host_id(struct arena *arena)
{
	char name[65] = "";
	size_t n = 0;

	if (gethostname(name, sizeof(name) - 1) == 0) {
		while (schema_is_id(name + n, 1)) {
			n++;
		}
	}
	return n ? arena_text(arena, name, n) : "pollux";
}

static int build_gateway(struct build *b)
{
	struct schema_view v = schema_sub(&b->root, "gateway");
	struct schema_view h = schema_sub(&b->root, "history");
	struct schema_view http = schema_sub(&b->root, "http");
	struct config *c = b->config;

	c->gateway_id = schema_text(&v, "id");
	if (!c->gateway_id) {
		c->gateway_id = host_id(b->arena);
	}
	c->state_dir = schema_text(&v, "state_dir");
	c->timezone = schema_text(&v, "timezone");
	c->http_listen = http.map ? schema_text(&http, "listen") : NULL;
	c->history.state_dir = c->state_dir;
	c->history.gateway_id = c->gateway_id;
	c->history.keep_s = schema_int(&h, "keep") / 1000;
	c->history.max_bytes = schema_int(&h, "max_size");
	c->history.commit_ms = (uint32_t)schema_int(&h, "commit");
	c->history.full = schema_choice(&h, "durability") == 0;
	return c->gateway_id ? 0 : -ENOMEM;
}

/* Devices and components as the history lists them, and who is to be sent to. */
static int build_history(struct build *b)
{
	static const char *const destinations[] = {"mqtt"};
	struct config *c = b->config;
	size_t n = c->n_devices + c->n_components;
	struct history_device *list = arena_array(b->arena, n + 1, sizeof(*list));

	if (!list) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < c->n_devices; i++) {
		list[i] = (struct history_device){c->devices[i].id, c->devices[i].driver,
		                                  c->devices[i].address};
	}
	for (size_t i = 0; i < c->n_components; i++) {
		const struct component_config *k = &c->twin.components[i];

		list[c->n_devices + i] = (struct history_device){k->id, "twin",
		                                                 k->model->name};
	}
	if (c->flow.file) {
		list[n++] = (struct history_device){c->tags[c->flow.tag].device, "line",
		                                    c->flow.file};
	}
	c->history.devices = list;
	c->history.n_devices = n;
	c->history.tags = c->tags;
	c->history.n_tags = c->n_tags;
	c->history.destinations = destinations;
	c->history.n_destinations = c->mqtt.enabled ? 1 : 0;
	return 0;
}

static int build(struct loaded *l, struct node *root, struct complaints *said)
{
	struct build b = {.config = &l->config,
	                  .arena = &l->arena,
	                  .once = {.arena = &l->arena},
	                  .said = said,
	                  .root = {&schema_root, root}};
	int err = build_gateway(&b);

	err = err ? err : config_mqtt_build(&b);
	err = err ? err : config_devices_build(&b);
	err = err ? err : config_twin_build(&b);
	err = err ? err : config_forecasts_build(&b);
	err = err ? err : config_flow_build(&b);
	err = err ? err : config_trends_build(&b);
	err = err ? err : config_routings_build(&b);
	err = err ? err : build_history(&b);
	return err ? err : config_check(&b);
}

static int load(struct loaded *l, const char *path, const char *text, size_t n,
                struct complaints *said)
{
	struct node *root = NULL;
	int source = complaint_source(said, path, text, n);
	int err = source < 0 ? source : 0;

	if (!err) {
		err = tree_read(&root, &l->arena, said, (uint32_t)source);
	}
	if (!err && !root) {
		complaint_error(said, (struct place){0}, "the file is empty");
		err = -EINVAL;
	}
	if (!err) {
		err = tree_expand(root, &l->arena, said);
	}
	if (!err) {
		err = config_include(root, &l->arena, said);
	}
	if (!err) {
		err = config_template_expand(root, &l->arena, said);
	}
	if (!err) {
		err = config_csv_expand(root, &l->arena, said);
	}
	if (err && (err != -EINVAL || !root)) {
		return err;
	}
	schema_check(root, &schema_root, said);
	if (err || root->bad) {
		return -EINVAL;
	}
	if (l->recording) {
		err = config_recorded_add(root, &l->arena, l->recording);
	}
	err = err ? err : build(l, root, said);
	return !err && complaint_errors(said) ? -EINVAL : err;
}

/* A text to read, and what is to be done with it. */
struct loading {
	const char *path, *text;
	size_t n;
	const struct config_recording *recording;
};

static int load_all(struct config **out, const struct loading *from, FILE *complaints)
{
	const char *path = from->path;
	struct loaded *l = calloc(1, sizeof(*l));
	struct complaints *said = complaint_new();
	int err = l && said ? 0 : -ENOMEM;

	if (!err) {
		l->recording = from->recording;
		complaint_hide(said, "password:");
		l->config.path = arena_text(&l->arena, path, strlen(path));
		err = l->config.path ? load(l, l->config.path, from->text, from->n, said)
		                     : -ENOMEM;
	}
	if (said) {
		complaint_print(said, complaints);
	}
	if (err && err != -EINVAL) {
		fprintf(complaints, "%s: error: %s\n", path, strerror(-err));
	}
	if (!err) {
		l->config.n_warnings = complaint_warnings(said);
		arena_drop_scratch(&l->arena);
		*out = &l->config;
		l = NULL;
	}
	complaint_free(said);
	config_free(l ? &l->config : NULL);
	return err;
}

int config_load_text(struct config **out, const char *path, const char *text, size_t n,
                     FILE *complaints)
{
	const struct loading from = {path, text, n, NULL};

	return load_all(out, &from, complaints);
}

int config_load_recording(struct config **out, const char *path,
                          const struct config_recording *recording, FILE *complaints)
{
	struct arena arena = {0};
	char *text;
	size_t n;
	int err = config_file_read(path, false, &arena, &text, &n);

	if (err) {
		fprintf(complaints, "%s: error: %s\n", path, config_file_error(err));
	} else {
		const struct loading from = {path, text, n, recording};

		err = load_all(out, &from, complaints);
	}
	arena_free(&arena);
	malloc_trim(0); /* the tree of a large file is many times what is kept of it */
	return err;
}

int config_load(struct config **out, const char *path, FILE *complaints)
{
	return config_load_recording(out, path, NULL, complaints);
}

void config_free(struct config *c)
{
	struct loaded *l = (struct loaded *)c;

	if (l) {
		arena_free(&l->arena);
		free(l);
	}
}

/* Tags of a device follow each other and share its name: compare names by pointer first.
 */
int64_t config_tag(const struct config *c, const char *device_slash_tag)
{
	const char *slash = strchr(device_slash_tag, '/');
	const char *device = NULL;
	bool wanted = false;

	for (size_t i = 0; slash && i < c->n_tags; i++) {
		size_t n = (size_t)(slash - device_slash_tag);

		if (c->tags[i].device != device) {
			device = c->tags[i].device;
			wanted = strncmp(device, device_slash_tag, n) == 0 && !device[n];
		}
		if (wanted && strcmp(c->tags[i].name, slash + 1) == 0) {
			return (int64_t)i;
		}
	}
	return -1;
}

void config_print_schema(FILE *out)
{
	schema_print(&schema_root, out);
}

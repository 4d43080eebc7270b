/* SPDX-License-Identifier: Apache-2.0 */
/* The section line: the file of the line, whose counters tell its throughput. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config/config_build.h"
#include "gateway/config/config_file.h"
#include "gateway/line/line_exit.h"
#include "twin/line/line.h"

static const char flow_device[] = "line", flow_tag[] = "throughput";

/* "06:00", s after midnight; else a complaint. */
static double begins_of(struct build *b, const struct schema_view *v)
{
	const struct node *node = schema_node(v, "begins");
	const char *text = schema_text(v, "begins");
	char *end;
	unsigned long hour = strtoul(text, &end, 10), minute = 60;

	if (isdigit((unsigned char)*text) && *end == ':' &&
	    isdigit((unsigned char)end[1])) {
		minute = strtoul(end + 1, &end, 10);
	}
	if (*end || hour > 23 || minute > 59) {
		complaint_error(b->said, node ? node->at : config_place(v, "begins"),
		                "'%.64s' is no time of day: \"06:00\"", text);
	}
	return (double)hour * 3600 + (double)minute * 60;
}

/* What is wrong within the line's file, in its own words: the first line of them. */
static void complain_of_file(struct build *b, const struct node *node, const char *path,
                             const char *words)
{
	size_t n = strcspn(words, "\n");

	if (n > 0) {
		complaint_error(b->said, node->at, "%.*s", (int)n, words);
	} else {
		complaint_error(b->said, node->at, "%s: it cannot be read", path);
	}
}

/* A counter by its name in the line's file.  False: complained about. */
static bool find_counter(struct build *b, const struct node *node, const char *name,
                         uint32_t *out)
{
	int64_t tag = config_resolve(b, node, name);

	if (tag < 0) {
		return false;
	}
	if (!b->tags[tag].kind->analog) {
		complaint_error(b->said, node->at, "'%s' is no count: its type is %s",
		                name, b->tags[tag].kind->type_name);
		return false;
	}
	*out = (uint32_t)tag;
	return true;
}

static int keep_breaks(struct build *b, const struct line_config *line)
{
	struct flow_config *out = &b->config->flow;
	struct line_break *breaks = arena_array(b->arena, line->n_breaks,
	                                        sizeof(*breaks));
	struct line_config *shifts = arena_array(b->arena, 1, sizeof(*shifts));

	if (!breaks || !shifts) {
		return -ENOMEM;
	}
	if (line->n_breaks > 0) {
		memcpy(breaks, line->breaks, line->n_breaks * sizeof(*breaks));
	}
	*shifts = (struct line_config){
		.breaks = breaks, .n_breaks = line->n_breaks, .period_s = line->period_s};
	out->shifts = shifts;
	return 0;
}

static int keep_exits(struct build *b, const struct node *node,
                      const struct line_setup *setup)
{
	struct flow_config *out = &b->config->flow;
	struct line_exit exits[LINE_EXITS_MAX];
	char why[LINE_EXIT_WHY_MAX];
	size_t n = line_exits(setup, exits, why);
	struct flow_exit *kept = arena_array(b->arena, n, sizeof(*kept));

	if (!kept) {
		return -ENOMEM;
	}
	if (n == 0) {
		complaint_error(b->said, node->at,
		                "what the line gives cannot be counted: %s", why);
	}
	for (size_t i = 0; i < n; i++) {
		struct flow_exit *e = &kept[out->n_exits];

		*e = (struct flow_exit){.rejects = FLOW_NONE, .parts = exits[i].parts};
		if (find_counter(b, node, exits[i].count, &e->count) &&
		    (!exits[i].rejects ||
		     find_counter(b, node, exits[i].rejects, &e->rejects))) {
			out->n_exits++;
		}
	}
	out->exits = kept;
	return keep_breaks(b, &setup->config);
}

/* A tag stands behind those of the components, as of one more of them. */
static int add_tag(struct build *b, const char *name, const char *unit,
                   const char *description)
{
	struct config *c = b->config;
	const struct tag tag = {
		.device = flow_device,
		.name = name,
		.description = description,
		.device_index = (uint32_t)(c->n_devices + c->n_components),
		.period_ms = (*unit ? c->flow.window_s : c->flow.every_s) * 1000};
	uint32_t i = config_tag_add(b, &tag, unit);

	c->twin.n_tags = c->n_tags;
	return b->tags[i].kind && b->options[i] ? 0 : -ENOMEM;
}

static int add_tags(struct build *b)
{
	static const struct {
		const char *name, *description;
	} shift[FLOW_SHIFT_TAGS] = {
		{"shift_made", "good parts since the shift began"},
		{"shift_p10", "of the whole shift: at least so many in nine of ten"},
		{"shift_p50", "as likely more as less"},
		{"shift_p90", "at most so many in nine of ten"},
	};
	struct config *c = b->config;
	uint32_t *told = arena_array(b->arena, 1, sizeof(*told));
	int err = told ? 0 : -ENOMEM;

	c->flow.tag = (uint32_t)c->n_tags;
	c->flow.shift_tag = c->flow.tag + 1;
	err = err ? err : add_tag(b, flow_tag, "1/h", "good parts of the last window");
	for (size_t i = 0; c->flow.shift_s > 0 && i < FLOW_SHIFT_TAGS && !err; i++) {
		err = add_tag(b, shift[i].name, "", shift[i].description);
	}
	if (!err) {
		told[0] = c->flow.tag;
		c->twin.told = told;
		c->twin.n_told = 1;
	}
	return err;
}

/* The period of the shifts begins at a time of day, or of the week. */
static void check_period(struct build *b, const struct node *node)
{
	double period_s = b->config->flow.shifts->period_s;
	double days = 86400 / period_s, weeks = 7 * 86400 / period_s;

	if (b->config->flow.shifts->n_breaks > 0 && days != (double)(int64_t)days &&
	    weeks != (double)(int64_t)weeks) {
		complaint_error(b->said, node->at,
		                "the shifts' period divides neither a day nor a week: "
		                "their breaks cannot be put on a clock");
	}
}

static int read_line(struct build *b, const struct node *node)
{
	struct flow_config *out = &b->config->flow;
	struct line_setup *setup = NULL;
	char *words = NULL;
	size_t size;
	FILE *f = open_memstream(&words, &size);
	int err;

	if (!f) {
		return -ENOMEM;
	}
	err = line_file_read(&setup, out->file, NULL, f);
	fclose(f);
	if (err && err != -ENOMEM) {
		complain_of_file(b, node, out->file, words ? words : "");
		err = 0;
	} else if (!err) {
		err = keep_exits(b, node, setup);
	}
	if (setup && !err) {
		check_period(b, node);
	}
	line_file_free(setup);
	free(words);
	return err;
}

int config_flow_build(struct build *b)
{
	struct schema_view v = schema_sub(&b->root, "line");
	const struct node *node = schema_node(&v, "file");
	struct flow_config *out = &b->config->flow;
	int err;

	if (!v.map) {
		return 0;
	}
	if (!node && !schema_node(&v, "routings")) {
		complaint_error(b->said, v.map->at,
		                "'line' wants a 'file', 'routings', or both");
	}
	if (!node || !node->text) {
		return 0;
	}
	out->file = config_file_path(
		node->text, complaint_source_name(b->said, node->at.source), b->arena);
	if (!out->file) {
		return -ENOMEM;
	}
	out->shift_s = (uint32_t)(schema_int(&v, "shift") / 1000);
	if (out->shift_s && 86400 % out->shift_s) {
		complaint_error(b->said, config_place(&v, "shift"),
		                "a day is no whole number of such shifts");
	}
	out->device = flow_device;
	out->window_s = (uint32_t)(schema_int(&v, "window") / 1000);
	out->begins_s = begins_of(b, &v);
	out->every_s = (uint32_t)(schema_int(&v, "every") / 1000);
	err = read_line(b, node);
	return err ? err : add_tags(b);
}

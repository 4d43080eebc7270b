/* SPDX-License-Identifier: Apache-2.0 */
/* pollux check: is the configuration valid, and what will be asked of the devices? */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gateway/cli/check_fmu.h"
#include "gateway/cli/view.h"
#include "gateway/config/quantity.h"
#include "gateway/device_file.h"
#include "gateway/load.h"
#include "twin/drift/var_fit.h"

extern const struct command command_check;

/* Beyond it a line has no room for a retry, in percent of the time. */
enum { BUSY_PCT = 80 };

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void print_period(uint32_t period_ms)
{
	char text[QUANTITY_TEXT_MAX];

	quantity_print_duration(period_ms, text, sizeof(text));
	printf("every %s", text);
}

static void print_tag(const struct tag *t, const struct device_config *d,
                      const struct point *p)
{
	const struct driver *driver = driver_find(d->driver);
	char at[POINT_TEXT_MAX];

	snprintf(at, sizeof(at), "%s", p->at);
	if (driver->print_point) {
		driver->print_point(p, at, sizeof(at));
	}
	printf("  %s/%s: %s %s", t->device, t->name, at, t->kind->type_name);
	if (p->encoding->raw && p->encoding->raw->exponent_at && driver->print_point) {
		static const struct encoding whole = {.scale = 1, .type = TYPE_INT16};
		struct point exponent = {.encoding = &whole,
		                         .address = p->encoding->raw->exponent,
		                         .space = p->space};

		driver->print_point(&exponent, at, sizeof(at));
		printf(" x 10^(%s)", at);
	}
	if (p->encoding->scale != 1) {
		printf(" x %.9g", p->encoding->scale);
	}
	if (p->encoding->offset != 0) {
		printf(" %c %.9g", p->encoding->offset < 0 ? '-' : '+',
		       fabs(p->encoding->offset));
	}
	printf("%s%s, ", *t->kind->unit ? " in " : "", t->kind->unit);
	print_period(t->period_ms);
	puts(t->kind->writable ? ", writable" : "");
}

static void print_line(void *arg, const char *text)
{
	fprintf(arg, "    %s\n", text);
}

static void print_group(const struct device_config *d, size_t group)
{
	const struct driver *driver = driver_find(d->driver);
	uint32_t cycle_us = 0;
	size_t n_tags = 0, n;

	for (size_t i = 0; i < d->n_points; i++) {
		n_tags += d->points[i].group == group;
	}
	fputs("  ", stdout);
	print_period(d->periods_ms[group]);
	printf(": %zu tag%s\n", n_tags, plural(n_tags));
	if (driver->plan) {
		n = driver->plan(d, UINT32_C(1) << group, &cycle_us, print_line, stdout);
		printf("    %zu request%s a cycle, about %.1f ms\n", n, plural(n),
		       cycle_us / 1e3);
	}
}

/* What the device refused in an earlier run. */
static void print_holes(const struct device_config *d)
{
	const struct driver *driver = driver_find(d->driver);

	for (size_t i = 0; i < d->n_holes; i++) {
		char asked[POINT_TEXT_MAX], range[POINT_TEXT_MAX];

		driver->print_range(&d->holes[i].asked, asked, sizeof(asked));
		driver->print_range(&d->holes[i].range, range, sizeof(range));
		view_hole(stdout, asked, range, d->holes[i].code);
	}
}

static void print_device(const struct config *c, const struct device_config *d)
{
	char timeout[QUANTITY_TEXT_MAX];

	quantity_print_duration(d->timeout_ms, timeout, sizeof(timeout));
	printf("device %s: %s %s unit %u, timeout %s", d->id, d->driver, d->address,
	       d->unit, timeout);
	if (d->measured_us && !d->limits.round_trip_us) {
		printf(", answers in %.3g ms as measured", d->measured_us / 1e3);
	}
	putchar('\n');
	print_holes(d);
	for (size_t i = 0; i < d->n_periods; i++) {
		print_group(d, i);
	}
	for (size_t i = 0; i < d->n_points; i++) {
		print_tag(&c->tags[d->points[i].tag], d, &d->points[i]);
	}
}

/* What all devices of one address ask of it, said with the first of them. */
static void print_load(const struct config *c, size_t first)
{
	const char *address = c->devices[first].address;
	struct load load = {0};
	size_t n = 0;
	double pct;

	for (size_t i = 0; i < c->n_devices; i++) {
		const struct device_config *d = &c->devices[i];
		struct load own;

		if (strcmp(d->address, address) != 0) {
			continue;
		}
		if (i < first) {
			return;
		}
		own = load_of_device(d);
		n++;
		load.busy += own.busy;
		load.requests_per_s += own.requests_per_s;
	}
	pct = 100 * load.busy;
	if (pct > 0) {
		printf("load of %s: %.1f %%, %.3g requests/s, %zu device%s%s\n", address,
		       pct, load.requests_per_s, n, plural(n),
		       pct > BUSY_PCT ? "  (warning: no room for a retry)" : "");
	}
}

/* "pump/temperature in degC x 1 + 273.15" */
static void print_tie(const struct tag *t, const struct binding *tie)
{
	printf("%s/%s%s%s", t->device, t->name, *t->kind->unit ? " in " : "",
	       t->kind->unit);
	if (tie->scale != 1) {
		printf(" x %.9g", tie->scale);
	}
	if (tie->offset != 0) {
		printf(" + %.9g", tie->offset);
	}
	putchar('\n');
}

static void print_bindings(const struct config *c, const struct component_config *k,
                           bool outputs)
{
	const struct binding *list = outputs ? k->outputs : k->inputs;
	size_t n = outputs ? k->n_outputs : k->n_inputs;

	for (size_t i = 0; i < n; i++) {
		const struct model_port *port = outputs ? twin_output_port(k,
		                                                           list[i].port)
		                                        : &k->model->inputs[list[i].port];
		const struct tag *t = &c->tags[list[i].tag];

		printf("  %s %s%s%s: ", outputs ? "output" : "input", port->name,
		       *port->unit ? " in " : "", port->unit);
		if (list[i].tag >= c->n_field_tags) {
			printf("virtual sensor %s/%s\n", t->device, t->name);
		} else {
			print_tie(t, &list[i]);
		}
	}
}

static void print_component(const struct config *c, const struct component_config *k)
{
	const struct model *m = k->model;

	printf("component %s: model %s, learns from %u rows\n", k->id, m->name, k->learn);
	for (size_t i = 0; i < m->n_parameters; i++) {
		printf("  parameter %s: %.9g %s", m->parameters[i].name, k->parameters[i],
		       m->parameters[i].unit);
		if (k->estimate[i] > 0) {
			printf(", followed, may be off by %.3g %%", 100 * k->estimate[i]);
		}
		putchar('\n');
	}
	if (k->n_tags) {
		printf("  on %zu tags, of which %u rows are fitted\n", k->n_tags,
		       (unsigned)(VAR_FIT_SHARE * k->learn));
	}
	print_bindings(c, k, false);
	print_bindings(c, k, true);
}

static void print_plan(const struct config *c)
{
	for (size_t i = 0; i < c->n_devices; i++) {
		print_device(c, &c->devices[i]);
	}
	for (size_t i = 0; i < c->n_devices; i++) {
		print_load(c, i);
	}
	for (size_t i = 0; i < c->n_components; i++) {
		print_component(c, &c->twin.components[i]);
	}
}

/* As the gateway would begin: with what is known of the devices by now. */
static void print_plan_with(const struct config *c)
{
	struct config known = *c;
	struct device_file *file;

	if (device_file_new(&file, c, NULL) == 0) {
		known.devices = device_file_devices(file);
		print_plan(&known);
		device_file_free(file);
	}
}

static void print_summary(const struct config *c)
{
	printf("%s: valid, %zu device%s, %zu tag%s, %zu component%s\n", c->path,
	       c->n_devices, plural(c->n_devices), c->n_field_tags,
	       plural(c->n_field_tags), c->n_components, plural(c->n_components));
}

static enum exit_code run(int argc, char **argv)
{
	const char *path = CONFIG_PATH;
	struct config *c = NULL;
	bool verbose = false;
	int option;

	optind = 1;
	while ((option = getopt(argc, argv, "+:c:v")) != -1) {
		if (option == 'c') {
			path = optarg;
		} else if (option == 'v') {
			verbose = true;
		} else {
			return command_usage(argv[0],
			                     option == ':' ? "-%c needs a file"
			                                   : "no option -%c",
			                     optopt);
		}
	}
	if (optind < argc) {
		return command_usage(argv[0], "'%s' is one too many", argv[optind]);
	}
	if (config_load(&c, path, stderr)) {
		return EXIT_CONFIG;
	}
	if (verbose) {
		print_plan_with(c);
	}
	(void)check_fmu_all(c, verbose);
	print_summary(c);
	config_free(c);
	return EXIT_DONE;
}

const struct command command_check = {
	.name = "check",
	.summary = "validate a configuration; -v prints the request plan",
	.help = "usage: pollux check [-c FILE] [-v]\n\n"
		"Reads FILE (default " CONFIG_PATH ") with all it includes and prints\n"
		"every error as file:line:col with the source line, on stderr.\n"
		"An FMU that brings a reference is run against it.\n\n"
		"  -c FILE  configuration\n"
		"  -v       print what will be asked of each device, and how tags and\n"
		"           models are tied together\n\n"
		"Exit code 0: valid, 3: not.\n",
	.run = run,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* pollux check: is the configuration valid, and what will be asked of the devices? */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "gateway/cli/command.h"
#include "gateway/config.h"

extern const struct command command_check;

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
	printf("  every %u ms: %zu tags\n", d->periods_ms[group], n_tags);
	if (!driver->plan) {
		return;
	}
	n = driver->plan(d, UINT32_C(1) << group, &cycle_us, print_line, stdout);
	printf("    %zu requests a cycle, about %.1f ms", n, cycle_us / 1e3);
	if (d->periods_ms[group]) {
		printf(", %.0f %% of the period", cycle_us / 10.0 / d->periods_ms[group]);
	}
	putchar('\n');
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
	printf("  %s/%s: %s %s", t->device, t->name, at, t->type_name);
	if (p->scale != 1 || p->offset != 0) {
		printf(" x %.9g + %.9g", p->scale, p->offset);
	}
	printf("%s%s, every %u ms%s\n", *t->unit ? " in " : "", t->unit, t->period_ms,
	       t->writable ? ", writable" : "");
}

static void print_device(const struct config *c, const struct device_config *d)
{
	printf("device %s: %s %s unit %u, timeout %u ms\n", d->id, d->driver, d->address,
	       d->unit, d->timeout_ms);
	for (size_t i = 0; i < d->n_periods; i++) {
		print_group(d, i);
	}
	for (size_t i = 0; i < d->n_points; i++) {
		print_tag(&c->tags[d->points[i].tag], d, &d->points[i]);
	}
}

static void print_bindings(const struct config *c, const char *what,
                           const struct binding *list, size_t n,
                           const struct model_port *ports)
{
	for (size_t i = 0; i < n; i++) {
		const struct model_port *port = &ports[list[i].port];
		const struct tag *t = &c->tags[list[i].tag];

		if (list[i].tag >= c->n_field_tags) {
			printf("  %s %s: virtual sensor %s/%s in %s\n", what, port->name,
			       t->device, t->name, port->unit);
		} else {
			printf("  %s %s: %s/%s, %s = %.9g x %s + %.9g\n", what,
			       port->name, t->device, t->name, port->unit, list[i].scale,
			       *t->unit ? t->unit : "value", list[i].offset);
		}
	}
}

static void print_component(const struct config *c, const struct component_config *k)
{
	const struct model *m = k->model;

	printf("component %s: %s, learns on %u rows\n", k->id, m->name, k->learn);
	for (size_t i = 0; i < m->n_parameters; i++) {
		printf("  parameter %s: %.9g %s\n", m->parameters[i].name,
		       k->parameters[i], m->parameters[i].unit);
	}
	print_bindings(c, "input", k->inputs, k->n_inputs, m->inputs);
	print_bindings(c, "output", k->outputs, k->n_outputs, m->outputs);
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
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
	for (size_t i = 0; verbose && i < c->n_devices; i++) {
		print_device(c, &c->devices[i]);
	}
	for (size_t i = 0; verbose && i < c->n_components; i++) {
		print_component(c, &c->twin.components[i]);
	}
	print_summary(c);
	config_free(c);
	return EXIT_DONE;
}

const struct command command_check = {
        .name = "check",
        .summary = "validate a configuration; -v prints the request plan",
        .help = "usage: pollux check [-c FILE] [-v]\n\n"
                "Reads FILE (default " CONFIG_PATH ") with all it includes and prints\n"
                "every error as file:line:col with the source line, on stderr.\n\n"
                "  -c FILE  configuration\n"
                "  -v       print what will be asked of each device, and how tags and\n"
                "           models are tied together\n\n"
                "Exit code 0: valid, 3: not.\n",
        .run = run,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* pollux config: the schema, the effective configuration, models, templates. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gateway/cli/command.h"
#include "gateway/config.h"
#include "gateway/config/config_template.h"
#include "gateway/config/csv_import.h"

extern const struct command command_config;

static void print_ports(const char *what, const struct model_port *ports, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		printf("  %-9s  %-20s %-8s %s", what, ports[i].name, ports[i].unit,
		       ports[i].description);
		if (strcmp(what, "output") != 0) {
			printf(isnan(ports[i].preset) ? "; required" : "; default %.9g",
			       ports[i].preset);
		}
		putchar('\n');
	}
}

static void print_model(const struct model *m)
{
	printf("%s (%s)\n", m->name, m->source ? m->source : "");
	print_ports("parameter", m->parameters, m->n_parameters);
	print_ports("input", m->inputs, m->n_inputs);
	print_ports("output", m->outputs, m->n_outputs);
}

static enum exit_code print_models(void)
{
	for (size_t i = 0; model_at(i); i++) {
		print_model(model_at(i));
	}
	print_model(&model_var);
	puts("  tags: [DEVICE/TAG, DEVICE/*], up to 256 numbers; learnt, no equations");
	return EXIT_DONE;
}

static enum exit_code show(const char *path)
{
	struct config *c = NULL;

	if (config_load(&c, path, stderr)) {
		return EXIT_CONFIG;
	}
	config_print(c, stdout);
	config_free(c);
	return EXIT_DONE;
}

static enum exit_code print_templates(const char *path)
{
	int err = config_template_print(path, stdout);

	if (err == -ENOENT) {
		fputs("there are no templates\n", stderr);
		return EXIT_DONE;
	}
	return err ? EXIT_FAILED : EXIT_DONE;
}

/* argv[0] is "config", argv[1] "import-csv". */
static enum exit_code import_csv(int argc, char **argv)
{
	static const struct option options[] = {
		{"device", required_argument, NULL, 'd'},
		{"address", required_argument, NULL, 'a'},
		{"unit", required_argument, NULL, 'u'},
		{"every", required_argument, NULL, 'e'},
		{"base", required_argument, NULL, 'b'},
		{0},
	};
	struct csv_import what = {0};
	int option;

	optind = 2;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'd':
			what.device = optarg;
			break;
		case 'a':
			what.address = optarg;
			break;
		case 'u':
			what.unit = optarg;
			break;
		case 'e':
			what.every = optarg;
			break;
		case 'b':
			what.base = optarg;
			break;
		default:
			return command_usage(argv[0],
			                     "import-csv: '%s' is not understood",
			                     argv[optind - 1]);
		}
	}
	if (optind + 1 != argc) {
		return command_usage(argv[0], "import-csv takes one FILE.csv");
	}
	what.path = argv[optind];
	return csv_import_print(&what, stdout, stderr) ? EXIT_CONFIG : EXIT_DONE;
}

static enum exit_code run(int argc, char **argv)
{
	const char *path = CONFIG_PATH, *what = argc > 1 ? argv[1] : "";
	int option;

	if (strcmp(what, "import-csv") == 0) {
		return import_csv(argc, argv);
	}
	optind = 2;
	while (argc > 1 && (option = getopt(argc, argv, "+:c:")) != -1) {
		if (option != 'c') {
			return command_usage(argv[0],
			                     option == ':' ? "-%c needs a file"
			                                   : "no option -%c",
			                     optopt);
		}
		path = optarg;
	}
	if (argc > 1 && optind < argc) {
		return command_usage(argv[0], "'%s' is one too many", argv[optind]);
	}
	if (strcmp(what, "schema") == 0) {
		config_print_schema(stdout);
		return EXIT_DONE;
	}
	if (strcmp(what, "show") == 0) {
		return show(path);
	}
	if (strcmp(what, "models") == 0) {
		return print_models();
	}
	if (strcmp(what, "templates") == 0) {
		return print_templates(path);
	}
	return command_usage(
		argv[0], "schema, show, models, templates or import-csv, not '%s'", what);
}

const struct command command_config = {
	.name = "config",
	.summary = "schema, effective configuration, models, templates, CSV",
	.help = "usage: pollux config schema\n"
		"       pollux config show [-c FILE]\n"
		"       pollux config models\n"
		"       pollux config templates [-c FILE]\n"
		"       pollux config import-csv FILE.csv [--device ID] [--address A]\n"
		"              [--unit N] [--every T] [--base auto|0|1|reference]\n\n"
		"  schema      JSON Schema of the configuration, for editors\n"
		"  show        the effective configuration with all defaults, without\n"
		"              secrets (-c FILE, default " CONFIG_PATH ")\n"
		"  models      the models of components: parameters, inputs, outputs,\n"
		"              units, sources\n"
		"  templates   the device templates that FILE finds, and their "
		"parameters\n"
		"  import-csv  a register map as YAML on stdout; --base says what its\n"
		"              addresses are: protocol addresses from 0, registers from "
		"1,\n"
		"              references (40001); auto: references where all could be\n",
	.run = run,
};

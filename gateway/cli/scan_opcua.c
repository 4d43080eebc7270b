/* SPDX-License-Identifier: Apache-2.0 */
/* The variables of an OPC UA server, as tags. */
#include <errno.h>
#include <getopt.h>
#include <search.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drivers/driver.h"
#include "gateway/cli/scan.h"
#include "gateway/clock.h"
#include "gateway/config/yaml_out.h"

enum {
	REDRAW_MS = 100,
	ID_MAX = 64,     /* bytes of a tag's id */
	PATH_SHOWN = 40, /* bytes of a path, of the progress */
};

struct call {
	const char *address;
	int64_t timeout_ms;
};

struct scan {
	const struct call *call;
	void *ids; /* tree of texts: each tag has an id of its own */
	size_t n;
	uint64_t started_ns, drawn_ns;
	bool drawing; /* stderr is a terminal */
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	interrupted = 1;
}

static void wipe(const struct scan *s)
{
	if (s->drawing) {
		fputs("\r\033[K", stderr);
	}
}

static bool go_on(void *arg, size_t n_seen, const char *path)
{
	struct scan *s = arg;
	uint64_t now_ns = clock_now_ns();

	if (s->drawing && now_ns - s->drawn_ns >= REDRAW_MS * UINT64_C(1000000)) {
		s->drawn_ns = now_ns;
		fprintf(stderr, "\r%zu nodes, %zu variables  %.*s\033[K", n_seen, s->n,
		        PATH_SHOWN, path);
	}
	return !interrupted;
}

static int compare_texts(const void *left, const void *right)
{
	return strcmp(left, right);
}

/* The end of a path, of letters that an id may have: "Pump/Flow" is Pump_Flow. */
static void spell_id(char id[ID_MAX + 1], const char *path)
{
	static const char legal[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789_-";
	size_t n = 0;

	for (const char *at = path; *at; at++) {
		bool good = strchr(legal, *at) != NULL;

		if (n == ID_MAX) {
			memmove(id, id + 1, --n);
		}
		if (good || (n > 0 && id[n - 1] != '_')) {
			id[n++] = good ? *at : '_';
		}
	}
	while (n > 1 && id[n - 1] == '_') {
		n--;
	}
	id[n] = '\0';
}

/* An id that no other tag has.  @return NULL: no memory */
static const char *take_id(struct scan *s, const char *path)
{
	char id[ID_MAX + 1], *text = malloc(ID_MAX + 1);
	char **found = NULL;

	spell_id(id, *path ? path : "tag");
	for (unsigned int i = 1; text && (!found || *found != text); i++) {
		if (i == 1) {
			snprintf(text, ID_MAX + 1, "%s", id);
		} else {
			snprintf(text, ID_MAX + 1, "%.52s_%u", id, i);
		}
		found = tsearch(text, &s->ids, compare_texts);
		if (!found) {
			free(text);
			text = NULL;
		}
	}
	return text;
}

/* In a comment, which ends with its line. */
static void put_comment(const char *text)
{
	for (; *text; text++) {
		putchar(*text > 0 && *text < ' ' ? '?' : *text);
	}
}

static void on_item(void *arg, const struct browse_item *item)
{
	struct scan *s = arg;
	const char *id = take_id(s, item->path);

	if (!id) {
		return;
	}
	wipe(s);
	if (s->n++ == 0) {
		printf("devices:\n  - id: opcua\n    driver: opcua\n    address: ");
		yaml_out_text(s->call->address, stdout);
		printf("\n    every: 1s\n    tags:\n");
	}
	printf("      # ");
	put_comment(item->path);
	printf("%s", *item->value ? " = " : "");
	put_comment(item->value);
	printf("%s\n", item->writable ? ", can be written" : "");
	printf("      - {id: %s, at: ", id);
	yaml_out_text(item->at, stdout);
	printf(", type: %s", item->type);
	if (*item->unit) {
		printf(", unit: ");
		yaml_out_text(item->unit, stdout);
	}
	printf("}\n");
}

static enum exit_code tell(const struct scan *s, int err)
{
	double seconds = (double)(clock_now_ns() - s->started_ns) / 1e9;

	wipe(s);
	if (err == -EFBIG) {
		fprintf(stderr, "pollux scan: %s: too many nodes to look at all\n",
		        s->call->address);
	} else if (err && err != -ECANCELED) {
		fprintf(stderr, "pollux scan: %s: %s\n", s->call->address,
		        err == -EACCES ? "refused: certificate, user or security"
		                       : strerror(-err));
	} else if (s->n == 0 && !err) {
		fprintf(stderr, "pollux scan: %s: it has no variables\n",
		        s->call->address);
	}
	if (s->n > 0) {
		printf("# %zu variables in %.1f s%s\n", s->n, seconds,
		       err ? ", which is not all" : "");
	}
	if (err == -ECANCELED || err == -EFBIG) {
		return EXIT_FAILED;
	}
	return err || s->n == 0 ? EXIT_DEVICE : EXIT_DONE;
}

static enum exit_code scan_with(const struct driver *driver, const struct call *call)
{
	struct scan s = {.call = call,
	                 .started_ns = clock_now_ns(),
	                 .drawing = isatty(STDERR_FILENO)};
	const struct browse_sink sink = {on_item, go_on, &s};
	const struct sigaction action = {.sa_handler = on_signal};
	enum exit_code code;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	code = tell(&s, driver->browse(call->address, (uint32_t)call->timeout_ms, &sink));
	tdestroy(s.ids, free);
	return code;
}

static enum exit_code parse(int argc, char **argv, struct call *call)
{
	static const struct option options[] = {{"timeout", required_argument, NULL, 't'},
	                                        {"yaml", no_argument, NULL, 'Y'},
	                                        {0}};

	*call = (struct call){.timeout_ms = 5000};
	opterr = 0;
	for (int opt; (opt = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (opt == '?' ||
		    (opt == 't' && (command_duration(optarg, &call->timeout_ms) ||
		                    call->timeout_ms < 1 || call->timeout_ms > 60000))) {
			return command_usage("scan", "'%s' is not understood",
			                     argv[optind - 1]);
		}
	}
	if (argc - optind != 1) {
		return command_usage("scan", "one address is wanted");
	}
	call->address = argv[optind];
	return EXIT_DONE;
}

enum exit_code scan_opcua(int argc, char **argv)
{
	const struct driver *driver = driver_find("opcua");
	const char *why;
	struct call call;
	enum exit_code code = parse(argc, argv, &call);

	if (code != EXIT_DONE) {
		return code;
	}
	if (!driver) {
		return command_usage("scan", "OPC UA is not in this build: it needs %s",
		                     driver_needs("opcua"));
	}
	if (driver->parse_address(call.address, &why)) {
		return command_usage("scan", "%s: %s", call.address, why);
	}
	return scan_with(driver, &call);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cli/demo_world.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <jansson.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/cli/demo_files.h"
#include "gateway/clock.h"

enum {
	START_MS = 10000,
	STOP_MS = 6000,
	QUIET_MS = 300, /* the witness has heard all when nothing comes for so long */
	TRIES = 5,      /* somebody else may take a port that was free */
	ARGS_MAX = 16,
};

static enum exit_code failed(const char *step, int err)
{
	fprintf(stderr, "pollux demo: %s: %s\n", step, strerror(-err));
	return EXIT_FAILED;
}

static void path_in(const struct demo_world *w, const char *name, char *buf, size_t size)
{
	snprintf(buf, size, "%s/%s", w->dir, name);
}

static int put_file(const struct demo_world *w, const char *name, const char *text)
{
	char path[192];
	FILE *f;
	int err;

	path_in(w, name, path, sizeof(path));
	f = fopen(path, "we");
	if (!f) {
		return -errno;
	}
	err = fputs(text, f) < 0 ? -EIO : 0;
	return fclose(f) ? -EIO : err;
}

/* A log beside the rest, named after the program. */
static int start(const struct demo_world *w, struct child *c, const char *name,
                 bool want_out, const char *const *argv)
{
	char log[192], file[64];

	snprintf(file, sizeof(file), "%s.log", name);
	path_in(w, file, log, sizeof(log));
	return child_start(c, argv, log, want_out);
}

static int start_broker_once(struct demo_world *w)
{
	char text[256], conf[192];
	const char *const argv[] = {"mosquitto", "-c", conf, NULL};
	int err;

	w->broker_port = child_free_port();
	if (w->broker_port < 0) {
		return w->broker_port;
	}
	snprintf(text, sizeof(text),
	         "listener %d 127.0.0.1\nallow_anonymous true\npersistence false\n"
	         "max_queued_messages 0\nmax_inflight_messages 0\n",
	         w->broker_port);
	err = put_file(w, "mosquitto.conf", text);
	if (err) {
		return err;
	}
	path_in(w, "mosquitto.conf", conf, sizeof(conf));
	err = start(w, &w->broker, "mosquitto", false, argv);
	if (err) {
		return err;
	}
	if (child_port_answers(w->broker_port, START_MS / TRIES) &&
	    !child_is_gone(&w->broker)) {
		return 0;
	}
	child_stop(&w->broker, STOP_MS);
	return -EAGAIN;
}

static int start_broker(struct demo_world *w)
{
	int err = -EAGAIN;

	/* Debian keeps it where only root's PATH looks. */
	setenv("PATH", "/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin:/bin", 1);
	for (int i = 0; i < TRIES && err == -EAGAIN; i++) {
		err = start_broker_once(w);
	}
	return err;
}

/* mqtt://HOST[:PORT] */
static int parse_broker(struct demo_world *w, const char *uri)
{
	const char *host = strncmp(uri, "mqtt://", 7) == 0 ? uri + 7 : NULL;
	const char *colon = host ? strrchr(host, ':') : NULL;
	size_t n = host ? (colon ? (size_t)(colon - host) : strlen(host)) : 0;

	if (n == 0 || n >= sizeof(w->broker_host)) {
		return -EINVAL;
	}
	memcpy(w->broker_host, host, n);
	w->broker_host[n] = '\0';
	w->broker_port = colon ? (int)strtol(colon + 1, NULL, 10) : 1883;
	return w->broker_port > 0 && w->broker_port < 65536 ? 0 : -EINVAL;
}

static void on_line_text(struct demo_world *w, const char *text)
{
	const char *listening = strstr(text, "tcp://127.0.0.1:");

	if (listening && w->line_port == 0) {
		w->line_port = (int)strtol(listening + strlen("tcp://127.0.0.1:"), NULL,
		                           10);
	} else if (strstr(text, "leak begins") && w->witnessed.leak_us == 0) {
		w->witnessed.leak_us = clock_wall_us();
	}
}

static void on_alarm_event(struct witnessed *seen, const json_t *event)
{
	const char *kind = json_string_value(json_object_get(event, "kind"));
	const char *state = json_string_value(json_object_get(event, "state"));
	const char *message = json_string_value(json_object_get(event, "message"));
	bool first = seen->raised_us == 0;

	if (!kind || !state || strcmp(state, "active") != 0 ||
	    (strcmp(kind, "drift") != 0 && strcmp(kind, "mismatch") != 0)) {
		return;
	}
	if (seen->leak_us == 0) {
		first = seen->raised_before++ == 0;
	} else if (first) {
		seen->raised_us = clock_wall_us();
	}
	if (first && message) {
		snprintf(seen->sentence, sizeof(seen->sentence), "%s", message);
	}
}

static void on_witness_text(struct demo_world *w, const char *text)
{
	const char *blank = strchr(text, ' ');
	const char *events = "/events";
	json_t *event;

	w->witnessed.messages++;
	if (!blank || strncmp(text, "pollux/", 7) != 0) {
		w->witnessed.bad++;
		return;
	}
	if ((size_t)(blank - text) > strlen(events) &&
	    strncmp(blank - strlen(events), events, strlen(events)) == 0) {
		event = json_loads(blank + 1, 0, NULL);
		on_alarm_event(&w->witnessed, event);
		json_decref(event);
	}
}

/* Take what has come on fd and hand over whole lines. */
static bool take_text(struct demo_world *w, int fd, struct demo_text *text,
                      void (*line)(struct demo_world *, const char *))
{
	ssize_t got = read(fd, text->bytes + text->n, sizeof(text->bytes) - 1 - text->n);
	char *end, *from = text->bytes;

	if (got <= 0) {
		return false;
	}
	text->n += (size_t)got;
	text->bytes[text->n] = '\0';
	while ((end = strchr(from, '\n'))) {
		*end = '\0';
		line(w, from);
		from = end + 1;
	}
	text->n -= (size_t)(from - text->bytes);
	memmove(text->bytes, from, text->n + 1);
	if (text->n == sizeof(text->bytes) - 1) {
		text->n = 0; /* longer than any of ours */
	}
	return true;
}

static bool listen_once(struct demo_world *w, int ms)
{
	struct pollfd fds[] = {{.fd = w->line.out, .events = POLLIN},
	                       {.fd = w->witness.out, .events = POLLIN}};
	bool heard = false;

	if (poll(fds, 2, ms) <= 0) {
		return false;
	}
	if (fds[0].revents & POLLIN) {
		heard |= take_text(w, w->line.out, &w->line_text, on_line_text);
	}
	if (fds[1].revents & POLLIN) {
		heard |= take_text(w, w->witness.out, &w->witness_text, on_witness_text);
	}
	return heard;
}

void demo_world_listen(struct demo_world *w, int ms)
{
	uint64_t end_ns = clock_now_ns() + (uint64_t)ms * 1000000;
	uint64_t now_ns;

	while ((now_ns = clock_now_ns()) < end_ns) {
		listen_once(w, (int)((end_ns - now_ns) / 1000000) + 1);
	}
}

static int start_line(struct demo_world *w)
{
	char yaml[192];
	const char *const argv[] = {"/proc/self/exe",    "sim", "-c", yaml, "--listen",
	                            "tcp://127.0.0.1:0", NULL};
	int err = put_file(w, "line.yaml", demo_file_line);

	path_in(w, "line.yaml", yaml, sizeof(yaml));
	if (!err) {
		err = start(w, &w->line, "sim", true, argv);
	}
	for (int waited = 0; !err && w->line_port == 0; waited += 100) {
		if (waited > START_MS || child_is_gone(&w->line)) {
			return -ETIMEDOUT;
		}
		demo_world_listen(w, 100);
	}
	return err;
}

static int start_witness(struct demo_world *w)
{
	char port[16];
	const char *const argv[] = {"mosquitto_sub",
	                            "-h",
	                            w->broker_host,
	                            "-p",
	                            port,
	                            "-q",
	                            "1",
	                            "-t",
	                            "pollux/demo/#",
	                            "-v",
	                            NULL};

	snprintf(port, sizeof(port), "%d", w->broker_port);
	return start(w, &w->witness, "mosquitto_sub", true, argv);
}

static int start_gateway(struct demo_world *w)
{
	char yaml[192], address[160], broker[160], state[192];
	const char *const argv[] = {"/proc/self/exe", "run", "-c", yaml, NULL};
	int err = put_file(w, "demo.yaml", demo_file_gateway);

	path_in(w, "demo.yaml", yaml, sizeof(yaml));
	path_in(w, "state", state, sizeof(state));
	snprintf(address, sizeof(address), "tcp://127.0.0.1:%d", w->line_port);
	snprintf(broker, sizeof(broker), "mqtt://%s:%d", w->broker_host, w->broker_port);
	setenv("POLLUX_DEMO_LINE", address, 1);
	setenv("POLLUX_DEMO_BROKER", broker, 1);
	setenv("POLLUX_DEMO_STATE", state, 1);
	if (!err) {
		err = config_load(&w->config, yaml, stderr);
	}
	return err ? err : start(w, &w->gateway, "gateway", false, argv);
}

enum exit_code demo_world_start(struct demo_world *w, const char *broker)
{
	const char *tmp = getenv("TMPDIR");
	int err;

	w->broker.out = w->line.out = w->gateway.out = w->witness.out = -1;
	snprintf(w->dir, sizeof(w->dir), "%s/pollux-demo.XXXXXX",
	         tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(w->dir)) {
		err = -errno;
		w->dir[0] = '\0';
		return failed("a directory for the demo", err);
	}
	strcpy(w->broker_host, "127.0.0.1");
	err = broker ? parse_broker(w, broker) : start_broker(w);
	if (err) {
		failed("broker (Debian package mosquitto)", err);
		return EXIT_BROKER;
	}
	err = start_witness(w);
	if (err) {
		return failed("witness (Debian package mosquitto-clients)", err);
	}
	err = start_line(w);
	if (err) {
		return failed("virtual line", err);
	}
	err = start_gateway(w);
	return err ? failed("gateway", err) : EXIT_DONE;
}

void demo_world_hints(const struct demo_world *w, FILE *out)
{
	fprintf(out,
	        "Pollux demo: virtual line on tcp://127.0.0.1:%d, broker on %s:%d, state "
	        "in "
	        "%s/state\n"
	        "  sqlite3 -box %s/state/history.db 'select * from recent limit 5'\n"
	        "  mosquitto_sub -h %s -p %d -t 'pollux/#' -v -C 20\n",
	        w->line_port, w->broker_host, w->broker_port, w->dir, w->dir,
	        w->broker_host, w->broker_port);
}

bool demo_world_ended(struct demo_world *w)
{
	const struct {
		const char *name;
		struct child *child;
		bool ours;
	} parts[] = {{"mosquitto", &w->broker, w->broker.pid > 0},
	             {"the virtual line", &w->line, true},
	             {"the gateway", &w->gateway, true},
	             {"mosquitto_sub", &w->witness, true}};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (parts[i].ours && child_is_gone(parts[i].child)) {
			fprintf(stderr, "pollux demo: %s ended by itself; see %s/*.log\n",
			        parts[i].name, w->dir);
			return true;
		}
	}
	return false;
}

void demo_world_stop(struct demo_world *w)
{
	w->gateway_exit = child_stop(&w->gateway, STOP_MS);
	while (listen_once(w, QUIET_MS)) {
	}
}

static int on_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void demo_world_clean(struct demo_world *w, bool remove_dir)
{
	child_stop(&w->gateway, STOP_MS);
	child_stop(&w->line, STOP_MS);
	child_stop(&w->witness, STOP_MS);
	child_stop(&w->broker, STOP_MS);
	config_free(w->config);
	if (w->dir[0] == '\0') {
		return;
	}
	if (remove_dir) {
		nftw(w->dir, on_file, 16, FTW_DEPTH | FTW_PHYS);
	} else {
		fprintf(stderr, "pollux demo: logs and history are left in %s\n", w->dir);
	}
}

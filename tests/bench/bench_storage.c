/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What storing costs: rows a second through the writer, and bytes that reach the disk
 * for each row at the pace of a plant, with rollup, sealing and checkpoints.
 *
 * usage: bench_storage [DIRECTORY]   a directory on a real disk, else under /var/tmp
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "storage/history_impl.h"
#include "storage/writer.h"

enum { TAGS = 500, BLOCK = 50, PACE_S = 3 * 3600, FLOOD_BATCHES = 20000 };
#define T0_US  INT64_C(1767312000000000)
#define SECOND INT64_C(1000000)

static const struct tag_kind number = {
	.unit = "", .type_name = "float64", .type = TYPE_FLOAT64, .analog = true};
static struct tag tags[TAGS];
static char names[TAGS][16];
static const char *const destinations[] = {"mqtt"};
static const struct history_device device = {"bench", "sim", "sim:"};
static int committed_fd;
static _Atomic int64_t committed_at;

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What this process has sent towards the disk; 0 where the kernel does not tell. */
static int64_t written_bytes(void)
{
	FILE *io = fopen("/proc/self/io", "r");
	char line[80];
	int64_t bytes = 0;

	while (io && fgets(line, sizeof(line), io)) {
		if (strncmp(line, "write_bytes:", 12) == 0) {
			bytes = strtoll(line + 12, NULL, 10);
		}
	}
	if (io) {
		fclose(io);
	}
	return bytes;
}

static void fill(struct sample *rows, size_t first, size_t n, int64_t at_us)
{
	for (size_t i = 0; i < n; i++) {
		double value = sin((double)(at_us % 1000003) + (double)i);

		rows[i] = (struct sample){.ts_us = at_us,
		                          .tag = (uint32_t)(first + i),
		                          .value = value_real(value),
		                          .last = NAN,
		                          .est = {.predicted = value * 0.99,
		                                  .sigma = 0.1,
		                                  .estimate = value,
		                                  .state = STATE_HEALTHY}};
	}
}

static void on_committed(void *arg, int64_t at_us)
{
	committed_at = at_us;
	(void)eventfd_write(committed_fd, 1);
}

/* Batches as fast as the writer takes them. */
static int flood(const struct history_config *cfg)
{
	struct writer_events events = {.committed = on_committed};
	struct pollfd wait = {.fd = committed_fd, .events = POLLIN};
	struct sample rows[BLOCK];
	struct writer *w;
	const char *found;
	int64_t at = T0_US;
	double start;
	eventfd_t n;
	int err = writer_start(&w, cfg, &events, 32 << 20, &found);

	if (err) {
		return err;
	}
	start = now_s();
	for (int i = 0; i < FLOOD_BATCHES; i++) {
		at += 2000;
		fill(rows, (size_t)i * BLOCK % TAGS, BLOCK, at);
		while (writer_samples(w, at, rows, BLOCK) == -ENOBUFS) {
			(void)poll(&wait, 1, 1000);
			(void)eventfd_read(committed_fd, &n);
		}
	}
	while (committed_at < at) {
		(void)poll(&wait, 1, 1000);
		(void)eventfd_read(committed_fd, &n);
	}
	printf("writer: %.0f rows/s until durable (%d rows, synchronous=%s)\n",
	       FLOOD_BATCHES * BLOCK / (now_s() - start), FLOOD_BATCHES * BLOCK,
	       cfg->full ? "full" : "normal");
	writer_stop(w);
	return 0;
}

/* Hours of a plant of 500 tags a second, as fast as it goes. */
static int pace(const struct history_config *cfg)
{
	struct sample rows[TAGS];
	struct history *h;
	const char *found;
	double start = now_s(), slice, longest = 0;
	int64_t before = written_bytes(), at = T0_US;
	int err = history_open(&h, cfg, &found);

	for (int s = 0; !err && s < PACE_S; s++) {
		int more = 1;

		for (size_t first = 0; !err && first < TAGS; first += BLOCK) {
			at = T0_US + s * SECOND + (int64_t)first * 1000;
			fill(rows, first, BLOCK, at);
			err = history_append(h, at, rows, BLOCK);
		}
		history_cursor(h, 0, &(struct cursor){.acked = at});
		if (!err) {
			err = history_commit(h);
		}
		for (int i = 0; !err && i < 80 && more > 0; i++) {
			slice = now_s();
			more = history_upkeep(h, at);
			slice = now_s() - slice;
			longest = slice > longest ? slice : longest;
		}
		if (s == 3599) {
			printf("first hour: %.1f bytes/row on disk\n",
			       (double)(written_bytes() - before) / TAGS / 3600);
		}
	}
	if (!err) {
		printf("%d s at %d rows/s: %.1f bytes/row on disk, sealed and rolled up; "
		       "%.1f bytes/row kept; longest slice %.1f ms; %.1f s\n",
		       PACE_S, TAGS, (double)(written_bytes() - before) / TAGS / PACE_S,
		       (double)file_bytes(h) / TAGS / PACE_S, longest * 1e3,
		       now_s() - start);
		history_close(h);
	}
	return err;
}

static void clear(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	char name[512];

	while (dir && (entry = readdir(dir)) != NULL) {
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		(void)unlink(name);
	}
	if (dir) {
		closedir(dir);
	}
}

int main(int argc, char **argv)
{
	char path[256];
	struct history_config cfg = {.gateway_id = "bench",
	                             .state_dir = path,
	                             .commit_ms = 1000,
	                             .full = true,
	                             .devices = &device,
	                             .n_devices = 1,
	                             .tags = tags,
	                             .n_tags = TAGS,
	                             .destinations = destinations,
	                             .n_destinations = 1};
	int err;

	snprintf(path, sizeof(path), "%s/pollux-bench-XXXXXX",
	         argc > 1 ? argv[1] : "/var/tmp");
	if (!mkdtemp(path)) {
		perror(path);
		return 1;
	}
	committed_fd = eventfd(0, EFD_NONBLOCK);
	for (size_t i = 0; i < TAGS; i++) {
		snprintf(names[i], sizeof(names[i]), "tag%03zu", i);
		tags[i] = (struct tag){.device = "bench",
		                       .name = names[i],
		                       .description = "",
		                       .period_ms = 1000,
		                       .kind = &number};
	}
	err = flood(&cfg);
	clear(path);
	if (!err) {
		err = pace(&cfg);
	}
	clear(path);
	(void)rmdir(path);
	if (err) {
		fprintf(stderr, "bench_storage: %s\n", strerror(-err));
	}
	return err ? 1 : 0;
}

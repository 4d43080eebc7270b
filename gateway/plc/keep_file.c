/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/plc/keep_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIDES = 2, ROOM_MIN = 4096 };

#define MAGIC UINT64_C(0x31504545434c50) /* "PLCEEP1" */

/** Before the text of a side: lines of path, type and value, a tab between them. */
struct head {
	uint64_t magic;
	uint64_t number; /* the higher one of both is the newer one */
	uint64_t n;      /* bytes of text */
	uint64_t sum;    /* of number, n and text */
};

struct side {
	int fd;
	uint8_t *map;
	size_t room;
};

struct keep_file {
	struct program *program;
	struct side sides[SIDES];
	uint64_t number; /* of the last one written */
	char *text, *last;
	size_t n, room, n_last, last_room;
	int err;
};

/* FNV-1a, 64 bits: against a half-written side, not against people. */
static uint64_t sum_of(const struct head *h, const uint8_t *text)
{
	uint64_t sum = UINT64_C(14695981039346656037) ^ h->number ^ h->n << 32;

	for (uint64_t i = 0; i < h->n; i++) {
		sum = (sum ^ text[i]) * UINT64_C(1099511628211);
	}
	return sum;
}

static int map_side(struct side *s, size_t room)
{
	void *map;

	if (s->map && s->room >= room) {
		return 0;
	}
	if (ftruncate(s->fd, (off_t)room) != 0) {
		return -errno;
	}
	/* A full disk is to fail here, not as SIGBUS within a scan. */
	if (posix_fallocate(s->fd, 0, (off_t)room) != 0) {
		return -ENOSPC;
	}
	map = s->map ? mremap(s->map, s->room, room, MREMAP_MAYMOVE)
	             : mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0);
	if (map == MAP_FAILED) {
		return -errno;
	}
	s->map = map;
	s->room = room;
	return 0;
}

static int open_side(struct side *s, const char *dir, int i)
{
	struct stat st;
	char *path;

	if (asprintf(&path, "%s/plc-retain.%d", dir, i) < 0) {
		return -ENOMEM;
	}
	s->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	free(path);
	if (s->fd < 0 || fstat(s->fd, &st) != 0) {
		return -errno;
	}
	if (i == 0 && flock(s->fd, LOCK_EX | LOCK_NB) != 0) {
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	}
	return map_side(s, st.st_size > ROOM_MIN ? (size_t)st.st_size : ROOM_MIN);
}

/* @return the head of a whole side; number 0: it is none */
static struct head read_head(const struct side *s)
{
	struct head h = {0};

	if (!s->map) {
		return h;
	}
	memcpy(&h, s->map, sizeof(h));
	if (h.magic != MAGIC || h.n > s->room - sizeof(h) ||
	    h.sum != sum_of(&h, s->map + sizeof(h))) {
		h.number = 0;
	}
	return h;
}

/* "path\ttype\tvalue" */
static int restore_line(struct keep_file *k, char *line)
{
	char *type = strchr(line, '\t');
	char *value = type ? strchr(type + 1, '\t') : NULL;

	if (!value) {
		return -EINVAL;
	}
	*type++ = '\0';
	*value++ = '\0';
	return program_restore(k->program, &(struct program_kept){line, type, value});
}

static void restore(struct keep_file *k, char *text, FILE *complaints)
{
	unsigned lost = 0;
	char *rest = text;

	for (char *line; (line = strsep(&rest, "\n")) && *line;) {
		lost += restore_line(k, line) == 0 ? 0 : 1;
	}
	if (lost > 0) {
		fprintf(complaints,
		        "%u retained value%s left out: the program has no such variable "
		        "of "
		        "that type any more\n",
		        lost, lost == 1 ? " was" : "s were");
	}
}

static int read_newest(struct keep_file *k, FILE *complaints)
{
	struct head heads[SIDES];
	const struct side *s;
	int newest;
	char *text;

	for (int i = 0; i < SIDES; i++) {
		heads[i] = read_head(&k->sides[i]);
	}
	newest = heads[1].number > heads[0].number ? 1 : 0;
	k->number = heads[newest].number;
	if (k->number == 0) {
		return 0; /* the first time */
	}
	s = &k->sides[newest];
	text = strndup((const char *)s->map + sizeof(struct head),
	               (size_t)heads[newest].n);
	if (!text) {
		return -ENOMEM;
	}
	restore(k, text, complaints);
	free(text);
	return 0;
}

int keep_file_open(struct keep_file **out, const char *dir, struct program *p,
                   FILE *complaints)
{
	struct keep_file *k = calloc(1, sizeof(*k));
	int err = 0;

	if (!k) {
		return -ENOMEM;
	}
	k->program = p;
	k->sides[0].fd = -1;
	k->sides[1].fd = -1;
	if (mkdir(dir, 0750) != 0 && errno != EEXIST) {
		err = -errno;
	}
	for (int i = 0; i < SIDES && !err; i++) {
		err = open_side(&k->sides[i], dir, i);
	}
	if (!err) {
		err = read_newest(k, complaints);
	}
	if (err) {
		keep_file_close(k);
		return err;
	}
	*out = k;
	return 0;
}

static int append(struct keep_file *k, const char *text, char end)
{
	size_t n = strlen(text);

	if (k->n + n + 1 > k->room) {
		size_t room = 2 * (k->n + n + 1);
		char *grown = realloc(k->text, room);

		if (!grown) {
			return -ENOMEM;
		}
		k->text = grown;
		k->room = room;
	}
	memcpy(k->text + k->n, text, n);
	k->n += n;
	k->text[k->n++] = end;
	return 0;
}

static int add(void *arg, const struct program_kept *kept)
{
	struct keep_file *k = arg;
	int err = append(k, kept->path, '\t');

	if (!err) {
		err = append(k, kept->type, '\t');
	}
	return err ? err : append(k, kept->value, '\n');
}

/* The text becomes the other side's. */
static int write_side(struct keep_file *k)
{
	struct side *s = &k->sides[(k->number + 1) % SIDES];
	struct head h = {MAGIC, k->number + 1, k->n, 0};
	size_t need = sizeof(h) + k->n;
	int err = need > s->room ? map_side(s, 2 * need) : 0;

	if (err) {
		return err;
	}
	memset(s->map, 0, sizeof(h)); /* no side while it is being written */
	memcpy(s->map + sizeof(h), k->text, k->n);
	h.sum = sum_of(&h, s->map + sizeof(h));
	memcpy(s->map, &h, sizeof(h));
	k->number++;
	return 0;
}

int keep_file_save(struct keep_file *k)
{
	int err;

	k->n = 0;
	err = program_retained(k->program, add, k);
	if (err || (k->n == k->n_last && k->n > 0 && k->last &&
	            memcmp(k->text, k->last, k->n) == 0)) {
		return err;
	}
	err = k->n > 0 ? write_side(k) : 0;
	if (!err) { /* what was written is compared with the next one */
		char *text = k->last;
		size_t room = k->last_room;

		k->last = k->text;
		k->last_room = k->room;
		k->n_last = k->n;
		k->text = text;
		k->room = room;
	}
	return err;
}

void keep_file_close(struct keep_file *k)
{
	if (!k) {
		return;
	}
	for (int i = 0; i < SIDES; i++) {
		if (k->sides[i].map) {
			msync(k->sides[i].map, k->sides[i].room, MS_SYNC);
			munmap(k->sides[i].map, k->sides[i].room);
		}
		if (k->sides[i].fd >= 0) {
			close(k->sides[i].fd);
		}
	}
	free(k->text);
	free(k->last);
	free(k);
}

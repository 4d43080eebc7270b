/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/zip_make.h"

#include <stdbool.h>
#include <string.h>

struct out {
	uint8_t *buf;
	size_t n, room;
	bool full;
};

static void bytes(struct out *o, const void *from, size_t n)
{
	if (n > o->room - o->n) {
		o->full = true;
	} else if (n > 0) {
		memcpy(o->buf + o->n, from, n);
		o->n += n;
	}
}

static void number(struct out *o, uint32_t value, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t byte = (uint8_t)(value >> (8 * i));

		bytes(o, &byte, 1);
	}
}

/* CRC-32 of ISO 3309, bit by bit. */
static uint32_t crc(const char *data, size_t n)
{
	uint32_t rest = UINT32_MAX;

	for (size_t i = 0; i < n; i++) {
		rest ^= (uint8_t)data[i];
		for (int bit = 0; bit < 8; bit++) {
			rest = rest & 1 ? rest >> 1 ^ UINT32_C(0xedb88320) : rest >> 1;
		}
	}
	return ~rest;
}

/* What stands alike before each entry and in the directory. */
static void common(struct out *o, const struct zip_part *p)
{
	number(o, 20, 2); /* version that is needed */
	number(o, p->said_flags, 2);
	number(o, p->said_method, 2);
	number(o, 0, 2);
	number(o, 0x21, 2); /* 1980-01-01 */
	number(o, crc(p->data, p->n) ^ p->said_crc_xor, 4);
	number(o, p->said_packed ? p->said_packed : (uint32_t)p->n, 4);
	number(o, p->said_size ? p->said_size : (uint32_t)p->n, 4);
	number(o, (uint32_t)strlen(p->name), 2);
	number(o, 0, 2); /* extra field */
}

size_t zip_make(const struct zip_part *parts, size_t n_parts, uint8_t *buf, size_t room)
{
	struct out o = {.buf = buf, .room = room};
	size_t local = 0, directory;

	for (size_t i = 0; i < n_parts; i++) {
		number(&o, 0x04034b50, 4);
		common(&o, &parts[i]);
		bytes(&o, parts[i].name, strlen(parts[i].name));
		bytes(&o, parts[i].data, parts[i].n);
	}
	directory = o.n;
	for (size_t i = 0; i < n_parts; i++) {
		const struct zip_part *p = &parts[i];

		number(&o, 0x02014b50, 4);
		number(&o, 3 << 8 | 20, 2); /* made on Unix */
		common(&o, p);
		number(&o, 0, 2); /* comment */
		number(&o, 0, 2); /* disk */
		number(&o, 0, 2);
		number(&o, p->mode << 16, 4);
		number(&o, (uint32_t)local, 4);
		bytes(&o, p->name, strlen(p->name));
		local += 30 + strlen(p->name) + p->n;
	}
	number(&o, 0x06054b50, 4);
	number(&o, 0, 4);
	number(&o, (uint32_t)n_parts, 2);
	number(&o, (uint32_t)n_parts, 2);
	number(&o, (uint32_t)(o.n - directory - 12), 4);
	number(&o, (uint32_t)directory, 4);
	number(&o, 0, 2);
	return o.full ? 0 : o.n;
}

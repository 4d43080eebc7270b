/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of strings (IEC 61131-3 edition 2, 2.5.1.5.5).  Positions count from 1; what
 * lies beyond a string is cut, and so is what does not fit into the one it goes to. */
#include <string.h>

#include "twin/plc/functions.h"
#include "twin/plc/slot.h"

/** Some characters of a string. */
struct piece {
	const uint8_t *at;
	size_t n; /* characters */
};

static struct code_string head_of(const uint8_t *string)
{
	struct code_string head;

	memcpy(&head, string, sizeof(head));
	return head;
}

static struct piece whole(const uint8_t *string)
{
	return (struct piece){string + sizeof(struct code_string),
	                      head_of(string).length};
}

/* n characters from the one with index `from` on, as many as there are. */
static struct piece part(struct piece p, int64_t from, int64_t n, uint32_t width)
{
	if (from < 0) {
		n += from;
		from = 0;
	}
	if (n <= 0 || from >= (int64_t)p.n) {
		return (struct piece){p.at, 0};
	}
	if (n > (int64_t)p.n - from) {
		n = (int64_t)p.n - from;
	}
	return (struct piece){p.at + (size_t)from * width, (size_t)n};
}

/* Pieces one behind the other.  None of them may be in `to` but at the place where it
 * goes: the compiler gives each call a string of its own to write to. */
static void join(uint8_t *to, const struct piece *pieces, size_t n, uint32_t width)
{
	struct code_string head = head_of(to);

	head.length = 0;
	for (size_t i = 0; i < n; i++) {
		size_t room = (size_t)head.room - head.length;
		size_t count = pieces[i].n < room ? pieces[i].n : room;

		memmove(to + sizeof(head) + (size_t)head.length * width, pieces[i].at,
		        count * width);
		head.length = (uint16_t)(head.length + count);
	}
	memcpy(to, &head, sizeof(head));
}

static void assign(uint8_t *const *args, uint32_t width)
{
	struct piece p = whole(args[1]);

	join(args[0], &p, 1, width);
}

static uint32_t character(struct piece p, size_t i, uint32_t width)
{
	uint16_t c;

	if (width == 1) {
		return p.at[i];
	}
	memcpy(&c, p.at + 2 * i, sizeof(c));
	return c;
}

static void compare(uint8_t *const *args, uint32_t width)
{
	struct piece a = whole(args[1]);
	struct piece b = whole(args[2]);
	size_t n = a.n < b.n ? a.n : b.n;
	int32_t result = a.n < b.n ? -1 : a.n > b.n;

	for (size_t i = 0; i < n; i++) {
		uint32_t x = character(a, i, width);
		uint32_t y = character(b, i, width);

		if (x != y) {
			result = x < y ? -1 : 1;
			break;
		}
	}
	put_i(args[0], result);
}

static void length(uint8_t *const *args, uint32_t width)
{
	(void)width;
	put_i(args[0], head_of(args[1]).length);
}

static void left(uint8_t *const *args, uint32_t width)
{
	struct piece p = part(whole(args[1]), 0, get_i(args[2]), width);

	join(args[0], &p, 1, width);
}

static void right(uint8_t *const *args, uint32_t width)
{
	struct piece p = whole(args[1]);
	int64_t n = get_i(args[2]);

	if (n > (int64_t)p.n) {
		n = (int64_t)p.n;
	}
	p = part(p, (int64_t)p.n - n, n, width);
	join(args[0], &p, 1, width);
}

static void mid(uint8_t *const *args, uint32_t width)
{
	struct piece p = part(whole(args[1]), (int64_t)get_i(args[3]) - 1, get_i(args[2]),
	                      width);

	join(args[0], &p, 1, width);
}

static void concat(uint8_t *const *args, uint32_t width)
{
	struct piece p[] = {whole(args[1]), whole(args[2])};

	join(args[0], p, 2, width);
}

/* in2 after the p-th character of in1. */
static void insert(uint8_t *const *args, uint32_t width)
{
	struct piece in = whole(args[1]);
	int64_t p = get_i(args[3]);
	struct piece pieces[3];

	p = p < 0 ? 0 : p;
	pieces[0] = part(in, 0, p, width);
	pieces[1] = whole(args[2]);
	pieces[2] = part(in, p, (int64_t)in.n, width);
	join(args[0], pieces, 3, width);
}

static void delete (uint8_t *const *args, uint32_t width)
{
	struct piece in = whole(args[1]);
	int64_t n = get_i(args[2]);
	int64_t from = (int64_t)get_i(args[3]) - 1;
	struct piece pieces[2];

	n = n < 0 ? 0 : n;
	pieces[0] = part(in, 0, from, width);
	pieces[1] = part(in, from + n, (int64_t)in.n, width);
	join(args[0], pieces, 2, width);
}

static void replace(uint8_t *const *args, uint32_t width)
{
	struct piece in = whole(args[1]);
	int64_t n = get_i(args[3]);
	int64_t from = (int64_t)get_i(args[4]) - 1;
	struct piece pieces[3];

	n = n < 0 ? 0 : n;
	pieces[0] = part(in, 0, from, width);
	pieces[1] = whole(args[2]);
	pieces[2] = part(in, from + n, (int64_t)in.n, width);
	join(args[0], pieces, 3, width);
}

/* Where in2 begins in in1; 0 where it does not, or is empty. */
static void find(uint8_t *const *args, uint32_t width)
{
	struct piece in = whole(args[1]);
	struct piece what = whole(args[2]);
	int32_t found = 0;

	for (size_t i = 0; what.n > 0 && i + what.n <= in.n && found == 0; i++) {
		if (memcmp(in.at + i * width, what.at, what.n * width) == 0) {
			found = (int32_t)i + 1;
		}
	}
	put_i(args[0], found);
}

function_work functions_string(enum function id)
{
	static const function_work works[] = {
		[FUNCTION_ASSIGN - FUNCTION_ASSIGN] = assign,
		[FUNCTION_COMPARE - FUNCTION_ASSIGN] = compare,
		[FUNCTION_LEN - FUNCTION_ASSIGN] = length,
		[FUNCTION_LEFT - FUNCTION_ASSIGN] = left,
		[FUNCTION_RIGHT - FUNCTION_ASSIGN] = right,
		[FUNCTION_MID - FUNCTION_ASSIGN] = mid,
		[FUNCTION_CONCAT - FUNCTION_ASSIGN] = concat,
		[FUNCTION_INSERT - FUNCTION_ASSIGN] = insert,
		[FUNCTION_DELETE - FUNCTION_ASSIGN] = delete,
		[FUNCTION_REPLACE - FUNCTION_ASSIGN] = replace,
		[FUNCTION_FIND - FUNCTION_ASSIGN] = find,
	};

	return works[id - FUNCTION_ASSIGN];
}

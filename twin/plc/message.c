/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/plc/message.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/** Where a sentence is being written. */
struct message {
	char *out;
	size_t room, n; /* with and without the NUL */
	bool full;
};

static const char dots[] = "...";

/** Back to the beginning of a character of UTF-8, with room for the dots. */
static void cut(struct message *m)
{
	if (m->full) {
		return;
	}
	m->full = true;
	while (m->n > 0 && (m->n + sizeof(dots) > m->room ||
	                    ((unsigned char)m->out[m->n] & 0xc0u) == 0x80u)) {
		m->n--;
	}
	if (m->n + sizeof(dots) <= m->room) {
		memcpy(m->out + m->n, dots, sizeof(dots) - 1);
		m->n += sizeof(dots) - 1;
	}
}

static void put(struct message *m, const char *text, size_t n)
{
	for (size_t i = 0; i < n && !m->full; i++) {
		unsigned char c = (unsigned char)text[i];

		if (m->n + 1 >= m->room) {
			m->out[m->n] =
				text[i]; /* for cut() to see whether it begins here */
			cut(m);
			return;
		}
		m->out[m->n++] = (char)(c < 0x20 || c == 0x7f ? '?' : c);
	}
}

static void put_number(struct message *m, uint64_t value, bool negative)
{
	char digits[24];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	if (negative) {
		digits[--at] = '-';
	}
	put(m, digits + at, sizeof(digits) - at);
}

static void put_signed(struct message *m, int64_t value)
{
	put_number(m, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, value < 0);
}

/* A variable that has an address alone. */
static const char nameless[] = "what has no name";

/** The argument of one directive; *format stands behind the '%', and behind the directive
 * afterwards. */
static void put_argument(struct message *m, const char **format, va_list *args)
{
	const char *f = *format;
	char c;

	if (strncmp(f, ".*s", 3) == 0) {
		int n = va_arg(*args, int);
		const char *name = va_arg(*args, const char *);

		if (name) {
			put(m, name, n > 0 ? (size_t)n : 0);
		} else {
			put(m, nameless, sizeof(nameless) - 1);
		}
		f += 3;
	} else if (strncmp(f, "zu", 2) == 0) {
		put_number(m, va_arg(*args, size_t), false);
		f += 2;
	} else if (strncmp(f, "lld", 3) == 0) {
		put_signed(m, va_arg(*args, long long));
		f += 3;
	} else if (strncmp(f, "llu", 3) == 0) {
		put_number(m, va_arg(*args, unsigned long long), false);
		f += 3;
	} else if (*f == 's') {
		const char *text = va_arg(*args, const char *);

		put(m, text, strlen(text));
		f++;
	} else if (*f == 'd') {
		put_signed(m, va_arg(*args, int));
		f++;
	} else if (*f == 'u') {
		put_number(m, va_arg(*args, unsigned), false);
		f++;
	} else if (*f == 'c') {
		c = (char)va_arg(*args, int);
		put(m, &c, 1);
		f++;
	} else if (*f) {
		put(m, f, 1); /* %% */
		f++;
	}
	*format = f;
}

size_t message_format(char *out, size_t room, const char *format, va_list args)
{
	struct message m = {.out = out, .room = room};
	va_list copy;

	if (room == 0) {
		return 0;
	}
	va_copy(copy, args);
	while (*format && !m.full) {
		size_t n = strcspn(format, "%");

		put(&m, format, n);
		format += n;
		if (*format == '%') {
			format++;
			put_argument(&m, &format, &copy);
		}
	}
	va_end(copy);
	out[m.n] = '\0';
	return m.n;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/config/csv_spelling.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/reading.h"
#include "gateway/config/quantity.h"

enum { WORD_MAX = 48 };

/* ASCII, whatever the locale. */
static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* Lower case letters and digits of text alone. */
static void squeeze(const char *text, char word[WORD_MAX])
{
	size_t n = 0;

	for (; *text && n < WORD_MAX - 1; text++) {
		if (isalnum((unsigned char)*text)) {
			word[n++] = lower(*text);
		}
	}
	word[n] = '\0';
}

/* Place of a word in a list of words, or -1. */
static long find_word(const char *list, const char *word)
{
	size_t n = strlen(word);
	long rank = 0;

	for (const char *p = list; n && *p; rank++) {
		size_t length = strcspn(p, " ");

		if (length == n && strncmp(p, word, n) == 0) {
			return rank;
		}
		p += length;
		p += *p == ' ';
	}
	return -1;
}

enum csv_column csv_column_of(const char *heading, size_t *rank)
{
	/* The first of a list is meant rather than the next, where a table has both. */
	static const char *const spellings[CSV_COLUMNS] = {
		[CSV_ID] =
			"id tag tagid tagname name parametername variablename signalname "
			"signal variable parameter symbol pointname point datapoint "
			"registername channel label",
		[CSV_ADDRESS] =
			"at address addr registeraddress modbusaddress startaddress "
			"registernumber registerno register reg modbusregister "
			"protocoladdress addressdec decaddress addresshex "
			"hexaddress",
		[CSV_TABLE] = "table function functioncode fc fcode registertype "
			      "objecttype modbusfunction modbusfunctioncode "
			      "readfunction readfunctioncode area registertable",
		[CSV_TYPE] = "type datatype dataformat format valuetype vartype "
			     "variabletype encoding representation",
		[CSV_LENGTH] = "registers numberofregisters noofregisters registercount "
			       "length len size quantity qty count words datalength",
		[CSV_ORDER] =
			"wordorder order byteorder endian endianness endianess swap",
		[CSV_UNIT] = "unit units uom eu engineeringunit engineeringunits",
		[CSV_SCALE] = "scale scaling scalefactor scalingfactor factor multiplier "
			      "coefficient resolution gain",
		[CSV_DIVISOR] = "divisor divider div",
		[CSV_OFFSET] = "offset valueoffset bias",
		[CSV_MIN] = "min minimum",
		[CSV_MAX] = "max maximum",
		[CSV_DESCRIPTION] =
			"description desc comment comments remark remarks note "
			"notes meaning longname",
		[CSV_ACCESS] = "access rw readwrite accessmode mode permission attribute "
			       "accesstype",
	};
	char word[WORD_MAX];

	squeeze(heading, word);
	for (size_t i = 0; i < CSV_COLUMNS; i++) {
		long found = find_word(spellings[i], word);

		if (found >= 0) {
			*rank = (size_t)found;
			return (enum csv_column)i;
		}
	}
	return CSV_COLUMNS;
}

const char *csv_order_of(const char *text)
{
	static const struct {
		const char *order, *words;
	} orders[] = {
		{"ABCD", "abcd 1234 be big bigendian msbfirst mswfirst highwordfirst "
	                 "highfirst none no"},
		{"CDAB", "cdab 3412 swap swapped wordswap wordswapped inverse inverted "
	                 "lswfirst lowwordfirst lowfirst yes"},
		{"BADC", "badc 2143 byteswap byteswapped"},
		{"DCBA", "dcba 4321 le little littleendian lsbfirst"},
	};
	char word[WORD_MAX];

	squeeze(text, word);
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		if (find_word(orders[i].words, word) >= 0) {
			return orders[i].order;
		}
	}
	return NULL;
}

const char *csv_table_of(const char *text)
{
	static const struct {
		const char *table, *words;
	} tables[] = {
		{"coil", "coil coils 0x do digitaloutput 1 01 5 05 15 0x01 fc1 fc01 fc5 "
	                 "fc05 fc15 readcoils"},
		{"discrete",
	         "discrete discreteinput discreteinputs contact contacts 1x di "
	         "digitalinput input1 2 02 0x02 fc2 fc02 readdiscreteinputs"},
		{"holding", "holding holdingregister holdingregisters hr 4x 3 03 6 06 16 "
	                    "0x03 fc3 fc03 fc6 fc06 fc16 readholdingregisters"},
		{"input", "input inputregister inputregisters ir 3x 4 04 0x04 fc4 fc04 "
	                  "readinputregisters"},
	};
	char word[WORD_MAX], first[WORD_MAX];

	squeeze(text, word);
	/* "03, 06, 16": the function that reads stands first. */
	snprintf(first, sizeof(first), "%.*s", (int)strcspn(text, ",;/+ "), text);
	squeeze(first, first);
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		if (find_word(tables[i].words, word) >= 0 ||
		    find_word(tables[i].words, first) >= 0) {
			return tables[i].table;
		}
	}
	return NULL;
}

/* ---- types ---- */

static const struct spelling {
	const char *words;
	const char *name; /* of the configuration, without its size */
	unsigned bits;    /* 0: 16, or as length or digits say */
} spellings[] = {
	{"int signed signedint integer s i signedinteger sunssf", "int", 0},
	{"sint", "int", 8},
	{"short", "int", 16},
	{"dint long", "int", 32},
	{"lint longlong", "int", 64},
	{"uint unsigned unsignedint unsignedinteger u enum bitfield bitmap bitmask hex "
         "acc",
         "uint", 0},
	{"usint byte", "uint", 8},
	{"word ushort", "uint", 16},
	{"udint dword ulong", "uint", 32},
	{"ulint lword qword", "uint", 64},
	{"half", "float", 16},
	{"float real f ieee single singlefloat floatingpoint", "float", 0},
	{"double lreal doublefloat", "float", 64},
	{"bool boolean coil digital discrete", "bool", 1},
	{"bit", "bit", 1},
	{"string str char ascii text varchar", "string", 1},
	{"bcd", "bcd", 1},
	{"epoch unixtime unixtimestamp timestamp utc", "epoch", 32},
};

/* What a type's text is made of. */
struct parts {
	char word[WORD_MAX]; /* its letters */
	unsigned digits;     /* its number, 0: none */
	const char *order;
};

/* Add one word between separators: an order, "bit", or part of the name. */
static int add_part(struct parts *p, const char *text, size_t n)
{
	char part[WORD_MAX];
	size_t used = strlen(p->word), digits = 0;
	char *end;

	snprintf(part, sizeof(part), "%.*s", (int)(n < 40 ? n : 40), text);
	if (*p->word && csv_order_of(part) && !isdigit((unsigned char)*part)) {
		p->order = csv_order_of(part);
		return 0;
	}
	squeeze(part, part);
	for (char *c = part; *c; c = end) {
		end = c + 1;
		if (isdigit((unsigned char)*c)) {
			digits = strtoul(c, &end, 10);
			if (p->digits || digits == 0 || digits > 1000) {
				return -EINVAL;
			}
			p->digits = (unsigned)digits;
		} else if (used < WORD_MAX - 1) {
			p->word[used++] = *c;
			p->word[used] = '\0';
		}
	}
	return 0;
}

/* "32-bit unsigned integer": the bits are the size. */
static void drop_bits(char *word)
{
	static const char *const fillers[] = {"bits", "bit"};

	for (size_t i = 0; i < ARRAY_SIZE(fillers); i++) {
		size_t n = strlen(fillers[i]), length = strlen(word);

		if (length > n && strncmp(word, fillers[i], n) == 0 &&
		    strncmp(word, "bitm", 4) != 0 && strncmp(word, "bitf", 4) != 0) {
			memmove(word, word + n, length - n + 1);
		} else if (length > n && strcmp(word + length - n, fillers[i]) == 0) {
			word[length - n] = '\0';
		}
	}
}

static int split(struct parts *p, const char *text)
{
	static const char separators[] = " _-,;/()[]{}:\t";

	*p = (struct parts){0};
	while (*text) {
		size_t n = strcspn(text, separators);

		if (n && add_part(p, text, n)) {
			return -EINVAL;
		}
		text += n;
		text += strspn(text, separators);
	}
	if (p->digits) {
		drop_bits(p->word);
	}
	return 0;
}

/* Digits of "BCD16" are bits, of "BCD(4)" digits. */
static unsigned bcd_digits(unsigned digits)
{
	return digits == 16 || digits == 32 || digits == 64 ? digits / 4 : digits;
}

/* string, bcd and bit: their digits are no size. */
static int finish_counted(struct csv_type *out, const char *name, unsigned digits,
                          unsigned length, const char **why)
{
	unsigned n = digits;

	if (strcmp(name, "bit") == 0) {
		snprintf(out->name, sizeof(out->name), "bit(%u)", n);
		out->registers = 1;
		return 0;
	}
	if (strcmp(name, "bcd") == 0) {
		n = n ? bcd_digits(n) : 4 * (length ? length : 1);
		out->registers = (n + 3) / 4;
	} else {
		n = n ? n : 2 * length;
		out->registers = (n + 1) / 2;
	}
	if (n == 0) {
		*why = "a string needs its length: STRING(16), or a column of lengths";
		return -EINVAL;
	}
	snprintf(out->name, sizeof(out->name), "%s(%u)", name, n);
	return 0;
}

/* Whole numbers and floats: name and bits. */
static int finish_sized(struct csv_type *out, const struct spelling *s, unsigned digits,
                        unsigned length, const char **why)
{
	bool real = strcmp(s->name, "float") == 0;
	unsigned bits = s->bits ? s->bits : digits;

	if (real && digits == 754) { /* IEEE 754 */
		bits = 0;
	}
	if (bits == 0) {
		bits = length ? 16 * length : real ? 32 : 16;
	}
	if ((bits != 8 && bits != 16 && bits != 32 && bits != 64) ||
	    (real && bits == 8)) {
		*why = "there is no type of that size";
		return -EINVAL;
	}
	out->registers = (bits + 15) / 16;
	if (length && length != out->registers && length != 2 * out->registers &&
	    length != bits) {
		*why = "type and length contradict each other";
		return -EINVAL;
	}
	snprintf(out->name, sizeof(out->name), "%s%u", s->name, bits);
	return 0;
}

int csv_type_of(struct csv_type *out, const char *text, const char *length,
                const char **why)
{
	struct parts p;
	int64_t n_length = 0;

	*why = "unknown type";
	*out = (struct csv_type){0};
	if (length && *length &&
	    (quantity_int(length, &n_length) || n_length < 0 || n_length > 1000)) {
		*why = "the length is no number of registers";
		return -EINVAL;
	}
	if (split(&p, text)) {
		return -EINVAL;
	}
	out->order = p.order;
	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		const struct spelling *s = &spellings[i];

		if (find_word(s->words, p.word) < 0) {
			continue;
		}
		if (strcmp(s->name, "bool") == 0 ||
		    (strcmp(s->name, "bit") == 0 && !strpbrk(text, "0123456789"))) {
			snprintf(out->name, sizeof(out->name), "bool");
			return 0;
		}
		if (strcmp(s->name, "epoch") == 0) {
			snprintf(out->name, sizeof(out->name), "epoch");
			out->registers = 2;
			return 0;
		}
		return s->bits == 1
		               ? finish_counted(out, s->name, p.digits,
		                                (unsigned)n_length, why)
		               : finish_sized(out, s, p.digits, (unsigned)n_length, why);
	}
	return -EINVAL;
}

/* ---- numbers ---- */

static const char *digit_table(char digit)
{
	switch (digit) {
	case '0':
		return "coil";
	case '1':
		return "discrete";
	case '3':
		return "input";
	case '4':
		return "holding";
	default:
		return NULL;
	}
}

/* All of n characters as a number of a base, up to 9 digits. */
static bool read_digits(uint32_t *out, const char *text, size_t n, int base)
{
	char buf[16], *end;

	if (n == 0 || n > 9 || !isxdigit((unsigned char)*text)) {
		return false;
	}
	snprintf(buf, sizeof(buf), "%.*s", (int)n, text);
	*out = (uint32_t)strtoul(buf, &end, base);
	return !*end;
}

/* "holding:12", "4x0012". */
static bool read_certain(struct csv_address *out, const char *text, size_t n)
{
	const char *colon = memchr(text, ':', n);
	char name[16];

	if (colon) {
		snprintf(name, sizeof(name), "%.*s", (int)(colon - text), text);
		out->table = csv_table_of(name);
		out->certain = true;
		return out->table && isalpha((unsigned char)*name) &&
		       read_digits(&out->number, colon + 1,
		                   n - (size_t)(colon + 1 - text), 10);
	}
	if (n > 2 && (text[1] == 'x' || text[1] == 'X') && digit_table(*text) &&
	    (*text != '0' || n > 6)) {
		out->table = digit_table(*text);
		out->certain = out->reference = true;
		return read_digits(&out->number, text + 2, n - 2, 10) && out->number > 0;
	}
	return false;
}

int csv_address_of(struct csv_address *out, const char *text, bool hex)
{
	/* "40001-40002", "40001..40002": the first. */
	size_t n = strcspn(text, "-~ "), dots = strcspn(text, ".");
	uint32_t bit;

	*out = (struct csv_address){.bit = -1};
	if (dots < n && text[dots + 1] != '.') {
		if (!read_digits(&bit, text + dots + 1, n - dots - 1, 10) || bit > 15) {
			return -EINVAL;
		}
		out->bit = (int)bit;
	}
	n = dots < n ? dots : n;
	if (read_certain(out, text, n)) {
		return 0;
	}
	*out = (struct csv_address){.bit = out->bit};
	if (n > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		return read_digits(&out->plain, text + 2, n - 2, 16) ? 0 : -EINVAL;
	}
	if (n > 1 && (text[n - 1] == 'h' || text[n - 1] == 'H')) {
		return read_digits(&out->plain, text, n - 1, 16) ? 0 : -EINVAL;
	}
	if (!read_digits(&out->plain, text, n, hex ? 16 : 10)) {
		return -EINVAL;
	}
	if (!hex && (n == 5 || n == 6) && digit_table(*text) &&
	    read_digits(&out->number, text + 1, n - 1, 10) && out->number >= 1 &&
	    out->number <= 65536) {
		out->table = digit_table(*text);
		out->reference = true;
	}
	return 0;
}

int csv_number_of(double *out, const char *text, bool comma)
{
	char buf[WORD_MAX], *slash, *power;
	double below = 1;

	while (*text == 'x' || *text == 'X' || *text == '*' || *text == ' ' ||
	       strncmp(text, "\xc3\x97", 2) == 0) {
		text += *text == '\xc3' ? 2 : 1;
	}
	snprintf(buf, sizeof(buf), "%s", text);
	if (strlen(text) >= sizeof(buf)) {
		return -EINVAL;
	}
	if (comma && !strchr(buf, '.') && strchr(buf, ',')) {
		*strchr(buf, ',') = '.';
	}
	power = strstr(buf, "10^");
	if (power == buf) {
		if (quantity_real(buf + 3, &below)) {
			return -EINVAL;
		}
		*out = pow(10, below);
		return isfinite(*out) ? 0 : -EINVAL;
	}
	slash = strchr(buf, '/');
	if (slash) {
		*slash = '\0';
		if (quantity_real(slash + 1, &below) || below == 0) {
			return -EINVAL;
		}
	}
	if (quantity_real(buf, out)) {
		return -EINVAL;
	}
	*out /= below;
	return isfinite(*out) ? 0 : -EINVAL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/fmu/xml.h"

#include <errno.h>
#include <expat.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct xml {
	XML_Parser parser;
	struct complaints *said;
	uint32_t source;
	const char *text;
	size_t n;
	const struct xml_handler *handler;
	void *arg;
	const char **attributes; /* of the element at hand: name, value, ..., NULL */
	unsigned depth;
	unsigned skip; /* depth of the element that is left out; 0: none is */
	bool stopped;  /* complained about, and no more is read */
};

static struct place here(const struct xml *x)
{
	return (struct place){x->source, (uint32_t)XML_GetCurrentLineNumber(x->parser),
	                      (uint32_t)XML_GetCurrentColumnNumber(x->parser) + 1};
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Does an attribute of that name begin at p? */
static bool begins(const char *p, const char *end, const char *name)
{
	size_t n = strlen(name);

	if ((size_t)(end - p) <= n || memcmp(p, name, n) != 0) {
		return false;
	}
	for (p += n; p < end && is_space(*p); p++) {
	}
	return p < end && *p == '=';
}

/* Expat knows where the tag begins; where in it an attribute does, its text tells. */
struct place xml_place(struct xml *x, const char *attribute)
{
	XML_Index first = XML_GetCurrentByteIndex(x->parser);
	int n = XML_GetCurrentByteCount(x->parser);
	struct place at = here(x);
	struct place tag = at;
	const char *p, *end;
	char quote = '\0';

	if (!attribute || first < 0 || n < 0 || (uint64_t)first + (uint64_t)n > x->n) {
		return at;
	}
	for (p = x->text + first, end = p + n; p < end; p++) {
		if (!quote && p > x->text + first && is_space(p[-1]) &&
		    begins(p, end, attribute)) {
			return at;
		}
		if (*p == '"' || *p == '\'') {
			quote = quote == *p ? '\0' : quote ? quote : *p;
		}
		if (*p == '\n') {
			at.line++;
			at.column = 1;
		} else if (((unsigned char)*p & 0xc0) != 0x80) {
			at.column++;
		}
	}
	return tag;
}

__attribute__((format(printf, 4, 0))) static void say(struct xml *x,
                                                      const char *attribute, bool error,
                                                      const char *format, va_list args)
{
	char text[300];

	vsnprintf(text, sizeof(text), format, args);
	if (error) {
		complaint_error(x->said, xml_place(x, attribute), "%s", text);
	} else {
		complaint_warning(x->said, xml_place(x, attribute), "%s", text);
	}
}

void xml_error(struct xml *x, const char *attribute, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(x, attribute, true, format, args);
	va_end(args);
}

void xml_warning(struct xml *x, const char *attribute, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(x, attribute, false, format, args);
	va_end(args);
}

const char *xml_text(struct xml *x, const char *attribute)
{
	for (const char **a = x->attributes; a && a[0]; a += 2) {
		if (strcmp(a[0], attribute) == 0) {
			return a[1];
		}
	}
	return NULL;
}

const char *xml_need(struct xml *x, const char *attribute)
{
	const char *value = xml_text(x, attribute);

	if (!value) {
		xml_error(x, NULL, "attribute '%s' is missing", attribute);
	} else if (!*value) {
		xml_error(x, attribute, "attribute '%s' is empty", attribute);
		value = NULL;
	}
	return value;
}

bool xml_real(struct xml *x, const char *attribute, double *out)
{
	const char *value = xml_text(x, attribute);
	char *end;
	double number;

	if (!value) {
		return false;
	}
	number = strtod(value, &end);
	while (is_space(*end)) {
		end++;
	}
	if (end == value || *end || strpbrk(value, "xXnN") || !isfinite(number)) {
		xml_error(x, attribute, "'%.60s' is no number", value);
		return false;
	}
	*out = number;
	return true;
}

bool xml_whole(struct xml *x, const char *attribute, uint32_t *out)
{
	const char *value = xml_text(x, attribute);
	unsigned long long number;
	char *end;

	if (!value) {
		return false;
	}
	errno = 0;
	number = strtoull(value, &end, 10);
	if (*value < '0' || *value > '9' || *end || errno || number > UINT32_MAX) {
		xml_error(x, attribute, "'%.60s' is no whole number from 0 to %u", value,
		          UINT32_MAX);
		return false;
	}
	*out = (uint32_t)number;
	return true;
}

bool xml_flag(struct xml *x, const char *attribute, bool preset)
{
	const char *value = xml_text(x, attribute);

	if (!value) {
		return preset;
	}
	if (strcmp(value, "true") == 0 || strcmp(value, "1") == 0) {
		return true;
	}
	if (strcmp(value, "false") != 0 && strcmp(value, "0") != 0) {
		xml_error(x, attribute, "'%.60s' is neither true nor false", value);
		return preset;
	}
	return false;
}

static void stop(struct xml *x, const char *why)
{
	if (!x->stopped) {
		x->stopped = true;
		complaint_error(x->said, here(x), "%s", why);
		XML_StopParser(x->parser, XML_FALSE);
	}
}

static void XMLCALL on_start(void *arg, const char *name, const char **attributes)
{
	struct xml *x = arg;

	if (++x->depth > XML_DEPTH_MAX) {
		stop(x, "elements within elements, beyond 32");
	}
	if (x->skip || x->stopped) {
		return;
	}
	x->attributes = attributes;
	if (!x->handler->start(x->arg, x, name)) {
		x->skip = x->depth;
	}
	x->attributes = NULL;
}

static void XMLCALL on_end(void *arg, const char *name)
{
	struct xml *x = arg;

	if (!x->skip && !x->stopped) {
		x->handler->end(x->arg, x, name);
	}
	if (x->skip == x->depth) {
		x->skip = 0;
	}
	x->depth--;
}

static void XMLCALL on_doctype(void *arg, const char *name, const char *system_id,
                               const char *public_id, int has_subset)
{
	stop(arg, "a document type is refused: entities could hide in it");
}

int xml_read(struct complaints *said, uint32_t source, const struct xml_handler *handler,
             void *arg)
{
	struct xml x = {.said = said, .source = source, .handler = handler, .arg = arg};
	enum XML_Status status;
	int err = 0;

	x.text = complaint_source_text(said, source, &x.n);
	if (x.n > XML_BYTES_MAX) {
		complaint_error(said, (struct place){.source = source},
		                "beyond 32 MiB: refused");
		return -EFBIG;
	}
	x.parser = XML_ParserCreate(NULL);
	if (!x.parser) {
		return -ENOMEM;
	}
	XML_SetUserData(x.parser, &x);
	XML_SetElementHandler(x.parser, on_start, on_end);
	XML_SetStartDoctypeDeclHandler(x.parser, on_doctype);
	status = XML_Parse(x.parser, x.text, (int)x.n, XML_TRUE);
	if (status != XML_STATUS_OK &&
	    XML_GetErrorCode(x.parser) == XML_ERROR_NO_MEMORY) {
		err = -ENOMEM;
	} else if (status != XML_STATUS_OK) {
		err = -EINVAL;
		if (!x.stopped) {
			complaint_error(said, here(&x), "not well formed: %s",
			                XML_ErrorString(XML_GetErrorCode(x.parser)));
		}
	}
	XML_ParserFree(x.parser);
	return err;
}

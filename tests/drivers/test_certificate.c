/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/opcua/certificate.h"

static char dir[] = "/tmp/certificate-XXXXXX";

static int make_dir(void **state)
{
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command); /* NOLINT(cert-env33-c): of the test's own */
}

/* A certificate with such alternative names, of openssl's. */
static UA_ByteString make(const char *names, const char *form)
{
	UA_ByteString file = UA_BYTESTRING_NULL;
	char command[400];
	FILE *pipe;

	snprintf(command, sizeof(command),
	         "cd %s && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 "
	         "-nodes -days 2 -subj /CN=x %s%s -keyout k -outform %s 2>log",
	         dir, *names ? "-addext subjectAltName=" : "", names, form);
	pipe = popen(command, "re"); /* NOLINT(cert-env33-c) */
	assert_non_null(pipe);
	assert_int_equal(UA_ByteString_allocBuffer(&file, 8192), 0);
	file.length = fread(file.data, 1, 8192, pipe);
	if (pclose(pipe) != 0 || file.length == 0) {
		UA_ByteString_clear(&file);
	}
	return file;
}

static void uri_is_found_among_the_names(void **state)
{
	static const struct {
		const char *names, *form, *want;
	} cases[] = {
		{"URI:urn:pollux:cell7", "DER", "urn:pollux:cell7"},
		{"URI:urn:pollux:cell7", "PEM", "urn:pollux:cell7"},
		{"DNS:plc,IP:127.0.0.1,URI:urn:a,URI:urn:b", "DER", "urn:a"},
		{"critical,URI:urn:a", "PEM", "urn:a"},
		{"DNS:plc", "DER", NULL},
		{"", "DER", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		UA_ByteString file = make(cases[i].names, cases[i].form);
		UA_String uri = UA_STRING_NULL, want = UA_STRING((char *)cases[i].want);

		if (!file.data) {
			skip(); /* no openssl here */
		}
		assert_int_equal(certificate_uri(&uri, &file),
		                 cases[i].want ? 0 : -ENOENT);
		if (cases[i].want) {
			assert_true(UA_String_equal(&uri, &want));
		}
		UA_String_clear(&uri);
		UA_ByteString_clear(&file);
	}
}

/* Cut short, or with any one byte wrong, it is read within its bounds (ASan). */
static void damaged_file_is_no_harm(void **state)
{
	UA_ByteString file = make("DNS:plc,URI:urn:a", "DER");
	UA_String uri = UA_STRING_NULL;

	(void)state;
	if (!file.data) {
		skip();
	}
	for (size_t n = 0; n < file.length; n++) {
		UA_ByteString part = {n, malloc(n ? n : 1)};

		memcpy(part.data, file.data, n);
		(void)certificate_uri(&uri, &part);
		UA_String_clear(&uri);
		free(part.data);
		for (int bit = 0; bit < 8; bit++) {
			file.data[n] ^= (UA_Byte)(1U << bit);
			(void)certificate_uri(&uri, &file);
			UA_String_clear(&uri);
			file.data[n] ^= (UA_Byte)(1U << bit);
		}
	}
	UA_ByteString_clear(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uri_is_found_among_the_names),
		cmocka_unit_test(damaged_file_is_no_harm),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "drivers/reading.h"
#include "gateway/html/markup.h"

static void markup_of_any_text_is_valid(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"plain text, 0.8 \xc2\xb1 0.02", "plain text, 0.8 \xc2\xb1 0.02"},
		{"a < b && c > \"d\" 'e'",
	         "a &lt; b &amp;&amp; c &gt; &quot;d&quot; &#39;e&#39;"},
		{"</script><b>", "&lt;/script&gt;&lt;b&gt;"},
		{"tab\tline\n", "tab\tline\n"},
		{"bell\a", "bell\xef\xbf\xbd"},
		{"\x1b[31m", "\xef\xbf\xbd[31m"},
		{"\xff", "\xef\xbf\xbd"},
		{"cut \xc2", "cut \xef\xbf\xbd"},
		{"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"}, /* overlong */
		{"\xed\xa0\x80", "\xef\xbf\xbd"},         /* a surrogate */
		{"\xef\xbf\xbe", "\xef\xbf\xbd"},         /* U+FFFE */
		{"\xf0\x9f\x9a\x80", "\xf0\x9f\x9a\x80"},
		{"\xf4\x90\x80\x80", "\xef\xbf\xbd"}, /* beyond U+10FFFF */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text = NULL;
		size_t n;
		FILE *out = open_memstream(&text, &n);

		assert_non_null(out);
		markup_text(out, cases[i].text);
		fclose(out);
		if (strcmp(text, cases[i].want) != 0) {
			fail_msg("%s: %s, not %s", cases[i].text, text, cases[i].want);
		}
		free(text);
	}
}

static void markup_format_escapes_the_whole(void **state)
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	(void)state;
	markup_format(out, "<%s> %d", "a&b", 7);
	fclose(out);
	assert_string_equal(text, "&lt;a&amp;b&gt; 7");
	free(text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(markup_of_any_text_is_valid),
		cmocka_unit_test(markup_format_escapes_the_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
